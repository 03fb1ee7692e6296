"""docs/SEEDS.md: all fifty rows in order, none half empty, each with a path, a test that exists and true sums; its links and names: test_pages."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

from context_fixture import ROOT

SEEDS = ROOT / "docs" / "SEEDS.md"
CODE = re.compile(r"`([^`]+)`")
# A file or folder of the repository: words with slashes between them, or a name with an ending or a capital that stands in its root.
PATH = re.compile(r"\.?\w[\w.-]*(/[\w.-]+)+|\.?[\w-]+\.(md|toml|yml|yaml|example)|Makefile|Jenkinsfile")
TEST = re.compile(r"[a-z]+(_[a-z0-9]+){3,}")


def table(page: str) -> list[list[str]]:
    """The cells of each row under the heading `The fifty`, without the two lines of the head."""
    part = page.split("\n## The fifty\n")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


class Seeds(unittest.TestCase):
    def setUp(self) -> None:
        self.rows = table(SEEDS.read_text())

    def test_all_fifty_are_there_in_order_and_none_else(self) -> None:
        self.assertEqual([row[0] for row in self.rows], [str(number) for number in range(1, 51)])

    def test_every_row_has_four_cells_and_none_is_empty(self) -> None:
        for row in self.rows:
            with self.subTest(row=row[0]):
                self.assertEqual(len(row), 4)
                self.assertTrue(all(re.search(r"\w", cell) for cell in row))

    def test_every_row_says_where_it_lives_by_a_path(self) -> None:
        for row in self.rows:
            with self.subTest(row=row[0]):
                self.assertTrue([code for code in CODE.findall(row[2]) if PATH.fullmatch(code)])

    def test_the_sums_are_those_of_the_generated_table(self) -> None:
        generated = (ROOT / "deploy" / "terraform" / "README.md").read_text()
        sums = re.findall(r"^\| \*\*sum\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\* \|$", generated, re.MULTILINE)
        said = re.findall(r"^\| whole environment.*\| (\d+) \| (\d+) \|$", SEEDS.read_text(), re.MULTILINE)
        self.assertEqual(len(sums), 1)
        self.assertEqual(said, sums)

    def test_every_test_it_names_is_a_test(self) -> None:
        folders = [*(ROOT / "crates").rglob("*.rs"), *(ROOT / "deploy").rglob("test_*.py")]
        sources = "\n".join(path.read_text() for path in folders if path != Path(__file__))
        named = {code for code in CODE.findall(SEEDS.read_text()) if TEST.fullmatch(code)}
        self.assertGreater(len(named), 10)
        for name in sorted(named):
            with self.subTest(name=name):
                self.assertRegex(sources, rf"(fn|def) {name}\(")


class Reading(unittest.TestCase):
    def test_a_bar_inside_a_cell_is_no_border(self) -> None:
        page = "\n## The fifty\n| a | b |\n| - | - |\n| 1 | x \\| y |\n| 2 | |\n## next\n"
        self.assertEqual(table(page), [["1", "x \\| y"], ["2", ""]])


if __name__ == "__main__":
    unittest.main()
