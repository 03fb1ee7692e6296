"""Writes supervisord's configuration from components; knows its quoting rules and nothing of how it is run."""

from __future__ import annotations

import resource
import shlex
from collections.abc import Sequence
from pathlib import Path

from . import launch
from .component import Component, Program, StackError
from .context import Context

OPEN_FILES = 65536
LOG_BYTES = "20MB"
REVISION = "FAROL_REVISION"


def config(ctx: Context, components: Sequence[Component], socket: Path) -> str:
    """The whole file; components come in start order and are stopped in the opposite one."""
    programs = [program_section(ctx, part, 100 + place) for place, part in enumerate(components)]
    return server_sections(ctx, socket) + "".join(programs)


def server_sections(ctx: Context, socket: Path) -> str:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    return f"""\
[unix_http_server]
file = {quoted(socket)}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{quoted(socket)}

[supervisord]
identifier = farol
logfile = {quoted(ctx.logs / "supervisord.log")}
logfile_maxbytes = 5MB
logfile_backups = 1
pidfile = {quoted(ctx.home / "run/supervisord.pid")}
childlogdir = {quoted(ctx.logs)}
directory = /
umask = 077
minfds = {files}
"""


def program_section(ctx: Context, component: Component, priority: int) -> str:
    """One program; a change of anything in it makes supervisord replace the process."""
    program = component.program(ctx)
    return f"""
[program:{component.name}]
command = {quoted(shlex.join(str(word) for word in program.command))}
directory = {quoted(program.cwd or ctx.run_folder(component.name))}
environment = {environment(ctx, component, program)}
priority = {priority}
autostart = false
autorestart = true
startsecs = 1
startretries = 10
stopsignal = {program.stop_signal}
stopwaitsecs = {program.stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = {quoted(ctx.logs / (component.name + ".log"))}
stdout_logfile_maxbytes = {LOG_BYTES}
stdout_logfile_backups = 1
{user_line(ctx, program)}"""


def user_line(ctx: Context, program: Program) -> str:
    user = launch.program_user(ctx, program)
    return f"user = {user}\n" if user else ""


def environment(ctx: Context, component: Component, program: Program) -> str:
    """KEY="value" pairs, with a revision that changes when the program's files do."""
    values = launch.program_environment(ctx, component, program)
    values[REVISION] = launch.revision(ctx, component, program)
    return ",".join(f"{name}={enclosed(name, value)}" for name, value in sorted(values.items()))


def enclosed(name: str, value: str) -> str:
    """A value between quotes; the format has no escape, so a value with both kinds of quotes cannot be passed."""
    for mark in ('"', "'"):
        if mark not in value and "\\" not in value:
            return mark + quoted(value) + mark
    raise StackError(f"{name} holds a backslash or both kinds of quotes, which supervisord cannot pass on: {value!r}")


def quoted(value: str | Path) -> str:
    """Text as supervisord's file format takes it: % is its expansion mark, and a blank before ; starts a comment."""
    text = str(value)
    if "\n" in text or " ;" in text:
        raise StackError(f"supervisord's configuration cannot hold {text!r}")
    return text.replace("%", "%%")
