#!/usr/bin/env python3
"""Independent totals of the fund-income example: per user, per fund and in all, from the same CSV files.

    totals.py POSITIONS NAV                       the totals, as JSON
    totals.py POSITIONS NAV --check OUTPUT_DIR    compares them with what a chain wrote there, to the last digit

Every sum is a Python integer of unlimited size, in 1/1,000,000: nothing is rounded and nothing can overflow.
Standard library only. The input is read in byte ranges by two processes; 10 million rows take some 15 seconds.

OUTPUT_DIR holds, in it or in folders below it, `manifest.json` files `{"files": [{"path", "rows", "bytes"}, …]}`.
Only the files that a manifest names are read, in its order. Each is known by its header: `user_id,income`,
`fund_id,income`, or `rows,income` for the sum of all. Exit code 0: equal; 1: not; 2: usage.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
from pathlib import Path

RANGES_PER_PROCESS = 4
KINDS = {"user_id,income": "users", "fund_id,income": "funds", "rows,income": "total"}


def scaled(text, places):
    """An exact integer, `text` times 10**places; more places than that are an error."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").partition(".")
    if len(part) > places or not (whole + part).isdigit():
        raise ValueError(f"not a decimal with at most {places} places: {text!r}")
    return sign * int(whole + part.ljust(places, "0"))


def unscaled(number):
    """The decimal text, six places, of an income."""
    sign = "-" if number < 0 else ""
    whole, part = divmod(abs(number), 1_000_000)
    return f"{sign}{whole}.{part:06}"


def read_earned(path):
    """What one share of each fund earned, in 1/10,000, by the bytes of the fund's id."""
    lines = Path(path).read_text(encoding="ascii").splitlines()
    if lines[0] != "fund_id,price,previous":
        raise ValueError(f"{path}: unexpected header {lines[0]!r}")
    earned = {}
    for line in lines[1:]:
        fund, price, previous = line.split(",")
        earned[fund.encode()] = scaled(price, 4) - scaled(previous, 4)
    return earned


