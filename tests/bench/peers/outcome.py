"""What every peer's script does alike: run, take the time, sum the output exactly, print one line of JSON.

The time begins after the peer is imported and ends when its output is closed; Python's start and the peer's import are
left out, in the peer's favour.
"""

import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path


def sums(out):
    """Users and the exact income, in 1/1,000,000, of a CSV file or a folder of them."""
    out = Path(out)
    users, income = 0, 0
    for path in sorted(out.rglob("*.csv")) if out.is_dir() else [out]:
        with open(path, "rb") as file:
            header = file.readline().strip()
            if header.replace(b'"', b"") != b"user_id,income":
                raise ValueError(f"{path}: unexpected header {header!r}")
            for line in file:
                whole, _, part = line.rsplit(b",", 1)[1].strip().partition(b".")
                # Without a point the number already counts millionths.
                income += int(whole + part.ljust(6, b"0")) if part else int(whole)
                users += 1
    return users, income


def timed(peer, version, run):
    """Runs `run(positions, nav, out, variant)` from the command line's arguments."""
    if len(sys.argv) not in (4, 5):
        print(f"usage: {sys.argv[0]} POSITIONS NAV OUT [VARIANT]", file=sys.stderr)
        return 2
    positions, nav, out = sys.argv[1:4]
    variant = sys.argv[4] if len(sys.argv) == 5 else "best"
    if os.path.isdir(out):
        shutil.rmtree(out)
    else:
        Path(out).unlink(missing_ok=True)
    before = time.perf_counter()
    run(positions, nav, out, variant)
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    users, income = sums(out)
    print(json.dumps({"peer": peer, "version": version, "variant": variant, "seconds": round(seconds, 4),
                      "users": users, "income_e6": str(income), "peak_kb": peak}))
    return 0
