"""Where the benches find the binaries and keep their data."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
WORK = Path(os.environ.get("DYELINE_BENCH_DIR", ROOT / "target" / "bench"))
FUND_INCOME = TARGET / "fund-income"
LOOP = TARGET / "bench-loop"
SHARDS = TARGET / "bench-shards"
CHAINS = ROOT / "examples" / "fund-income" / "chains"
DATE = "2018-12-31"


def positions(rows, scattered=False):
    """The generated folder for so many rows: `positions.csv` and `nav/`."""
    return WORK / f"{'scattered' if scattered else 'sorted'}-{rows}"
