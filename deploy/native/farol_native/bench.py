"""`make bench` and its kin: which parts a bench has, what each is run with, and where its figures go (docs/bench)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import bench_connect, bench_page, operator_tool, prerequisites, python_tools, rust, throwaway
from .component import Prerequisite
from .context import MEASURED, Context
from .stack import Stack

RIVALS = "deploy/bench/rivals"
# Servers that are measured run as shipped, not tuned for the second that a test lasts.
AS_SHIPPED = {MEASURED: "1"}


@dataclass(frozen=True)
class Part:
    """One farolctl command of a bench; each takes --json FILE, --svg FILE, --quick and --strict."""

    name: str
    command: str
    words: Mapping[str, tuple[str, ...]]
    """What each variant adds; a variant that is not here leaves the part out."""


PARTS = (
    Part(
        "intake",
        "bench",
        {
            "headline": ("--only=single,batches,producer-tool,start,whole-path",),
            "rivals": ("--only=single,batches,producer-tool",),
            # Three rounds of everything: with a soak of a quarter of an hour, five would take another quarter.
            "all": ("--all", "--rounds=3"),
        },
    ),
    Part("storage", "bench-storage", {"storage": (), "all": ()}),
)
# The two ways to say which rows.
ROWS = {"--only", "--all"}
WITH_RIVALS = ("rivals", "all")
WITH_CONNECT = ("storage", "all")


def run(stack: Stack, variant: str, words: Sequence[str]) -> int:
    """Every part on throw-away servers; the first exit code that is not 0, else 0. Only a whole run is written to docs/bench."""
    ctx = stack.ctx
    operator_tool.allow_open_files()
    prerequisites.satisfy(ctx, [], lambda ctx: [*rust.prerequisites(ctx), python_tools.prerequisite(), *needed(ctx, variant)])
    env = {**os.environ, **AS_SHIPPED, **others(ctx, variant)}
    rust.build(ctx)
    codes = []
    with throwaway.servers(ctx.root, env) as served:
        served["FAROL_BIN_DIR"] = str(rust.folder(ctx))
        for part in PARTS:
            if variant in part.words:
                command = [part.command, *chosen(part, variant, words), *files(ctx.root, variant, part, words), *words]
                codes.append(throwaway.run([str(rust.program(ctx, "farolctl")), *command], served))
    if is_recorded(words):
        bench_page.write(ctx.root)
    return next((code for code in codes if code), 0)


def chosen(part: Part, variant: str, words: Sequence[str]) -> Sequence[str]:
    """What the variant adds, but for what the caller says in its place."""
    named = {option(word) for word in words}
    if named & ROWS:
        named |= ROWS
    return [word for word in part.words[variant] if option(word) not in named]


def option(word: str) -> str:
    """The option of `--option=value`."""
    return word.partition("=")[0]


def needed(ctx: Context, variant: str) -> list[Prerequisite]:
    """What fetches Kafka Connect, where it is one of the sides."""
    return bench_connect.prerequisites(ctx) if variant in WITH_CONNECT else []


def others(ctx: Context, variant: str) -> dict[str, str]:
    """Where everything is that Farol is measured beside."""
    beside = rivals(ctx) if variant in WITH_RIVALS else {}
    if variant in WITH_CONNECT:
        beside["FAROL_BENCH_CONNECT_CLASSPATH"] = bench_connect.classpath(ctx)
    return beside


def files(root: Path, variant: str, part: Part, words: Sequence[str]) -> list[str]:
    """Where the part writes; a run of another size than the recorded one writes only where it is told to."""
    if not is_recorded(words):
        return []
    folder = root / bench_page.FOLDER / variant
    folder.mkdir(parents=True, exist_ok=True)
    return ["--json", str(folder / f"{part.name}.json"), "--svg", str(folder / f"{part.name}.svg")]


def is_recorded(words: Sequence[str]) -> bool:
    """Whether this is the bench as it stands; words of one's own make it another."""
    return set(words) <= {"--strict"}


def rivals(ctx: Context) -> dict[str, str]:
    """The rivals' packages, each in its own folder of the cache."""
    folder = ctx.root / RIVALS
    flask, fastapi = (
        python_tools.installed(ctx, f"bench-{name}", folder / f"requirements-{name}.txt") for name in ("flask", "fastapi")
    )
    return {
        "FAROL_BENCH_RIVALS": str(folder),
        "FAROL_BENCH_FLASK_PACKAGES": str(flask),
        "FAROL_BENCH_FASTAPI_PACKAGES": str(fastapi),
        "FAROL_BENCH_PYTHON": sys.executable,
    }
