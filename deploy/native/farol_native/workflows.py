"""Reads the GitHub workflows: actionlint for what they say, zizmor for what they let others do."""

from __future__ import annotations

from pathlib import Path

from . import go
from .context import Context
from .fingerprint import fingerprint

PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"


def actionlint(ctx: Context) -> Path:
    """The cached program, else a new build."""
    module = ctx.root / "deploy/native/actionlint"
    pinned = fingerprint(*((module / name).read_text() for name in ("go.mod", "go.sum")))

    def build(place: Path) -> None:
        with ctx.step("building actionlint (half a minute, once)"):
            command = ["go", "build", "-ldflags", "-s -w", "-o", str(place / "actionlint"), PACKAGE]
            go.build(ctx, [command], cwd=module, log="build-actionlint")

    return ctx.cached("actionlint", pinned, build) / "actionlint"


def commands(ctx: Context, tools: Path) -> list[list[str | Path]]:
    """What has to end with 0; shellcheck reads the scripts inside."""
    files = sorted((ctx.root / ".github/workflows").glob("*.yml"))
    # low severities are matters of taste: a newer way to write `uses: ./…` that actionlint does not know
    offline = ["--offline", "--no-progress", "--min-severity", "medium"]
    return [
        [actionlint(ctx), "-shellcheck", tools / "bin/shellcheck", "-pyflakes=", *files],
        [tools / "bin/zizmor", *offline, ctx.root / ".github"],
    ]
