#!/usr/bin/env python3
"""That totals.py is right on sums made by hand, and sees every way in which an output can be wrong.

    python3 tests/bench/totals_test.py
"""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOTALS = Path(__file__).parent / "totals.py"
POSITIONS = "user_id,fund_id,shares,cost\n7,1,10.00,9.00\n7,2,0.01,9.00\n9,1,1.50,9.00\n18446744073709551615,2,3.00,1.00\n"
NAV = "fund_id,price,previous\n1,1.0002,1.0000\n2,2.0000,2.0001\n3,1.0000,1.0000\n"
OUTPUT = {
    "users": ("user_id,income\n7,0.001999\n9,0.000300\n18446744073709551615,-0.000300\n", 3),
    "funds": ("fund_id,income\n1,0.002300\n2,-0.000301\n", 2),
    "total": ("rows,income\n4,0.001999\n", 1),
}


class Totals(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "positions.csv").write_text(POSITIONS)
        (self.folder / "nav.csv").write_text(NAV)
        for kind, (text, rows) in OUTPUT.items():
            self.write(kind, text, rows)

    def write(self, kind, text, rows=None):
        folder = self.folder / "out" / kind
        (folder / "job").mkdir(parents=True, exist_ok=True)
        (folder / "job" / "part.csv").write_text(text)
        rows = text.count("\n") - 1 if rows is None else rows
        files = [{"path": "job/part.csv", "rows": rows, "bytes": len(text)}]
        (folder / "manifest.json").write_text(json.dumps({"files": files}))

    def run_totals(self, *more):
        command = [sys.executable, TOTALS, self.folder / "positions.csv", self.folder / "nav.csv", *more]
        ran = subprocess.run(command, capture_output=True, text=True)
        return ran.returncode, json.loads(ran.stdout) if ran.stdout else ran.stderr

    def check(self):
        return self.run_totals("--check", self.folder / "out", "--expect", "users,funds,total")

    def test_sums_made_by_hand(self):
        code, found = self.run_totals("--funds")
        self.assertEqual((code, found["rows"], found["users"], found["income"]), (0, 4, 3, "0.001999"))
        self.assertEqual(found["funds"], {"1": "0.002300", "2": "-0.000301", "3": "0.000000"})

    def test_a_right_output_is_equal(self):
        code, found = self.check()
        self.assertEqual((code, found["equal"], found["differences"]), (0, True, 0), found)
        self.assertEqual(found["compared"], {"users": 3, "funds": 2, "total": 1})

    def test_every_wrong_output_is_seen(self):
        wrong = {
            "a last digit": ("users", OUTPUT["users"][0].replace("0.001999", "0.001998"), 3),
            "a missing user": ("users", OUTPUT["users"][0].replace("9,0.000300\n", "", 1), 2),
            "a user twice": ("users", OUTPUT["users"][0] + "9,0.000300\n", 4),
            "a user from nowhere": ("users", OUTPUT["users"][0] + "8,0.000000\n", 4),
            "a wrong sign": ("funds", OUTPUT["funds"][0].replace("-", ""), 2),
            "a missing fund": ("funds", "fund_id,income\n1,0.002300\n", 1),
            "a wrong count": ("total", "rows,income\n5,0.001999\n", 1),
            "a torn part": ("total", "rows,income\n4,0.0019", 1),
            "no total": ("total", "rows,income\n", 0),
            "text": ("users", OUTPUT["users"][0].replace("0.001999", "NaN"), 3),
            "another header": ("users", OUTPUT["users"][0].replace("income", "sum"), 3),
            "a manifest that lies": ("users", OUTPUT["users"][0], 2),
        }
        for what, (kind, text, rows) in wrong.items():
            with self.subTest(what):
                self.write(kind, text, rows)
                code, found = self.check()
                self.assertEqual((code, found["equal"]), (1, False), found)
                self.assertGreater(found["differences"], 0)
                self.write(kind, *OUTPUT[kind])

    def test_an_input_that_cannot_be_read_is_an_error(self):
        for text in ("user,fund\n", POSITIONS + "1,2,x,4\n", POSITIONS + "1,99,1.00,4.00\n", POSITIONS + "1,1,1.001,4.00\n"):
            (self.folder / "positions.csv").write_text(text)
            code, _ = self.run_totals()
            self.assertEqual(code, 2, text)


if __name__ == "__main__":
    unittest.main()
