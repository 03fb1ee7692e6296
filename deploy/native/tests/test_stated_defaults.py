"""Defaults that pages state beside a setting are those of the programs."""

from __future__ import annotations

import re
import unittest

from context_fixture import ROOT

from farol_native.pages.markdown import Page

UNITS = {"KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
DURATIONS = {"ms": "ms", "s": "s", "m": "minute", "minutes": "minute", "h": "hour", "days": "day", "d": "day"}


def defaults() -> dict[str, set[str]]:
    """Setting -> the ways in which a page may write its default, from the programs' config.rs."""
    found: dict[str, set[str]] = {}
    for path in [*ROOT.glob("crates/*/src/config.rs"), *ROOT.glob("crates/*/src/config/*.rs")]:
        text = path.read_text()
        for name, number, unit in re.findall(r'\.duration\("(FAROL_\w+)", "(\d+)([a-z]+)"\)', text):
            found[name] = {f"{number} {DURATIONS[unit]}"}
        for name, amount in re.findall(r'\.number\("(FAROL_\w+)", ([\w *]+), ', text):
            found[name] = written(amount)
    return found


def written(amount: str) -> set[str]:
    """`4 * MIB` as 4 MiB, `2_048` as 2,048."""
    product = 1
    for factor in amount.replace("_", "").split("*"):
        product *= UNITS.get(factor.strip()) or int(factor)
    binary = {f"{product // size} {unit[0]}iB" for unit, size in UNITS.items() if product % size == 0}
    return {f"{product:,}", *binary}


def stated(page: Page, known: dict[str, set[str]]) -> list[tuple[int, str, list[str]]]:
    """(line, what it says, its settings) of rows of tables whose head has a column `limit`."""
    rows = []
    for table in page.tables:
        if "limit" in table[0].cells and "setting" in table[0].cells:
            limit, setting = table[0].cells.index("limit"), table[0].cells.index("setting")
            for row in table[2:]:
                names = [name for name in re.findall(r"`(FAROL_\w+)`", row.cells[setting]) if name in known]
                rows.append((row.line, row.cells[limit], names))
    return rows


class Defaults(unittest.TestCase):
    def test_the_api_page_states_those_of_the_gateway(self) -> None:
        known = defaults()
        rows = [(line, limit, names) for line, limit, names in stated(Page(ROOT / "docs/API.md"), known) if names]
        self.assertGreater(len(rows), 6)
        for line, limit, names in rows:
            for name in names:
                with self.subTest(line=line, setting=name):
                    self.assertTrue(any(re.search(rf"(?<![\d,]){re.escape(way)}(?![\d,]\d)", limit) for way in known[name]), f"{limit}: {known[name]}")

    def test_a_default_in_parentheses_or_behind_its_setting_is_the_programs(self) -> None:
        known, seen = defaults(), 0
        for path in sorted(ROOT.glob("docs/*.md")):
            for name, said in re.findall(r"`(FAROL_\w+)`[,:]? \(?(\d[\d,]* ?(?:ms|s|minutes?|hours?|days?|MiB|KiB)\b)", path.read_text()):
                with self.subTest(page=path.name, setting=name):
                    seen += 1
                    self.assertIn(said.removesuffix("s") if said[-3:] != " s" and not said.endswith("ms") else said, known[name])
        self.assertGreater(seen, 3)

    def test_a_default_is_read_as_people_write_it(self) -> None:
        self.assertEqual(written("4 * MIB"), {"4,194,304", "4096 KiB", "4 MiB"})
        self.assertEqual(written("2_048"), {"2,048", "2 KiB"})


if __name__ == "__main__":
    unittest.main()
