"""The project's own programs: built once per command by cargo, found where cargo puts them or in FAROL_BIN_DIR."""

from __future__ import annotations

import json
from pathlib import Path

from .component import Prerequisite, StackError
from .context import Context
from .profile_data import Release, release

PROFILES = {"dev": "debug", "release": "release"}
INSTALL_RUST = "install Rust with rustup (https://rustup.rs); rust-toolchain.toml says which version"
NOT_BUILT_HERE = "FAROL_BIN_DIR"


def prerequisites(ctx: Context) -> list[Prerequisite]:
    """cargo with the pinned toolchain, and what librdkafka is built with: the C toolchain and OpenSSL's headers."""
    if ctx.env.get(NOT_BUILT_HERE):
        return []
    works = ctx.once("cargo-works", lambda: ctx.output(["cargo", "--version"], cwd=ctx.root) is not None)
    compilers = [("cc", "gcc"), ("c++", "g++"), ("make", "make")]
    tools = [Prerequisite(name, ctx.which(name) is not None, (package,)) for name, package in compilers]
    openssl = ctx.which("pkg-config") is not None and ctx.output(["pkg-config", "--exists", "openssl >= 3"]) is not None
    headers = Prerequisite("OpenSSL 3 to build with", openssl, ("libssl-dev", "pkg-config"))
    return [Prerequisite("cargo (Rust)", bool(works), instead=INSTALL_RUST), *tools, headers]


def build(ctx: Context) -> None:
    """Builds every program of the workspace, once however many components ask; quick when nothing has changed."""
    if ctx.env.get(NOT_BUILT_HERE):
        return

    def work() -> None:
        with ctx.step("cargo: building gateway, worker and farolctl (5 to 14 minutes from nothing)"):
            shipped = as_shipped(ctx)
            words = ["cargo", "build", "--workspace", "--bins", "--locked", *(shipped.words if shipped else ())]
            ctx.run(words, cwd=ctx.root, log="cargo-build", env=shipped.env if shipped else None)

    ctx.once("cargo-build", work)


def program(ctx: Context, name: str) -> Path:
    """Where a built program is; it is run from there."""
    path = folder(ctx) / name
    if not path.is_file():
        raise StackError(f"{path} is not there; has its crate a [[bin]] named {name}?")
    return path


def folder(ctx: Context) -> Path:
    """The folder of the built programs; cargo knows its target folder best (CARGO_TARGET_DIR, its own configuration)."""
    given = ctx.env.get(NOT_BUILT_HERE)
    if given:
        return Path(given).absolute()
    target = ctx.once("cargo-target", lambda: target_folder(ctx))
    shipped = as_shipped(ctx)
    return Path(str(target)) / (shipped.folder if shipped else PROFILES[profile(ctx)])


def as_shipped(ctx: Context) -> Release | None:
    """How release programs are made; None where FAROL_PROFILE is not release."""
    return release(ctx, ctx.root) if profile(ctx) == "release" else None


def target_folder(ctx: Context) -> str:
    metadata = ctx.output(["cargo", "metadata", "--no-deps", "--format-version", "1", "--locked"], cwd=ctx.root)
    if metadata is None:
        raise StackError("`cargo metadata` fails in the checkout; run it there to see why")
    return json.loads(metadata)["target_directory"]


def profile(ctx: Context) -> str:
    """FAROL_PROFILE: dev (the default) or release."""
    chosen = ctx.env.get("FAROL_PROFILE") or "dev"
    if chosen not in PROFILES:
        raise StackError(f"FAROL_PROFILE is {chosen!r}; it can be {' or '.join(PROFILES)}")
    return chosen
