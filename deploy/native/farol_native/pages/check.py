"""All that can be said of the pages without running anything; part of `make check`."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from . import form, links, names
from .markdown import Page

INCLUDED = "file: "


def pages_of(root: Path, files: Set[str]) -> dict[str, Page]:
    """Path from the root -> page."""
    return {file: Page(root / file) for file in sorted(files) if file.endswith(".md")}


def problems(root: Path, files: Set[str]) -> list[str]:
    """One line for each thing that is wrong in any page."""
    pages = pages_of(root, files)
    tree = names.Tree(root, files)
    found: list[str] = []
    for name, page in pages.items():
        found += links.dead(page, root, files, pages)
        found += [f"{name}:{problem}" for problem in (*form.problems(page), *names.unknown(page, tree), *stale(page, root))]
    return found


def stale(page: Page, root: Path) -> list[str]:
    """Blocks that are not (any more) the file that the comment before them names."""
    found = []
    for fence in page.fences:
        if not (fence.mark or "").startswith(INCLUDED):
            continue
        file = root / str(fence.mark).removeprefix(INCLUDED)
        if not file.is_file():
            found.append(f"{fence.line}: there is no {file.relative_to(root)} to show")
        elif file.read_text() != fence.text:
            found.append(f"{fence.line}: differs from {file.relative_to(root)}; copy the file into the block")
    return found
