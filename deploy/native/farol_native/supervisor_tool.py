"""The supervisor program itself: from PATH, or fetched into the cache."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from . import python_tools
from .context import Context


@dataclass(frozen=True)
class SupervisorTool:
    """How to call supervisord and supervisorctl."""

    daemon: list[str]
    control: list[str]
    env: Mapping[str, str]


def install(ctx: Context) -> SupervisorTool:
    """The programs on PATH, else the pinned version in the cache."""
    daemon, control = ctx.which("supervisord"), ctx.which("supervisorctl")
    if daemon and control:
        return SupervisorTool([str(daemon)], [str(control)], {})
    folder = python_tools.installed(ctx, "supervisor", ctx.root / "deploy/native/requirements.txt")
    module = [sys.executable, "-m"]
    env = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return SupervisorTool([*module, "supervisor.supervisord"], [*module, "supervisor.supervisorctl"], env)
