"""Runs other programs: with their output in a log whose tail is shown on failure, or for their output alone."""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .component import StackError

TAIL_LINES = 20


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    user: str | None = None,
) -> None:
    """Runs a command, appends its output to `log`, and raises StackError with the end of that output if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        began = out.tell()
        try:
            result = subprocess.run(
                [str(word) for word in command],
                stdout=out,
                stderr=subprocess.STDOUT,
                input=None if stdin is None else stdin.encode(),
                stdin=subprocess.DEVNULL if stdin is None else None,
                cwd=cwd,
                env=dict(env) if env is not None else None,
                check=False,
                **identity(user),
            )
        except OSError as error:
            raise StackError(f"cannot run {command[0]}: {error.strerror}") from error
    if result.returncode != 0:
        words = shlex.join(str(word) for word in command)
        raise StackError(f"`{words}` failed with {result.returncode}; the end of {log}:\n{tail(log, began)}")


def output(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
) -> str | None:
    """Standard output of a short command, or None if it fails or is not there."""
    try:
        result = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            timeout=60,
            check=False,
            **identity(user),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout if result.returncode == 0 else None


def identity(user: str | None) -> dict[str, object]:
    """Arguments for subprocess that run the child as `user`; nothing where that is already so."""
    if user is None:
        return {}
    account = pwd.getpwnam(user)
    if account.pw_uid == os.geteuid():
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": os.getgrouplist(user, account.pw_gid)}


def readable(path: Path, user: str) -> bool:
    """Whether `user` can read `path` and pass through every folder above it."""
    result = subprocess.run(["/usr/bin/test", "-r", str(path)], cwd="/", check=False, **identity(user))
    return result.returncode == 0


def tail(log: Path, offset: int = 0, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, from `offset` on, indented for a message."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(offset, size - 64 * 1024))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return "    (no log)"
    return "\n".join("    " + line for line in text.splitlines()[-lines:]) or "    (empty)"
