"""Production's Alertmanager: the routing tree of the local file with the receivers of another, so that there is one tree."""

from __future__ import annotations

from pathlib import Path

from .component import StackError
from .context import Context

HEADER = "# Written by `make alerts-write` from alertmanager.yml (the tree) and alertmanager.receivers.yml (whom it tells).\n\n"
LAST_KEY = "\nreceivers:\n"


def target(ctx: Context) -> Path:
    return ctx.root / "deploy/prometheus/alertmanager.production.yml"


def rendered(ctx: Context) -> str:
    """Everything of the local file but its first comment and its receivers, then the whole of production's."""
    folder = ctx.root / "deploy/prometheus"
    tree, found, local = (folder / "alertmanager.yml").read_text().partition(LAST_KEY)
    if not found or any(line and line[0] not in " #" for line in local.splitlines()):
        raise StackError("deploy/prometheus/alertmanager.yml must end with its receivers")
    return HEADER + without_comment(tree) + "\n" + without_comment((folder / "alertmanager.receivers.yml").read_text())


def without_comment(text: str) -> str:
    """From the first line on that is no comment at the top."""
    lines = text.splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.strip() and not line.startswith("#"))
    return "".join(lines[first:])
