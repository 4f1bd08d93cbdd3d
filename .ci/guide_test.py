#!/usr/bin/env python3
"""The page runner sees a page that is wrong, wherever it is wrong."""

import importlib.machinery
import importlib.util
import tempfile
import unittest
from pathlib import Path

LOADER = importlib.machinery.SourceFileLoader("guide", str(Path(__file__).with_name("guide")))
guide = importlib.util.module_from_spec(importlib.util.spec_from_loader("guide", LOADER))
LOADER.exec_module(guide)

GOOD = """
```sh
mkdir inner
cd inner
```
```txt greeting/words.txt
hello
world
```
```sh
cat greeting/words.txt
```
```text
hell…
world
```
"""


def follow(text):
    """The complaint about a page, or an empty text."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            guide.follow("page.md", text, Path(folder))
        except SystemExit as end:
            return str(end.code)
    return ""


class Guide(unittest.TestCase):
    def test_a_page_that_is_right(self):
        self.assertEqual(follow(GOOD), "")

    def test_a_command_that_fails(self):
        self.assertIn("page.md:10: the block ends with exit code 1", follow(GOOD.replace("cat ", "false; cat ")))

    def test_a_command_that_fails_in_a_pipe(self):
        self.assertIn("exit code 1", follow(GOOD.replace("words.txt\n```\n```text", "none.txt | cat\n```\n```text")))

    def test_an_output_that_does_not_come(self):
        self.assertIn("page.md:13: the block before does not print `hell…`", follow(GOOD.replace("hello\n", "hullo\n")))

    def test_an_output_in_another_order(self):
        self.assertIn("does not print `world`", follow(GOOD.replace("hello\nworld", "world\nhello")))

    def test_a_block_that_nothing_checks(self):
        self.assertIn("page.md:2: a `rust` block", follow("\n```rust\nfn main() {}\n```\n"))

    def test_a_page_without_a_walk(self):
        self.assertIn("not a walk", follow("# Words\n"))


if __name__ == "__main__":
    unittest.main()
