"""Remembers that exactly these files passed, so that an unchanged checkout costs a second."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from farol_native.component import StackError
from farol_native.context import Context

# Everything a check reads; the schemas' location too, since another one may judge otherwise.
INPUTS = ("deploy", "grafana", "otel-collector", "jaeger/config.yaml", "jaeger/ui.json", "jaeger/kustomization.yaml", "jaeger/kubernetes", "crates")


def key(ctx: Context, inputs: tuple[str, ...] = INPUTS) -> str:
    """A digest of the inputs as they are, new files included."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *inputs], cwd=ctx.root, capture_output=True, check=False
    )
    if listing.returncode != 0:
        raise StackError("`git ls-files` fails; make manifests-check looks at the files of a git checkout")
    digest = hashlib.sha256(ctx.env.get("CRD_SCHEMA_LOCATION", "").encode())
    for name in sorted(set(listing.stdout.decode().split("\0")) - {""}):
        path = ctx.root / name
        mode = "link" if path.is_symlink() else "file"
        content = path.read_bytes() if path.is_file() else b"gone"
        digest.update(f"\0{mode} {name} ".encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()[:32]


def passed(ctx: Context, digest: str, check: str = "manifests") -> bool:
    return mark(ctx, digest, check).is_file()


def remember(ctx: Context, digest: str, check: str = "manifests") -> None:
    path = mark(ctx, digest, check)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def mark(ctx: Context, digest: str, check: str) -> Path:
    return ctx.cache / f"{check}-passed" / digest
