"""What a program gets when it is started, whoever starts it: its account, its environment, and a digest of what it is."""

from __future__ import annotations

import hashlib
import os
import pwd
from pathlib import Path

from .component import Component, Program
from .context import Context
from .processes import MARK

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def program_user(ctx: Context, program: Program) -> str | None:
    """The account to run under, None for the one that runs the stack."""
    if program.user is not None or ctx.account is None:
        return program.user
    return ctx.account if ctx.reaches(Path(program.command[0]), *program.reads) else None


def program_environment(ctx: Context, component: Component, program: Program) -> dict[str, str]:
    """The whole environment of a program; the mark in it is how a stack finds what it left behind."""
    user = program_user(ctx, program) or pwd.getpwuid(os.geteuid()).pw_name
    base = {"PATH": PATH, "HOME": str(ctx.run_folder(component.name)), "USER": user, "LANG": "C.UTF-8", "TZ": "UTC"}
    return {**base, **program.env, MARK: str(ctx.home)}


def revision(ctx: Context, component: Component, program: Program) -> str:
    """A digest that changes when the program's file, its rendered configs or anything it watches changes."""
    digest = hashlib.sha256()
    rendered = sorted(path for path in ctx.run_folder(component.name).rglob("*") if path.is_file())
    for path in rendered:
        digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    for path in [Path(program.command[0]), *program.watch]:
        status = path.stat()
        digest.update(f"{path.resolve()} {status.st_size} {status.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]
