"""Links of the pages that lead nowhere. Those to other hosts are judged by their form only: a check that needs somebody
else's server fails for what no change here has caused."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from .markdown import Page

SCHEMES = ("http", "https", "mailto")


def dead(page: Page, root: Path, files: Set[str], pages: dict[str, Page]) -> list[str]:
    """One sentence for each link of `page` that nobody can follow."""
    found = []
    for line, target in page.links:
        wrong = outside(target) if urlsplit(target).scheme else inside(page, target, root, files, pages)
        if wrong:
            found.append(f"{page.path.relative_to(root)}:{line}: {target}: {wrong}")
    return found


def outside(target: str) -> str | None:
    """What is wrong with the form of an address."""
    try:
        parts = urlsplit(target)
        _ = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in SCHEMES:
        return f"the scheme {parts.scheme} is none of {', '.join(SCHEMES)}"
    if parts.scheme == "mailto":
        return None if "@" in parts.path else "there is no address in it"
    host = parts.hostname or ""
    if not host or not ("." in host or host == "localhost") or host.strip(".") != host:
        return "the host is none"
    return None


def inside(page: Page, target: str, root: Path, files: Set[str], pages: dict[str, Page]) -> str | None:
    """What is wrong with a link into this repository: GitHub shows files that are committed, below its root."""
    path, _, fragment = target.partition("#")
    name = page.path.relative_to(root).as_posix()
    if path.startswith("/"):
        return "it begins with a slash, which is the host's root"
    if path:
        there = resolved(PurePosixPath(name).parent, unquote(path))
        if there is None:
            return "it leads out of the repository"
        folder = "" if there == "." else there + "/"
        if there not in files and not any(file.startswith(folder) for file in files):
            return "there is no such file or folder"
        name = there
    if not fragment:
        return None if target else "it is empty"
    if name not in pages:
        return "only pages have anchors"
    return None if unquote(fragment) in pages[name].anchors else f"{name} has no such heading"


def resolved(folder: PurePosixPath, path: str) -> str | None:
    """`path` as seen from `folder`, without dots; None where that is above the root."""
    parts = list(folder.parts)
    for part in PurePosixPath(path).parts:
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts) or "."
