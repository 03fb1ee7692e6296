"""The table of log events in docs/TELEMETRY.md and the sources say the same: names, levels and fields."""

from __future__ import annotations

import re
import unittest
from collections.abc import Iterator
from typing import NamedTuple

from context_fixture import ROOT

CONTRACT = ROOT / "docs" / "TELEMETRY.md"
OF = {"gateway": "gateway", "worker": "worker"} | dict.fromkeys(("aws", "event", "flags", "kafka", "postgres", "service", "telemetry", "tls"), "both")


class Event(NamedTuple):
    """A row of the table, or a place in the sources."""

    name: str
    level: str
    of: str
    fields: tuple[str, ...]


def pieces(text: str) -> list[str]:
    """The arguments of a macro: `text` up to the parenthesis that closes it, cut at its own commas."""
    depth, quoted, found, current = 0, False, [], ""
    escaped = False
    for character in text:
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = True
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth < 0:
                return [piece for piece in [*found, current.strip()] if piece]
        elif character == "," and depth == 0:
            found.append(current.strip())
            current = ""
            continue
        current += character
    raise ValueError("a macro without an end")


def logged() -> Iterator[tuple[str, Event]]:
    """(where, event) of every line that the programs may log, debug aside."""
    for crate, of in OF.items():
        for path in sorted((ROOT / "crates" / crate / "src").rglob("*.rs")):
            text = path.read_text()
            for match in re.finditer(r"tracing::(info|warn|error)!\(", text):
                # Fields whose names have dots stand in braces.
                written = pieces(text[match.end() :])
                arguments = [piece for argument in written for piece in (pieces(argument[1:]) if argument.startswith("{") else [argument])]
                names = [argument.split('"')[1] for argument in arguments if argument.startswith("name:")]
                fields = [argument for argument in arguments if not argument.startswith(("name:", '"'))]
                named = sorted(field.split("=")[0].strip().lstrip("%?").replace("r#", "") for field in fields)
                yield f"{path.relative_to(ROOT)}: {arguments[-1]}", Event(*(names or [""]), match[1].upper(), of, tuple(named))


def documented() -> list[Event]:
    """The rows of the table."""
    rows = CONTRACT.read_text().split("| event.name |", 1)[1].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("|")]
    return [Event(name.strip("`"), level, of, tuple(re.findall(r"`([^`]+)`", fields))) for name, level, of, fields in cells]


class LogEvents(unittest.TestCase):
    def test_every_line_has_a_name_of_its_own(self) -> None:
        names = [event.name for _, event in logged()]
        self.assertGreater(len(names), 40)
        for where, event in logged():
            with self.subTest(where):
                # Dots are those of the semantic conventions, where they name the event.
                self.assertRegex(event.name, r"^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)*$")
                self.assertEqual(names.count(event.name), 1)

    def test_the_table_and_the_sources_say_the_same(self) -> None:
        self.assertEqual(sorted(documented()), sorted(event for _, event in logged()))


if __name__ == "__main__":
    unittest.main()
