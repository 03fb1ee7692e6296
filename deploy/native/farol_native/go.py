"""Builds Go programs, one at a time, with a Go that is new enough; knows nothing of what is built."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .component import Prerequisite, StackError, command_prerequisite
from .context import Context

NEEDED = (1, 25)
# Brought by an older `go` as a module, checked against the public checksum database like any other module.
TOOLCHAIN = "go1.26.8"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
# Two compilers side by side only slow each other down, and double the memory they need.
ONE_AT_A_TIME = threading.Lock()
SCRATCH = ".go-scratch"


def go_prerequisite(ctx: Context) -> Prerequisite:
    """Any `go` will do: one that is too old for the builds is used to fetch one that is not."""
    return command_prerequisite(ctx, "go", "golang-go")


def build(ctx: Context, commands: Sequence[Sequence[str]], *, cwd: Path, log: str) -> None:
    """Runs `go` commands in `cwd`."""
    with ONE_AT_A_TIME, locked(ctx, wait=True):
        env = environment(ctx, scratch_folder(ctx))
        for command in commands:
            ctx.run(command, log=log, cwd=cwd, env=env)


def clean(ctx: Context) -> None:
    """Removes what builds share where this machine has no Go caches; for when all are done, so that a retry goes on."""
    if not any(ctx.cache.glob(f"{SCRATCH}*")):
        return
    try:
        with ONE_AT_A_TIME, locked(ctx, wait=False):
            scratch = scratch_folder(ctx)
            if scratch.exists():
                scratch.rename(scratch.with_name(f"{SCRATCH}-removed-{os.getpid()}"))
    except BlockingIOError:
        return  # another stack of this user builds with it, and cleans when it is done
    left = list(ctx.cache.glob(f"{SCRATCH}-removed-*"))
    if left:
        # A hundred thousand small files: nobody should have to wait for that.
        remove = ["sh", "-c", 'rm -rf -- "$@" &', "sh", *left]
        subprocess.run(remove, stdin=subprocess.DEVNULL, start_new_session=True, check=True)


def scratch_folder(ctx: Context) -> Path:
    """Module and build cache for a machine that has none."""
    return ctx.cache / SCRATCH


@contextmanager
def locked(ctx: Context, *, wait: bool) -> Iterator[None]:
    """Keeps other processes of this user from building, or from removing what a build uses."""
    ctx.cache.mkdir(parents=True, exist_ok=True)
    with (ctx.cache / f".lock{SCRATCH}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def environment(ctx: Context, scratch: Path) -> dict[str, str]:
    """Settings for quick, static, reproducible builds; a newcomer's home gets no Go caches that it had not before."""
    go = toolchain(ctx, scratch)
    env = {
        "PATH": os.pathsep.join([str(go.parent), ctx.env.get("PATH", os.defpath)]),
        "CGO_ENABLED": "0",
        "GOROOT": "",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOFLAGS": "-trimpath -buildvcs=false",
    }
    modules = (ctx.output([go, "env", "GOMODCACHE"]) or "").strip()
    if not modules or not Path(modules).is_dir():
        env |= own_caches(scratch)
    return env


def own_caches(scratch: Path) -> dict[str, str]:
    """Module and build cache in one folder that can be removed without changing modes first."""
    return {
        "GOPATH": str(scratch / "path"),
        "GOMODCACHE": str(scratch / "modules"),
        "GOCACHE": str(scratch / "build"),
        "GOFLAGS": "-trimpath -buildvcs=false -modcacherw",
    }


def toolchain(ctx: Context, scratch: Path) -> Path:
    """The `go` command to build with: the one on PATH, or the cached newer one."""
    found = ctx.which("go")
    if found is None:
        raise StackError("`go` is not on PATH; install golang-go, or Go from https://go.dev/dl/")
    if version_of(ctx.output([found, "version"]) or "") >= NEEDED:
        return found
    folder = ctx.cached("go", TOOLCHAIN.removeprefix("go"), lambda place: fetch_toolchain(ctx, found, place, scratch))
    return folder / "bin" / "go"


def version_of(text: str) -> tuple[int, int]:
    """(1, 25) from `go version go1.25.4 linux/amd64`; (0, 0) from anything else."""
    match = re.search(r"\bgo(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def fetch_toolchain(ctx: Context, old: Path, place: Path, scratch: Path) -> None:
    """Has the old `go` download the newer one as the module golang.org/toolchain, then makes its programs executable."""
    architecture = ARCHITECTURES.get(platform.machine())
    if architecture is None:
        wanted = ".".join(map(str, NEEDED))
        raise StackError(f"Go {wanted} or newer is needed; install it from https://go.dev/dl/ for {platform.machine()}")
    module = f"golang.org/toolchain@v0.0.1-{TOOLCHAIN}.linux-{architecture}"
    with ctx.step(f"downloading {TOOLCHAIN} (the one here is too old)"):
        env = own_caches(scratch) | {"GOTOOLCHAIN": "local"}
        ctx.run([old, "mod", "download", module], log="go", cwd=place, env=env)
        source = Path(env["GOMODCACHE"]) / module
        shutil.copytree(source, place, dirs_exist_ok=True)
    for program in [*(place / "bin").iterdir(), *(place / "pkg" / "tool").rglob("*")]:
        if program.is_file():
            program.chmod(0o755)
