"""A Markdown page as a reader on GitHub meets it: headings and their anchors, links, code, tables; judges nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FENCE = re.compile(r"^( *)(`{3,}|~{3,})\s*(.*)$")
# Code and links may go on in the next line, not in the next paragraph.
CODE = re.compile(r"(?<!`)(`+)(?!`)((?:[^\n]|\n(?!\s*\n))+?)(?<!`)\1(?!`)")
HEADING = re.compile(r"^(#{1,6}) +(.*?)(?: +#+)? *$")
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
# The text of a link may hold an image, whose own target is then found by itself.
LINK = re.compile(r"\[(?:[^\[\]\n]|\n(?!\s*\n)|\[[^\]]*\])*\]\(\s*(<[^>]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]^]+\]:\s*(\S+)", re.MULTILINE)
AUTOLINK = re.compile(r"<(https?://[^>]*)>")
BARE = re.compile(r"(?<![(<\w])https?://[^\s<>`|\"')\]]+")
NAMED = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


@dataclass(frozen=True)
class Fence:
    """A block of code: the word after its backquotes, its lines, and the comment that stands right before it."""

    info: str
    text: str
    line: int
    mark: str | None
    closed: bool = True


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    line: int
    text: str

    @property
    def cells(self) -> list[str]:
        return [cell.strip() for cell in re.split(r"(?<!\\)\|", self.text.strip().removeprefix("|").removesuffix("|"))]


class Page:
    """One file. Lines are counted from 1."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        self.path = path
        self.text = path.read_text() if text is None else text

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def fences(self) -> list[Fence]:
        """Blocks between backquotes; one that is never closed reaches to the end, as on GitHub."""
        found: list[Fence] = []
        number = 0
        while number < len(self.lines):
            opening = FENCE.match(self.lines[number])
            if opening is None:
                number += 1
                continue
            indent, ticks, info = len(opening[1]), opening[2], opening[3].strip()
            end = next((at for at in range(number + 1, len(self.lines)) if closes(self.lines[at], ticks)), None)
            last = len(self.lines) if end is None else end
            body = [line[min(indent, len(line) - len(line.lstrip())) :] for line in self.lines[number + 1 : last]]
            found.append(Fence(info, "\n".join(body) + "\n", number + 1, self.mark_before(number), end is not None))
            number = last + 1
        return found

    def mark_before(self, number: int) -> str | None:
        """The comment that ends on the line above (0-based `number`), of one line or of several."""
        above = "\n".join(self.lines[:number])
        opened = above.rfind("<!--")
        if opened < 0 or not above.endswith("-->") or "-->" in above[opened:-3]:
            return None
        return above[opened + 4 : -3].strip()

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """The lines outside of blocks of code and of comments, with their numbers."""
        hidden: set[int] = set()
        for fence in self.fences:
            hidden.update(range(fence.line, fence.line + fence.text.count("\n") + 1 + fence.closed))
        kept = "\n".join("" if number in hidden else line for number, line in enumerate(self.lines, 1))
        kept = COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), kept)
        return list(enumerate(kept.split("\n"), 1))

    @cached_property
    def headings(self) -> list[tuple[int, int, str]]:
        """(line, level, text) of each."""
        found = [(number, HEADING.match(line)) for number, line in self.prose]
        return [(number, len(match[1]), match[2]) for number, match in found if match]

    @cached_property
    def anchors(self) -> set[str]:
        """What a link can name here: headings as GitHub names them, the second of a name with -1, and named anchors."""
        seen: dict[str, int] = {}
        names = set(NAMED.findall(self.text))
        for _, _, text in self.headings:
            name = anchor(text)
            names.add(f"{name}-{seen[name]}" if name in seen else name)
            seen[name] = seen.get(name, 0) + 1
        return names

    @cached_property
    def links(self) -> list[tuple[int, str]]:
        """(line, target) of links, images and definitions, not of what is shown as code."""
        text = CODE.sub(lambda code: "``" + "\n" * code[0].count("\n"), self.running)
        found = [(at(text, match.start(1)), match[1].strip("<>")) for match in LINK.finditer(text)]
        inner = [(at(text, match.start()), match[1]) for match in re.finditer(r"!\[[^\]]*\]\(\s*([^\s)]+)", text)]
        found += [image for image in inner if image not in found]
        found += [(at(text, match.start()), match[1]) for match in AUTOLINK.finditer(text)]
        found += [(at(text, match.start()), match[0].rstrip(".,;:!?")) for match in BARE.finditer(text)]
        found += [(at(text, match.start()), match[1].strip("<>")) for match in REFERENCE.finditer(text)]
        return sorted(found)

    @cached_property
    def running(self) -> str:
        """The prose as one text, line for line."""
        return "\n".join(line for _, line in self.prose)

    @cached_property
    def spans(self) -> list[tuple[int, str]]:
        """(line, text) of code inside of lines."""
        return [(at(self.running, match.start()), " ".join(match[2].split())) for match in CODE.finditer(self.running)]

    @cached_property
    def tables(self) -> list[list[Row]]:
        """Runs of lines that begin with a bar."""
        return list(runs(self.prose))


def at(text: str, position: int) -> int:
    """The line, from 1, of a place in a text."""
    return text.count("\n", 0, position) + 1


def closes(line: str, ticks: str) -> bool:
    bare = line.strip()
    return bare.startswith(ticks) and not bare.strip(ticks[0])


def runs(lines: list[tuple[int, str]]) -> Iterator[list[Row]]:
    table: list[Row] = []
    for number, line in [*lines, (0, "")]:
        if line.lstrip().startswith("|"):
            table.append(Row(number, line))
        elif table:
            yield table
            table = []


def anchor(heading: str) -> str:
    """The name that GitHub gives a heading: its text without marks, lower case, without punctuation, blanks as hyphens."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = re.sub(r"<[^>]+>|[`*]", "", text)
    kept = "".join(letter for letter in text.strip().lower() if letter.isalnum() or letter in "_- ")
    return kept.replace(" ", "-")
