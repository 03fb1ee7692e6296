"""`make alerts-write`: the committed files that follow from others, and the check that they still do."""

from __future__ import annotations

from . import alertmanager_production, slo
from .component import StackError
from .context import Context
from .stack import Stack

SOURCES = (slo, alertmanager_production)


def write(stack: Stack) -> int:
    """Writes each of them."""
    for source in SOURCES:
        path = source.target(stack.ctx)
        path.write_text(source.rendered(stack.ctx))
        stack.ctx.console.show(f"wrote {path.relative_to(stack.ctx.root)}")
    return 0


def refuse_stale(ctx: Context) -> None:
    """Fails where one is not what its sources say."""
    paths = {source.target(ctx): source.rendered(ctx) for source in SOURCES}
    stale = [str(path.relative_to(ctx.root)) for path, text in paths.items() if not path.is_file() or path.read_text() != text]
    if stale:
        raise StackError(f"{', '.join(stale)}: not what the sources say; `make alerts-write` writes it")
