#!/bin/sh
# Installs the peers of the benches into target/bench-venv, at the versions the table in docs/BENCHMARKS.md names.
set -eu
cd "$(dirname "$0")/../.."
venv=target/bench-venv
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/bench/requirements.txt
"$venv/bin/python" - <<'PYTHON'
import datafusion, duckdb, polars
for peer in (polars, duckdb, datafusion):
    print(peer.__name__, peer.__version__)
PYTHON
