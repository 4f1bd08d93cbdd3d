"""One leg, one round, one comparison: how the benches take their figures.

A leg is one run of one contestant. Contestants are interleaved, A B B A …; the ratio is taken within a round, and the
median and range over the rounds are reported. Before and after each leg the time of an fsync is taken; a round in which
it moved too far is thrown away and counted. A leg whose answer is wrong voids the whole bench.
"""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

CALIBRATION_S = 0.5
FSYNC_MOVED = 1.5
# After so many times the rounds asked for, a machine that never calms down is reported as such.
ROUNDS_LIMIT = 4


class Void(Exception):
    """A figure without a right answer."""


class Leg:
    """What one run came to."""

    def __init__(self, seconds, peak_kb, document):
        self.seconds, self.peak_kb, self.document = seconds, peak_kb, document


def fsync_us(folder):
    """The median time of writing 4 KiB and syncing it, over half a second, in µs."""
    path = Path(folder) / ".fsync"
    times = []
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        block = b"\x5a" * 4096
        end = time.perf_counter() + CALIBRATION_S
        while time.perf_counter() < end:
            os.pwrite(file, block, len(times) % 64 * 4096)
            before = time.perf_counter()
            os.fdatasync(file)
            times.append(time.perf_counter() - before)
    finally:
        os.close(file)
        path.unlink()
    return statistics.median(times) * 1e6


def run(command, limit_s=900, env=None):
    """Runs a command to its end: wall time, peak resident memory, and the last JSON document it printed.

    This process stays small, since a child's peak counts from the size of its parent.
    """
    before = time.perf_counter()
    child = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )
    try:
        out, err, usage, status = wait(child, before + limit_s)
    except BaseException:
        child.kill()
        raise
    seconds = time.perf_counter() - before
    if status != 0:
        raise Void(f"exit code {status} of {' '.join(map(str, command))}:\n{err.decode(errors='replace')[-4000:]}")
    return Leg(seconds, usage.ru_maxrss, last_json(out.decode(errors="replace")))


def wait(child, deadline):
    """Both streams to their end, the child's resource usage and its exit code."""
    import selectors

    streams = {child.stdout: b"", child.stderr: b""}
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(deadline - time.perf_counter())
            if not ready:
                raise Void(f"no end within its limit: {child.args}")
            for key, _ in ready:
                data = os.read(key.fileobj.fileno(), 1 << 16)
                if data:
                    streams[key.fileobj] += data
                else:
                    selector.unregister(key.fileobj)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return streams[child.stdout], streams[child.stderr], usage, child.returncode


def last_json(text):
    """The one JSON document, or the last line that is one."""
    try:
        return json.loads(text)
    except ValueError:
        for line in reversed(text.splitlines()):
            try:
                return json.loads(line)
            except ValueError:
                continue
    return None


def content(paths):
    """sha256 of the rows of CSV files, in order, without their headers: what must be the same whoever cut the parts."""
    digest, size = hashlib.sha256(), 0
    for path in paths:
        with open(path, "rb") as file:
            file.readline()
            while block := file.read(1 << 20):
                digest.update(block)
                size += len(block)
    return digest.hexdigest(), size


def digests(paths):
    """sha256 of each file, whole: what must be the same however often a job was killed."""
    found = []
    for path in paths:
        with open(path, "rb") as file:
            found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return found


def manifest_files(folder):
    """The files a manifest names, in its order."""
    manifest = Path(folder) / "manifest.json"
    return [manifest.parent / file["path"] for file in json.loads(manifest.read_text())["files"]]


def compare(contestants, rounds, folder, note):
    """Runs all contestants, interleaved, until `rounds` rounds were calm.

    `contestants` maps a name to a function that runs a leg. Gives per contestant the figures of the kept rounds.
    """
    names = list(contestants)
    kept, thrown, fsyncs = [], 0, []
    while len(kept) < rounds:
        if thrown >= rounds * (ROUNDS_LIMIT - 1):
            note(f"only {len(kept)} of {rounds} rounds were calm, {thrown} thrown away")
            break
        order = names if (len(kept) + thrown) % 2 == 0 else names[::-1]
        legs, times = {}, [fsync_us(folder)]
        for name in order:
            legs[name] = contestants[name]()
            # What a leg left unsynced is not the next one's burden.
            os.sync()
            times.append(fsync_us(folder))
        moved = max(times) / min(times)
        line = ", ".join(f"{name} {legs[name].seconds:.3f} s" for name in names)
        fate = "kept" if moved <= FSYNC_MOVED else f"thrown away (fsync moved {moved:.2f}×)"
        note(f"round {len(kept) + thrown + 1}: {line}; fsync {min(times):.0f}–{max(times):.0f} µs; {fate}")
        if moved > FSYNC_MOVED:
            thrown += 1
            continue
        kept.append(legs)
        fsyncs += times
    if not kept:
        raise Void(f"no calm round among {thrown}")
    return {
        "rounds": len(kept),
        "thrown_away": thrown,
        "fsync_us": [round(min(fsyncs)), round(statistics.median(fsyncs)), round(max(fsyncs))],
        "contestants": {
            name: {
                "seconds": spread([legs[name].seconds for legs in kept]),
                "peak_mb": round(max(legs[name].peak_kb for legs in kept) / 1024, 1),
                "times_as_fast": spread([legs[name].seconds / legs[names[0]].seconds for legs in kept]),
            }
            for name in names
        },
    }


def spread(values):
    """Lowest, median, highest."""
    return [round(value, 4) for value in (min(values), statistics.median(values), max(values))]


def note(text):
    """Progress, for who watches."""
    print(text, file=sys.stderr, flush=True)
