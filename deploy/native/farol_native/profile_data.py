"""What release builds are optimised with: where a checkout keeps its profile data, and what it takes for cargo to use them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .component import StackError
from .context import Context

FILE = "crates/farol.profdata"
RUSTFLAGS = "CARGO_ENCODED_RUSTFLAGS"
SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Release:
    """How cargo makes a checkout's release programs."""

    words: tuple[str, ...] = ("--release",)
    env: Mapping[str, str] = field(default_factory=dict)
    folder: str = "release"
    """Where in the target folder they are."""


def release(ctx: Context, root: Path) -> Release:
    """With the profile data of that checkout, where it has any."""
    file = root.absolute() / FILE
    if not file.is_file():
        return Release()
    digits = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    # cargo does not look at the file, but builds anew when a flag changes. It must be one that is not part of the functions'
    # names, as -Cmetadata is: by their names the compiler finds what was counted.
    flags = [f"-Cprofile-use={file}", f"--cfg=profile_data_{digits}"]
    return for_host(ctx, {**with_flags(ctx, *flags), "FAROL_PROFILE_DATA": digits})


def for_host(ctx: Context, env: Mapping[str, str]) -> Release:
    """With --target, so that the flags are not those of build scripts and macros. It is part of the functions' names, too: what is
    counted and what is optimised are both built so."""
    triple = host(ctx)
    return Release(("--release", "--target", triple), env, f"{triple}/release")


def with_flags(ctx: Context, *flags: str) -> dict[str, str]:
    """The compiler's flags after those of the caller; encoded, so that a path may have spaces."""
    given = ctx.env.get(RUSTFLAGS)
    before = given.split(SEPARATOR) if given else ctx.env.get("RUSTFLAGS", "").split()
    return {RUSTFLAGS: SEPARATOR.join([*before, *flags])}


def host(ctx: Context) -> str:
    """What the pinned compiler builds for where nothing else is said, such as x86_64-unknown-linux-gnu."""
    return str(ctx.once("rustc-host", lambda: asked(ctx, "host-tuple")))


def asked(ctx: Context, what: str) -> str:
    """What rustc prints of itself."""
    found = ctx.output(["rustc", "--print", what], cwd=ctx.root)
    if not found or not found.strip():
        raise StackError(f"`rustc --print {what}` fails in the checkout; run it there to see why")
    return found.strip()
