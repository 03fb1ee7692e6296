"""docs/SEEDS.md: all fifty rows in order, none half empty, and nothing named that is not there; CONTRIBUTING.md and RELEASING.md likewise."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

from context_fixture import ROOT

SEEDS = ROOT / "docs" / "SEEDS.md"
PAGES = (SEEDS, ROOT / "CONTRIBUTING.md", ROOT / "docs" / "RELEASING.md")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
CODE = re.compile(r"`([^`]+)`")
# A file or folder of the repository: words with slashes between them, or a name with an ending or a capital that stands in its root.
PATH = re.compile(r"\.?\w[\w.-]*(/[\w.-]+)+|\.?[\w-]+\.(md|toml|yml|yaml|example)|Makefile|Jenkinsfile")
TEST = re.compile(r"[a-z]+(_[a-z0-9]+){3,}")


def table(page: str) -> list[list[str]]:
    """The cells of each row under the heading `The fifty`, without the two lines of the head."""
    part = page.split("\n## The fifty\n")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


def missing_targets(page: str, makefile: str) -> list[str]:
    """The `make` targets a page names that the Makefile does not have."""
    named = {word for code in CODE.findall(page) for word in re.findall(r"\bmake(?: -s)? ([a-z][a-z-]*)", code)}
    return sorted(named - set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)))


def missing_paths(text: str, root: Path) -> list[str]:
    """What stands as a path in code quotes and is no file or folder below `root`; `.farol` is made by `make up`."""
    paths = [code for code in CODE.findall(text) if PATH.fullmatch(code) and not code.startswith(".farol/")]
    return [path for path in paths if not (root / path).exists()]


def missing_links(text: str, folder: Path, own: Path) -> list[str]:
    """Links of a page in `folder` that lead to no file, or to a heading that its page does not have."""
    found = []
    for target, anchor in LINK.findall(text):
        if target.startswith(("http:", "https:")):
            continue
        page = (folder / target) if target else own
        if not page.exists() or (anchor and anchor not in anchors(page.read_text())):
            found.append(f"{target}#{anchor}")
    return found


def anchors(page: str) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


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


class Pages(unittest.TestCase):
    def test_every_path_exists(self) -> None:
        for page in PAGES:
            with self.subTest(page=page.name):
                self.assertEqual(missing_paths(page.read_text(), ROOT), [])

    def test_every_link_leads_somewhere(self) -> None:
        for page in PAGES:
            with self.subTest(page=page.name):
                self.assertEqual(missing_links(page.read_text(), page.parent, page), [])

    def test_every_make_target_exists(self) -> None:
        makefile = (ROOT / "Makefile").read_text()
        for page in PAGES:
            with self.subTest(page=page.name):
                self.assertEqual(missing_targets(page.read_text(), makefile), [])

    def test_they_can_be_reached_from_the_readme(self) -> None:
        targets = {target for target, _ in LINK.findall((ROOT / "README.md").read_text())}
        for page in PAGES:
            with self.subTest(page=page.name):
                self.assertIn(str(page.relative_to(ROOT)), targets)


class Reading(unittest.TestCase):
    def test_what_is_not_there_is_found(self) -> None:
        self.assertEqual(missing_paths("`deploy/nowhere.yaml` and `docs/SEEDS.md` and `/health`", ROOT), ["deploy/nowhere.yaml"])
        self.assertEqual(missing_targets("`make check` `make no-such` `COMPOSE_PROFILES=x make up`", "check: ## x\nup: ## y\n"), ["no-such"])
        found = missing_links("[a](nowhere.md) [b](SEEDS.md#the-fifty) [c](#no-heading)", ROOT / "docs", SEEDS)
        self.assertEqual(found, ["nowhere.md#", "#no-heading"])

    def test_a_bar_inside_a_cell_is_no_border(self) -> None:
        page = "\n## The fifty\n| a | b |\n| - | - |\n| 1 | x \\| y |\n| 2 | |\n## next\n"
        self.assertEqual(table(page), [["1", "x \\| y"], ["2", ""]])


if __name__ == "__main__":
    unittest.main()
