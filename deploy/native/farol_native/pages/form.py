"""What a page must look like, whatever it says: one title, in front; whole tables and blocks; no path of somebody's machine."""

from __future__ import annotations

import re

from .markdown import Page, Row

# Folders that exist on the machine of whoever wrote the page. /tmp and /var are everybody's.
PRIVATE = re.compile(r"(?<![\w.$}/~-])/(?:root|home|Users|work|mnt)/[\w.-]*")
LINE = re.compile(r":?-+:?")


def problems(page: Page) -> list[str]:
    """One sentence for each thing that is wrong, with its line."""
    found = [*titles(page), *paths(page)]
    found += [f"{fence.line}: the block of code is never closed" for fence in page.fences if not fence.closed]
    for table in page.tables:
        found += malformed(table)
    return found


def titles(page: Page) -> list[str]:
    first = [line for line, level, _ in page.headings if level == 1]
    if not first:
        return ["1: there is no title (# …)"]
    found = [f"{line}: a second title" for line in first[1:]]
    before = [number for number, line in page.prose if line.strip() and number < first[0]]
    if before:
        found.append(f"{before[0]}: something stands before the title")
    levels = [(line, level) for line, level, _ in page.headings]
    for (_, level), (line, below) in zip(levels, levels[1:], strict=False):
        if below > level + 1:
            found.append(f"{line}: a heading of level {below} below one of level {level}")
    return found


def paths(page: Page) -> list[str]:
    return [f"{number}: {match[0]} is a path of one machine" for number, line in enumerate(page.lines, 1) for match in PRIVATE.finditer(line)]


def malformed(table: list[Row]) -> list[str]:
    """A table that GitHub would show as text, or with cells missing."""
    first = table[0]
    if len(table) < 2 or not all(LINE.fullmatch(cell) for cell in table[1].cells):
        return [f"{first.line}: a table without the line of hyphens below its head"]
    wanted = len(first.cells)
    found = [f"{row.line}: {len(row.cells)} cells, its head has {wanted}" for row in table[1:] if len(row.cells) != wanted]
    return found + [f"{row.line}: a row that no bar ends" for row in table if not row.text.rstrip().endswith("|")]
