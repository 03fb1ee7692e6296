"""The local stack's file of feature flags: made once with what is built in, then the operator's own."""

from __future__ import annotations

from pathlib import Path

from .context import Context

NAME = "flags.json"


def folder(ctx: Context) -> Path:
    """What compose mounts: a folder and not one file of it, so that an editor may replace the file."""
    return ctx.home / "flags"


def path(ctx: Context) -> Path:
    """Where it is."""
    return folder(ctx) / NAME


def make(ctx: Context) -> None:
    """Writes it if it is not there: the same that a cluster starts with. It holds no secret, and a container's account reads it."""
    if path(ctx).exists():
        return
    folder(ctx).mkdir(parents=True, exist_ok=True)
    folder(ctx).chmod(0o755)
    path(ctx).write_text((ctx.root / "deploy/kubernetes/base" / NAME).read_text())
    path(ctx).chmod(0o644)
