"""The commands of a page that are marked to be run, and what the page says they print. The marks are comments, which
GitHub does not show:

    <!-- run -->             the block below is run; in a block of the kind `console` what follows `$ ` is run, and must print the lines below it
    <!-- run: command -->    this is run, and not shown: what a reader brings along, or waits for
    <!-- prints -->          the block below is what the command above prints
    <!-- prints: command --> the block below is what this command prints
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .markdown import Fence, Page

MARK = re.compile(r"^<!-- *(run|prints)(?::\s*(.*?))?\s*-->", re.DOTALL | re.MULTILINE)
SHELLS = ("sh", "bash")


class Mistake(ValueError):
    """A mark that says nothing."""


@dataclass(frozen=True)
class Step:
    """One command, or one block of them, and what it should print, where the page shows it."""

    line: int
    command: str
    expected: Fence | None = None


def steps(page: Page) -> list[Step]:
    """All of them, in the order of the page."""
    found: list[Step] = []
    fences = {fence.line: fence for fence in page.fences}
    inside = {number for fence in page.fences for number in range(fence.line, fence.line + fence.text.count("\n") + 1)}
    for match in MARK.finditer(page.text):
        line = page.text.count("\n", 0, match.start()) + 1
        if line in inside:
            continue
        below = fences.get(page.text.count("\n", 0, match.end()) + 2)
        kind, command = match[1], match[2]
        if kind == "run" and command:
            found.append(Step(line, command))
        elif below is None:
            raise Mistake(f"{page.path.name}:{line}: no block of code begins on the line below this mark")
        elif kind == "run":
            found += shown(below, f"{page.path.name}:{line}")
        elif command:
            found.append(Step(line, command, below))
        elif not found or found[-1].expected:
            raise Mistake(f"{page.path.name}:{line}: no command stands above that could print this")
        else:
            found[-1] = replace(found[-1], expected=below)
    return found


def shown(fence: Fence, where: str) -> list[Step]:
    """The steps of a block that is to be run."""
    if fence.info in SHELLS:
        return [Step(fence.line, fence.text)]
    calls = re.split(r"^\$ ", fence.text, flags=re.MULTILINE)
    if fence.info != "console" or calls[0] or len(calls) < 2:
        raise Mistake(f"{where}: the block below is neither sh nor a console that begins with `$ `")
    found, line = [], fence.line
    for call in calls[1:]:
        command, _, printed = call.partition("\n")
        # A refusal is a part of what such a block shows: its words are compared, its exit code is not.
        found.append(Step(line, f"{{ {command}; }} 2>&1 || true", Fence("", printed, line + 1, None)))
        line += call.count("\n")
    return found


def script(commands: list[str], folder: str) -> str:
    """One shell for all commands of a page, as a reader has one; each writes into files of its own, and the first to fail ends it."""
    lines = ["set -eo pipefail"]
    for number, command in enumerate(commands):
        lines += [f"exec >'{folder}/{number}.out' 2>'{folder}/{number}.err'", command]
    return "\n".join([*lines, f"exec >'{folder}/done'", ""])


def localized(command: str, addresses: Mapping[str, str]) -> str:
    """The command with the addresses that the page gives as examples replaced by those of a stack on free ports."""
    for shown, real in addresses.items():
        command = command.replace(shown, real)
    return command
