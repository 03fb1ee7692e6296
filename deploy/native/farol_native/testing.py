"""`make test`: the workspace's tests on real throw-away servers, then those of this package."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import bench, go, operator_tool, prerequisites, python_tools, rust, throwaway
from .component import Prerequisite, command_prerequisite
from .context import Context
from .stack import Stack

FONTS = Path("/usr/share/fonts")
# A test of ours mostly waits: for a broker to elect, a lease to end, a client to give up.
TESTS_PER_CORE = 3


def run(stack: Stack, words: Sequence[str]) -> int:
    """Compiles first, so that no server waits for a compiler; all tests run even if some fail."""
    ctx = stack.ctx
    prerequisites.satisfy(ctx, [], needed)
    chosen = list(words) or ["--workspace"]
    cargo = ["cargo", "test", "--locked"]
    for_cargo = chosen[: chosen.index("--")] if "--" in chosen else chosen
    compiled = subprocess.run([*cargo, "--no-run", *for_cargo], cwd=ctx.root, check=False).returncode
    if compiled != 0:
        return compiled
    with throwaway.servers(ctx.root, os.environ) as env:
        env.setdefault("RUST_TEST_THREADS", str(TESTS_PER_CORE * (os.cpu_count() or 1)))
        ctx.console.show("running the workspace's tests on them")
        rust_code = throwaway.run([*cargo, "--no-fail-fast", *chosen], env)
        bench_code = 0 if words else quick_bench(ctx, env)
    return rust_code or bench_code or own_tests(stack)


def quick_bench(ctx: Context, env: Mapping[str, str]) -> int:
    """Every group of the bench's rows, with the rivals, for a second each, and a build beside itself: that it measures, not what."""
    ctx.console.show("running the bench for seconds")
    operator_tool.allow_open_files()
    program = rust.program(ctx, "farolctl")
    settings = {**env, **bench.rivals(ctx), "FAROL_BIN_DIR": str(rust.folder(ctx))}
    measured = throwaway.run([str(program), "bench", "--quick", "--all"], settings)
    compare = [str(program), "bench-compare", "--quick", "--base-bin-dir", str(rust.folder(ctx))]
    return measured or throwaway.run(compare, settings)


def needed(ctx: Context) -> list[Prerequisite]:
    """The toolchain, the judges, and letters for farolctl's pictures."""
    font = Prerequisite("a font", any(FONTS.rglob("*.[to]tf")), ("fonts-dejavu-core",))
    return [*rust.prerequisites(ctx), font, python_tools.prerequisite(), *judges(ctx)]


def judges(ctx: Context) -> list[Prerequisite]:
    """The programs that this package's tests judge rules and configurations with."""
    blackbox = "prometheus-blackbox-exporter"
    packages = {"promtool": "prometheus", "amtool": "prometheus-alertmanager", blackbox: blackbox}
    # Go builds the amtool of production's Alertmanager.
    return [*(command_prerequisite(ctx, name, package) for name, package in packages.items()), go.go_prerequisite(ctx)]


def own_tests(stack: Stack) -> int:
    """The tests of deploy/native."""
    folder = stack.ctx.root / "deploy/native/tests"
    command = [sys.executable, "-m", "unittest", "discover", "-s", str(folder)]
    return subprocess.run(command, check=False).returncode
