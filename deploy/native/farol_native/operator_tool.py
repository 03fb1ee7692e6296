"""Runs farolctl, built from this checkout, against the stack that is up (in its container, where the stack is) or throw-away servers."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Sequence

from . import compose, prerequisites, rust, throwaway
from .component import StackError
from .stack import Stack
from .stack_commands import running_env

OPEN_FILES = 16_384


def demo(stack: Stack, day: str | None, words: Sequence[str]) -> int:
    """One day of real flights through the stack that is up; farolctl's exit code is the verdict."""
    env = {**os.environ, **running_env(stack.ctx)}
    date = ["--day", day] if day else []
    if stack.home.recorded() == "compose":
        compose.compose(stack.ctx, "run", "--rm", "farolctl", "demo", *date, *words)
        return 0
    rust.build(stack.ctx)
    return farolctl(stack, ["demo", *date, *words], env)


def with_addresses(stack: Stack, words: Sequence[str]) -> int:
    """Any farolctl command with the addresses of the stack that is up; built here also where that runs in containers."""
    env = {**os.environ, **running_env(stack.ctx)}
    prerequisites.satisfy(stack.ctx, [], rust.prerequisites)
    rust.build(stack.ctx)
    return farolctl(stack, words, env)


def load_check(stack: Stack, words: Sequence[str]) -> int:
    """Loads the release build beyond what it can take, on servers of its own; its exit code is the verdict."""
    allow_open_files()
    return on_own_servers(stack, ["load-check", *words])


def telemetry_isolation(stack: Stack, words: Sequence[str]) -> int:
    """Breaks the way to a collector of its own in paired rounds; the release build's exit code is the verdict."""
    return on_own_servers(stack, ["telemetry-isolation", *words], more=("otel-collector", "jaeger"))


def allow_open_files(wanted: int = OPEN_FILES) -> None:
    """Raises the customary soft limit where thousands of connections are more than it; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def on_own_servers(stack: Stack, words: Sequence[str], more: Sequence[str] = ()) -> int:
    """Builds farolctl and runs it on throw-away servers."""
    prerequisites.satisfy(stack.ctx, [], lambda ctx: rust.prerequisites(ctx))
    rust.build(stack.ctx)
    with throwaway.servers(stack.ctx.root, os.environ, more) as env:
        command = [str(rust.program(stack.ctx, "farolctl")), *words]
        return throwaway.run(command, {**env, "FAROL_BIN_DIR": str(rust.folder(stack.ctx))})


def farolctl(stack: Stack, words: Sequence[str], env: dict[str, str]) -> int:
    """Its output goes straight to the terminal."""
    program = rust.program(stack.ctx, "farolctl")
    try:
        return subprocess.run([str(program), *words], env=env, check=False).returncode
    except OSError as error:
        raise StackError(f"cannot run {program}: {error.strerror}") from error
