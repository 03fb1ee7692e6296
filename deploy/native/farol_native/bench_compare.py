"""`make bench-compare`: this checkout's gateway and worker beside those of another commit, in paired rounds on throw-away servers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from . import operator_tool, prerequisites, profile_data, rust, throwaway
from .bench import AS_SHIPPED
from .component import StackError
from .context import Context
from .stack import Stack

PROGRAMS = ("farol-gateway", "farol-worker")


def run(stack: Stack, base: str, words: Sequence[str]) -> int:
    """Its exit code is the verdict: 1 if an event surely costs more than 5 % more than before."""
    ctx = stack.ctx
    operator_tool.allow_open_files()
    prerequisites.satisfy(ctx, [], rust.prerequisites)
    folder = built(ctx, commit(ctx, base))
    rust.build(ctx)
    with throwaway.servers(ctx.root, {**os.environ, **AS_SHIPPED}) as env:
        command = [str(rust.program(ctx, "farolctl")), "bench-compare", "--base-bin-dir", str(folder), *words]
        return throwaway.run(command, {**env, "FAROL_BIN_DIR": str(rust.folder(ctx))})


def commit(ctx: Context, name: str) -> str:
    """The full name of what a branch, a tag or a short name stands for."""
    found = ctx.output(["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], cwd=ctx.root)
    if not found or not found.strip():
        raise StackError(f"{name} is no commit of this checkout; `git fetch` it first (a shallow clone has only its newest)")
    return found.strip()


def built(ctx: Context, sha: str) -> Path:
    """The folder with the programs of a commit, as they are shipped; built once, from a worktree that is removed."""

    def build(place: Path) -> None:
        source, target = place / "source", place / "target"
        with ctx.step(f"cargo: building gateway and worker of {sha[:12]} (5 to 14 minutes from nothing)"):
            log = "bench-base"
            ctx.run(["git", "worktree", "add", "--force", "--detach", source, sha], cwd=ctx.root, log=log)
            try:
                # with that commit's own profile data
                shipped = profile_data.release(ctx, source)
                words = ["cargo", "build", *shipped.words, "--locked", *(f"--bin={name}" for name in PROGRAMS)]
                ctx.run(words, cwd=source, log=log, env={**shipped.env, "CARGO_TARGET_DIR": str(target)})
                for name in PROGRAMS:
                    shutil.copy2(target / shipped.folder / name, place / name)
            finally:
                ctx.run(["git", "worktree", "remove", "--force", source], cwd=ctx.root, log=log)
                shutil.rmtree(target, ignore_errors=True)

    return ctx.cached("bench-base-programs", sha[:12], build)
