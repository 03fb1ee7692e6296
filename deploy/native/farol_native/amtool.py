"""amtool of the Alertmanager that production runs: Debian's is too old to know all of its receivers."""

from __future__ import annotations

from pathlib import Path

from . import go
from .context import Context

VERSION = "0.33.1"
PACKAGE = f"github.com/prometheus/alertmanager/cmd/amtool@v{VERSION}"


def program(ctx: Context) -> Path:
    """The one on PATH if it is this version, else one built from the Go module, once."""
    found = ctx.which("amtool")
    said = ctx.output([found, "--version"]) if found else None
    if found and said and f"version {VERSION} " in said:
        return found
    return ctx.cached("amtool", VERSION, lambda place: build(ctx, place)) / "amtool"


def build(ctx: Context, place: Path) -> None:
    with ctx.step(f"building amtool {VERSION} (1 to 4 minutes, once)"):
        go.build(ctx, [["env", f"GOBIN={place}", "go", "install", PACKAGE]], cwd=place, log="build-amtool")
