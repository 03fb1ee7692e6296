"""Refuses to start onto ports that somebody else holds: all of them at once, with the holder and the setting that moves them."""

from __future__ import annotations

from collections.abc import Sequence

from . import ports, processes
from .component import Component, StackError
from .context import Context


def refuse_taken(ctx: Context, components: Sequence[Component]) -> None:
    """Raises StackError if a port of these components is held by a process that is not this stack's."""
    ours = processes.marked(ctx.home)
    wanted = [(variable, ctx.port(variable)) for part in components for variable in part.ports]
    lines: list[str] = []
    settings: list[str] = []
    for variable, number in wanted:
        if ports.is_free(number):
            continue
        pid, description = ports.holder(number)
        if pid not in ours:
            lines.append(f"  {number}  ({variable})  is held by {description}")
            settings.append(variable)
    if lines:
        spare = ports.choose(len(settings), (number for _, number in wanted))
        moved = " ".join(f"{variable}={number}" for variable, number in zip(settings, spare, strict=True))
        advice = f"end what holds them, or move Farol's ports in .env, for example: {moved}"
        raise StackError("\n".join(["ports that are taken:", *lines, advice]))
