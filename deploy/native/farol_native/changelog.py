"""CHANGELOG.md, in the form of Keep a Changelog: a section for each version, newest first, with its date and its link."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

NAME = "CHANGELOG.md"
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
ENTRY = re.compile(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)")
UNRELEASED = "[Unreleased]"
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def problems(root: Path, version: str, today: datetime.date) -> Iterator[str]:
    """What keeps the changelog from being that of a release of `version`."""
    path = root / NAME
    if not path.is_file():
        yield f"{NAME}: is missing"
        return
    text = path.read_text()
    yield from malformed(text, today)
    dates = dict(ENTRY.findall(text))
    if version not in dates:
        yield f"{NAME}: has no `## [{version}] - {today}`; {UNRELEASED} becomes that, and a new one begins above it"
    elif not body(text, version):
        yield f"{NAME}: says nothing of {version}"


def malformed(text: str, today: datetime.date) -> Iterator[str]:
    """What is wrong with the form, whichever version is to come."""
    sections = SECTION.findall(text)
    if not text.startswith("# Changelog\n"):
        yield f"{NAME}: must begin with `# Changelog`"
    if sections[:1] != [UNRELEASED]:
        yield f"{NAME}: the first section must be `## {UNRELEASED}`"
    released = []
    for title in sections[1:]:
        entry = ENTRY.fullmatch(title)
        if entry is None:
            yield f"{NAME}: `## {title}` is no `## [X.Y.Z] - YYYY-MM-DD`"
            continue
        released.append(tuple(int(part) for part in entry[1].split(".")))
        yield from wrong_date(entry[1], entry[2], today)
    if released != sorted(set(released), reverse=True):
        yield f"{NAME}: versions must stand once each, newest first"
    for kind in re.findall(r"^### (.+)$", text, re.MULTILINE):
        if kind not in KINDS:
            yield f"{NAME}: `### {kind}` is none of {', '.join(KINDS)}"
    links = set(re.findall(r"^\[([^\]]+)\]: https://\S+$", text, re.MULTILINE))
    for name in re.findall(r"^## \[([^\]]+)\]", text, re.MULTILINE):
        if name not in links:
            yield f"{NAME}: [{name}] has no link at the end"


def wrong_date(version: str, text: str, today: datetime.date) -> Iterator[str]:
    try:
        date = datetime.date.fromisoformat(text)
    except ValueError:
        yield f"{NAME}: {text} of {version} is no day"
        return
    if date > today:
        yield f"{NAME}: {version} is dated {text}, which is still to come"


def body(text: str, version: str) -> str:
    """What stands below a version's line, without the titles of its kinds."""
    part = text.split(f"\n## [{version}]")[1].partition("\n")[2]
    lines = re.split(r"^## |^\[[^\]]+\]: ", part, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.startswith("###"))
