"""The native stack's life: up (safe to repeat), down, and what it leaves for others to read."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Sequence

from . import prerequisites, processes, python_tools, supervisor_config, supervisor_tool
from .component import Component, StackError
from .context import Context
from .stack import Stack
from .starting import refuse, side_by_side, start_all
from .supervisor import Supervisor, write_private
from .taken_ports import refuse_taken

# What is compiled or fetched side by side: the network and a second core are busy while one linker is not.
INSTALL_THREADS = 3
STOP_SECONDS = 90


def up(stack: Stack) -> None:
    """Brings everything up and returns when it serves; with all running it changes only what has changed."""
    ctx = stack.ctx
    began = time.monotonic()
    supervisor = Supervisor(ctx)
    end_orphans(ctx, supervisor)
    refuse_taken(ctx, stack.components)
    parts = prerequisites.satisfy(ctx, stack.components, lambda ctx: [python_tools.prerequisite()])
    tool = supervisor_tool.install(ctx)
    parts = keep_going(ctx, parts, side_by_side(parts, lambda part: part.install(ctx), INSTALL_THREADS))
    ctx.components = frozenset(part.name for part in parts)
    parts = keep_going(ctx, parts, side_by_side(parts, lambda part: part.prepare(ctx), len(parts)))
    ctx.components = frozenset(part.name for part in parts)
    supervisor.apply(tool, supervisor_config.config(ctx, parts, supervisor.socket))
    stack.home.record("native")
    parts = keep_going(ctx, parts, start_all(ctx, parts, supervisor))
    write_env(ctx, parts)
    ctx.say(f"everything serves, {time.monotonic() - began:.1f} s after the start")


def down(stack: Stack) -> None:
    """Stops everything; quiet success if nothing runs."""
    ctx = stack.ctx
    supervisor = Supervisor(ctx)
    if supervisor.is_up():
        with ctx.step("stopping everything"):
            supervisor.shutdown(STOP_SECONDS)
    end_orphans(ctx, supervisor)
    if supervisor.socket.parent != ctx.home / "run":
        shutil.rmtree(supervisor.socket.parent, ignore_errors=True)
    (ctx.home / "env").unlink(missing_ok=True)
    stack.home.record(None)
    ctx.say("nothing of it runs any more")


def end_orphans(ctx: Context, supervisor: Supervisor) -> None:
    """Ends what a supervisord that was killed left running: it would hold the ports and the data."""
    if supervisor.is_up():
        return
    found = processes.end_marked(ctx.home)
    if found:
        ctx.say(f"ended {len(found)} processes that an interrupted stack had left behind")


def keep_going(ctx: Context, parts: Sequence[Component], failed: dict[str, Exception]) -> list[Component]:
    """The parts that did not fail; raises if one of those was more than optional."""
    optional = {part.name for part in parts if part.optional}
    fatal = {name: error for name, error in failed.items() if name not in optional}
    if fatal:
        try:
            refuse(fatal)
        except StackError as error:
            raise StackError(f"{error}\n`make status` shows what runs, `make down` stops it") from error
    for name, error in failed.items():
        ctx.say(f"{name} is left out: {error}")
    return [part for part in parts if part.name not in failed]


def write_env(ctx: Context, parts: Sequence[Component]) -> None:
    """<home>/env: where everything is, for a shell to source and for `make demo`."""
    values = {name: value for part in parts for name, value in part.exports(ctx).items()}
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(values.items())]
    write_private(ctx.home / "env", "".join(lines))
