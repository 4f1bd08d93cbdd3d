"""B1, B1g and B8: the contestants, and the check of every answer."""

import functools
import json
import shutil
import subprocess
import sys
from decimal import Decimal

import measure
from measure import Leg, Void, note
from places import CHAINS, DATE, FUND_INCOME, LOOP, ROOT, SHARDS, WORK, positions

PYTHON = ROOT / "target" / "bench-venv" / "bin" / "python"
PEERS = {
    "b1": {"Polars": ("polars", "sorted"), "DuckDB": ("duckdb", "best"), "DataFusion": ("datafusion", "sorted")},
    "b1g": {"Polars": ("polars", "best"), "DuckDB": ("duckdb", "best"), "DataFusion": ("datafusion", "best")},
}
EMPTY_SHARDS = 100_000


@functools.cache
def data(rows, scattered):
    """Generates the input if it is absent, reads it once so that all legs find it in memory, and takes its totals."""
    folder = positions(rows, scattered)
    if not (folder / "positions.csv").exists():
        note(f"generating {folder}")
        scatter = ["--unsorted"] if scattered else []
        subprocess.run(
            [FUND_INCOME, "generate", "--rows", str(rows), "--date", DATE, "--out", folder, *scatter], check=True
        )
    with open(folder / "positions.csv", "rb", buffering=0) as file:
        while file.read(1 << 22):
            pass
    totals = folder / "totals.json"
    if not totals.exists():
        note("computing the totals in Python")
        found = subprocess.run(totals_command(folder), check=True, capture_output=True, text=True).stdout
        totals.write_text(found)
    return folder, json.loads(totals.read_text())


def totals_command(folder, *more):
    return [sys.executable, ROOT / "tests/bench/totals.py", folder / "positions.csv", folder / f"nav/{DATE}.csv", *more]


def chain_command(chain, folder, out, state):
    """The launch of one of the example's chains, as a user types it."""
    parameters = {"date": DATE, "positions": folder / "positions.csv", "prices": folder / "nav", "out": out}
    words = [word for name, value in parameters.items() for word in ("--param", f"{name}={value}")]
    return [FUND_INCOME, "launch", CHAINS / f"{chain}.toml", *words, "--data", state, "--output", "json"]


class Answers:
    """The first output is compared with the independent totals line by line; the later ones must be the same bytes."""

    def __init__(self, folder, totals):
        self.folder, self.totals, self.sha256 = folder, totals, None

    def check(self, out, files):
        found, size = measure.content(files)
        if self.sha256 is None:
            compared = subprocess.run(
                totals_command(self.folder, "--check", out, "--expect", "users"), capture_output=True, text=True
            )
            if compared.returncode != 0:
                raise Void(f"the answer is wrong: {compared.stdout}{compared.stderr}")
            self.sha256 = found
        if found != self.sha256:
            raise Void(f"{out}: {size} bytes of rows differ from those of the other runs")


def dyeline(chain, folder, answers):
    """A leg of Dyeline: the whole process, from nothing to its exit."""
    out, state = WORK / "dyeline-out", WORK / "dyeline-state"
    for old in (out, state):
        shutil.rmtree(old, ignore_errors=True)
    leg = measure.run(chain_command(chain, folder, out, state))
    if not leg.document or leg.document.get("state") != "succeeded":
        raise Void(f"the job did not end well: {leg.document}")
    answers.check(out, measure.manifest_files(out / DATE))
    return leg


def loop(folder, answers):
    """A leg of the bare loop, its second run included in the check but not in the time."""
    out = WORK / "loop-out"
    shutil.rmtree(out, ignore_errors=True)
    command = [LOOP, folder / "positions.csv", folder / f"nav/{DATE}.csv", out]
    leg = measure.run(command)
    check_sums("the loop", leg.document, answers.totals)
    again = measure.run(command)
    if again.document["skipped"] != leg.document["shards"]:
        raise Void(f"the loop's second run skipped {again.document['skipped']} shards")
    if answers.sha256 is not None:
        answers.check(out, sorted(out.glob("part-*.csv")))
    return leg


def peer(script, variant, folder, totals):
    """A leg of a peer: the time it takes itself, without Python's start and its import."""
    out = WORK / f"{script}-out.csv"
    leg = measure.run(
        [PYTHON, ROOT / f"tests/bench/peers/{script}_income.py", folder / "positions.csv",
         folder / f"nav/{DATE}.csv", out, variant],
        env={"POLARS_MAX_THREADS": "2", "TOKIO_WORKER_THREADS": "2"},
    )
    check_sums(script, leg.document, totals)
    return Leg(leg.document["seconds"], leg.document["peak_kb"], leg.document)


def check_sums(who, document, totals):
    income = int(Decimal(totals["income"]).scaleb(6))
    if (document["users"], int(document["income_e6"])) != (totals["users"], income):
        raise Void(f"{who} came to {document}, expected {totals}")


def income_bench(name, chain, scattered, given, goals):
    folder, totals = data(given.rows, scattered)
    answers = Answers(folder, totals)
    contestants = {"Dyeline": lambda: dyeline(chain, folder, answers)}
    if not scattered:
        contestants["bare loop"] = lambda: loop(folder, answers)
    versions = {}
    if not given.no_peers:
        for title, (script, variant) in PEERS[name].items():
            contestants[title] = functools.partial(peer, script, variant, folder, totals)
    # One leg of each first, not counted: it checks the answers, and brings programs and libraries into memory.
    for title, contestant in contestants.items():
        leg = contestant()
        if isinstance(leg.document, dict) and "version" in leg.document:
            versions[title] = f"{leg.document['version']}, {leg.document['variant']}"
    result = measure.compare(contestants, given.rounds, WORK, note)
    commands = {"Dyeline": " ".join(map(str, chain_command(chain, folder, "OUT", "STATE")))}
    return {"rows": given.rows, "versions": versions, "goals": goals, "commands": commands, "totals": totals, **result}


def b1(given):
    """Income per user over sorted positions."""
    goals = {"bare loop": 0.9, "Polars": 3.5, "DuckDB": 5.5, "DataFusion": 5.5}
    return income_bench("b1", "income-per-user", False, given, goals)


def b1g(given):
    """The same over scattered rows and random user ids."""
    return income_bench("b1g", "income-per-user-scattered", True, given, {"Polars": 2.2})


def b8(given):
    """100,000 shards of one item each, all durable."""
    state = WORK / "shards-state"
    chain = ROOT / "tests/bench/chains/empty-shards.toml"
    command = [SHARDS, "launch", chain, "--param", f"shards={EMPTY_SHARDS}", "--data", state, "--output", "json"]

    def leg():
        shutil.rmtree(state, ignore_errors=True)
        leg = measure.run(command)
        counts = (leg.document or {}).get("nodes", {}).get("touch", {})
        if leg.document.get("state") != "succeeded" or counts.get("read") != EMPTY_SHARDS:
            raise Void(f"expected {EMPTY_SHARDS} items read: {leg.document}")
        return leg

    leg()
    result = measure.compare({"Dyeline": leg}, given.rounds, WORK, note)
    seconds = result["contestants"]["Dyeline"]["seconds"]
    result["us_a_shard"] = [round(value / EMPTY_SHARDS * 1e6, 2) for value in seconds]
    return {"shards": EMPTY_SHARDS, "commands": {"Dyeline": " ".join(map(str, command))}, **result}
