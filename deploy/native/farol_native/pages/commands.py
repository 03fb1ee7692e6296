"""Words and options that the pages give farolctl, held against the help of the real program."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator

from .markdown import Page

# One command: to the end of its line, or to what ends it in a shell.
CALL = re.compile(r"(?:^|[\s;&|(`])farolctl((?: (?:[^\n#;|&)]|\\\n)*)?)")
Help = Callable[[tuple[str, ...]], str]
"""The help of farolctl and of its commands, by their words."""


def unknown(page: Page, ask: Help) -> list[str]:
    """One sentence for each command or option that farolctl does not have."""
    found = []
    for line, text in [*page.spans, *((fence.line, fence.text) for fence in page.fences)]:
        if text.lstrip().startswith("farolctl:"):
            continue  # what it prints
        for call in CALL.finditer(text.replace("\\\n", " ")):
            found += [f"{line}: {wrong}" for wrong in judge(words_of(call[1]), ask)]
    return found


def words_of(text: str) -> list[str]:
    """The words of a command; those of a quotation that ends elsewhere as they stand."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def judge(words: list[str], ask: Help) -> Iterator[str]:
    """Follows the commands down, and looks each option up where it stands."""
    path: tuple[str, ...] = ()
    options, below = parts(ask(path))
    for word in words:
        name = word.partition("=")[0]
        if re.fullmatch(r"--?[A-Za-z][\w-]*", name):
            if name not in options:
                yield f"farolctl {' '.join((*path, name))}: there is no such option"
        elif below and re.fullmatch(r"[a-z][a-z-]*", word):
            if word in ("human", "json"):
                continue  # the value of --output
            if word not in below:
                yield f"farolctl {' '.join((*path, word))}: there is no such command"
                return
            path = (*path, word)
            deeper, below = parts(ask(path))
            options = options | deeper


def parts(text: str) -> tuple[set[str], set[str]]:
    """Options and commands that a help lists."""
    options = {name for line in re.findall(r"^ +(-\w, --[\w-]+|--[\w-]+|-\w\b)", text, re.MULTILINE) for name in line.split(", ")}
    listed = re.search(r"^Commands:\n((?:  .*\n|\n)*)", text, re.MULTILINE)
    return options, set(re.findall(r"^  ([a-z][a-z-]*) ", listed[1], re.MULTILINE)) if listed else set()