def ranges(path, count):
    """Byte ranges that begin after the header or after a newline, and the first row's place."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        header = file.readline()
        if header.rstrip(b"\r\n") != b"user_id,fund_id,shares,cost":
            raise ValueError(f"{path}: unexpected header {header!r}")
        first = file.tell()
        cuts = [first]
        for i in range(1, count):
            file.seek(max(cuts[-1], first + (size - first) * i // count) - 1)
            file.readline()
            cuts.append(min(file.tell(), size))
        cuts.append(size)
    return list(zip(cuts, cuts[1:]))


def sum_range(job):
    """Income per user (by the bytes of the id) and per fund, and the rows, of one byte range."""
    path, start, end, earned = job
    users, funds, rows = {}, dict.fromkeys(earned, 0), 0
    with open(path, "rb", buffering=1 << 20) as file:
        file.seek(start)
        at = start
        for line in file:
            if at >= end:
                break
            at += len(line)
            user, fund, shares, _cost = line.split(b",")
            if shares[-3:-2] == b".":
                cents = int(shares[:-3] + shares[-2:])
            else:
                cents = scaled(shares.decode("ascii"), 2)
            income = cents * earned[fund]
            users[user] = users.get(user, 0) + income
            funds[fund] += income
            rows += 1
    return users, funds, rows


def totals(positions, nav):
    """Income per user, per fund, and in all, over the whole file."""
    earned = read_earned(nav)
    processes = min(2, os.cpu_count() or 1)
    jobs = [(positions, start, end, earned) for start, end in ranges(positions, processes * RANGES_PER_PROCESS)]
    users, funds, rows = {}, dict.fromkeys((int(fund) for fund in earned), 0), 0
    with multiprocessing.Pool(processes) as pool:
        for some_users, some_funds, some_rows in pool.imap_unordered(sum_range, jobs):
            for user, income in some_users.items():
                users[user] = users.get(user, 0) + income
            for fund, income in some_funds.items():
                funds[int(fund)] += income
            rows += some_rows
    total = sum(funds.values())
    if total != sum(users.values()):
        raise AssertionError("the sums over users and over funds differ: a bug in this script")
    return {"rows": rows, "users": users, "funds": funds, "total": total}


def digest(sums):
    """A hash of the lines `key,income` in the order of the numeric key."""
    text = hashlib.sha256()
    for key in sorted(sums, key=int):
        text.update(f"{int(key)},{unscaled(sums[key])}\n".encode())
    return text.hexdigest()


def outputs(folder):
    """The files that the manifests at and below a folder name: (path, rows, bytes)."""
    manifests = sorted(Path(folder).rglob("manifest.json"))
    if not manifests:
        raise ValueError(f"no manifest.json in {folder} or below it")
    for manifest in manifests:
        for file in json.loads(manifest.read_text(encoding="utf-8"))["files"]:
            yield manifest.parent / file["path"], file["rows"], file["bytes"]


class Differences:
    """How many there are, and the first ten."""

    def __init__(self):
        self.count, self.first = 0, []

    def add(self, text):
        self.count += 1
        if len(self.first) < 10:
            self.first.append(text)


def check(folder, expected):
    """The differences between a chain's output and the expected totals, and how many rows of each kind were read."""
    wrong, seen = Differences(), {"users": 0, "funds": 0, "total": 0}
    left = {"users": dict(expected["users"]), "funds": {b"%d" % k: v for k, v in expected["funds"].items()}}
    used = {"users": set(), "funds": set()}

    for path, rows, size in outputs(folder):
        data = path.read_bytes()
        lines = data.split(b"\n")
        if lines.pop() != b"":
            wrong.add(f"{path}: does not end with a newline")
        kind = KINDS.get(lines[0].decode("utf-8", "replace") if lines else "")
        if kind is None:
            wrong.add(f"{path}: header {lines[:1]} is none of {list(KINDS)}")
            continue
        if len(data) != size or len(lines) - 1 != rows:
            wrong.add(f"{path}: {len(lines) - 1} rows and {len(data)} bytes, its manifest says {rows} and {size}")
        for line in lines[1:]:
            key, _, text = line.partition(b",")
            try:
                income = scaled(text.decode("ascii"), 6)
            except ValueError as error:
                wrong.add(f"{path}: {line!r}: {error}")
                continue
            if kind == "total":
                if (int(key), income) != (expected["rows"], expected["total"]):
                    wrong.add(f"{path}: {line.decode()}, expected {expected['rows']},{unscaled(expected['total'])}")
            elif key in used[kind]:
                wrong.add(f"{path}: {kind} key {key.decode()} occurs twice")
            elif left[kind].get(key) != income:
                want = left[kind].get(key)
                wrong.add(f"{path}: {line.decode()}, expected {'no such key' if want is None else unscaled(want)}")
            if kind != "total":
                used[kind].add(key)
            seen[kind] += 1
    for kind in ("users", "funds"):
        missing = len(left[kind].keys() - used[kind])
        # A fund that nobody holds earned nothing and has no row to come from.
        if kind == "funds":
            missing = sum(1 for key in left[kind].keys() - used[kind] if left[kind][key] != 0)
        if seen[kind] and missing:
            wrong.add(f"{missing} {kind} are missing from the output")
    if not any(seen.values()):
        wrong.add("the output holds nothing to compare")
    return wrong, seen


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("positions")
    arguments.add_argument("nav")
    arguments.add_argument("--check", metavar="OUTPUT_DIR", help="compare with what a chain wrote")
    arguments.add_argument("--expect", default="", metavar="KINDS",
                           help="kinds that must be in the output, such as users,funds,total")
    arguments.add_argument("--funds", action="store_true", help="print every fund's income too")
    given = arguments.parse_args()
    try:
        found = totals(given.positions, given.nav)
        report = {
            "rows": found["rows"],
            "users": len(found["users"]),
            "income": unscaled(found["total"]),
            "users_sha256": digest(found["users"]),
            "funds_sha256": digest(found["funds"]),
        }
        if given.funds:
            report["funds"] = {str(fund): unscaled(income) for fund, income in sorted(found["funds"].items())}
        wrong = Differences()
        if given.check:
            wrong, seen = check(given.check, found)
            for kind in given.expect.split(","):
                if kind and not seen.get(kind):
                    wrong.add(f"the output holds no {kind}")
            report |= {"compared": seen, "equal": not wrong.count, "differences": wrong.count, "first": wrong.first}
    except (OSError, ValueError, KeyError) as error:
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report, indent=1))
    return 1 if wrong.count else 0


if __name__ == "__main__":
    sys.exit(main())
