"""B2: a job killed with SIGKILL ten times and resumed by the same command each time; and once more with SIGTERM.

Work is counted in bytes read, from outside the job (`rchar` of /proc/PID/io). The kills come where the bytes read by
all runs so far pass points drawn from a fixed seed, and only after a run has gone on from where the last one was.
"""

import os
import random
import shutil
import signal
import subprocess
import time

import measure
from benches import Answers, chain_command, data
from measure import Void, note
from places import DATE, WORK

KILLS = 10
SEED = 20
# The chain's checkpoint interval (the default), its shards (see chains/income-per-user.toml), and those run at once.
CHECKPOINT_S = 0.2
SHARDS = 64
RUNNING = 2
# A kill comes only after its run has read this share of the input: enough for a new checkpoint.
FRESH = 0.02
LIMIT_S = 900
# The exit code of a launch that was interrupted and can be resumed.
INTERRUPTED = 3


def bytes_read(pid):
    with open(f"/proc/{pid}/io", "rb") as file:
        return int(file.readline().split()[1])


def run_until(command, kill_at, kill=signal.SIGKILL):
    """Runs the job; kills it when it has read `kill_at` bytes. Gives the bytes read, and whether it came to its end."""
    with open(WORK / "kills.log", "ab") as log:
        child = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log)
    deadline = time.monotonic() + LIMIT_S
    killed = False
    # WNOWAIT leaves the ended process in place, so that its counts can still be read.
    while not os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
        if not killed and kill_at is not None and bytes_read(child.pid) >= kill_at:
            child.send_signal(kill)
            killed = True
        if time.monotonic() > deadline:
            child.kill()
            raise Void(f"no end within {LIMIT_S} s: {command}")
        time.sleep(0.0005)
    read = bytes_read(child.pid)
    code = child.wait()
    interrupted = killed and code == (-signal.SIGKILL if kill == signal.SIGKILL else INTERRUPTED)
    if code != 0 and not interrupted:
        raise Void(f"exit code {code}, see {WORK / 'kills.log'}")
    return read, not interrupted


def b2(given):
    """Bytes read with ten kills over bytes read with none."""
    folder, totals = data(given.kill_rows, False)
    out, state = WORK / "kills-out", WORK / "kills-state"
    command = chain_command("income-per-user", folder, out, state)
    answers = Answers(folder, totals)
    ratios, allowed, kills_seen, seconds = [], [], [], []
    for number in range(given.rounds):
        clear(out, state)
        before = time.perf_counter()
        undisturbed, _ = run_until(command, None)
        took = time.perf_counter() - before
        answers.check(out, measure.manifest_files(out / DATE))
        calm = measure.digests(measure.manifest_files(out / DATE))
        clear(out, state)
        total, kills = killed_run(command, undisturbed, random.Random(SEED + number), signal.SIGKILL)
        check_files(out, calm, "SIGKILL")
        # Two shards run at once and share the rate of the whole, so one interval of each is one interval of all; and
        # a shard that ends sooner has no more to lose than itself.
        allowance = 1.03 + kills * min(CHECKPOINT_S / took, RUNNING / SHARDS)
        ratios.append(total / undisturbed)
        allowed.append(allowance)
        kills_seen.append(kills)
        seconds.append(took)
        note(f"round {number + 1}: {kills} kills, {total / undisturbed:.4f}× the bytes, allowed {allowance:.4f}×")
    clear(out, state)
    terminated, terms = killed_run(command, undisturbed, random.Random(SEED), signal.SIGTERM)
    check_files(out, calm, "SIGTERM")
    note(f"with SIGTERM: {terms} times, {terminated / undisturbed:.4f}× the bytes")
    return {
        "rows": given.kill_rows,
        "rounds": len(ratios),
        "kills": kills_seen,
        "undisturbed_s": measure.spread(seconds),
        "bytes_ratio": measure.spread(ratios),
        "allowed": measure.spread(allowed),
        "sigterm_bytes_ratio": round(terminated / undisturbed, 4),
        "identical": True,
        "commands": {"Dyeline": " ".join(map(str, command))},
    }


def check_files(out, calm, stop):
    """File by file, the bytes are those of the run that nobody disturbed."""
    found = measure.digests(measure.manifest_files(out / DATE))
    if found != calm:
        same = sum(one == other for one, other in zip(found, calm))
        raise Void(f"after {stop}: {len(found)} files, {same} of them equal to the {len(calm)} of the undisturbed run")


def clear(*folders):
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def killed_run(command, undisturbed, draw, kill):
    """Ten kills at drawn points, then a run to the end: bytes read by all runs, and how many kills there were."""
    points = sorted(draw.uniform(FRESH, 0.97) for _ in range(KILLS))
    total = 0
    for number, point in enumerate(points):
        kill_at = max(point * undisturbed - total, FRESH * undisturbed)
        read, ended = run_until(command, kill_at, kill)
        total += read
        if ended:
            raise Void(f"the job ended after {number} of {KILLS} kills; take more rows")
    read, _ = run_until(command, None)
    return total + read, KILLS
