"""A copy of this checkout and a home for a stack, as somebody has who just cloned the repository; both are gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .. import prerequisites, rust, smoke, verify
from ..console import Console
from ..smoke_session import Session
from ..stack import Stack, open_stack

# What pages give as examples -> the variable of a stack's env file.
SHOWN_ADDRESSES = {
    "http://localhost:8080": "FAROL_GATEWAY_URL",
    "http://127.0.0.1:8080": "FAROL_GATEWAY_URL",
    "http://127.0.0.1:8081": "FAROL_WORKER_URL",
    "http://127.0.0.1:16686": "FAROL_JAEGER_URL",
    "http://127.0.0.1:9090": "FAROL_PROMETHEUS_URL",
    "http://127.0.0.1:9093": "FAROL_ALERTMANAGER_URL",
}


@dataclass(frozen=True)
class Bed:
    """Where pages are followed."""

    checkout: Path
    session: Session
    stack: Stack

    @property
    def env(self) -> Mapping[str, str]:
        """What a reader's shell has: the settings of this stack, and farolctl on PATH."""
        return self.session.env

    @property
    def addresses(self) -> dict[str, str]:
        """Shown address -> that of this stack."""
        real = self.session.addresses
        return {shown: real[variable] for shown, variable in SHOWN_ADDRESSES.items()}


@contextmanager
def made(root: Path, name: str) -> Iterator[Bed]:
    """Builds the programs in `root`, then copies what git knows of it; a stack that was brought up there is taken down."""
    stack = open_stack(root, os.environ)
    prerequisites.satisfy(stack.ctx, [], rust.prerequisites)
    rust.build(stack.ctx)
    programs = rust.folder(stack.ctx)
    place = Path(tempfile.mkdtemp(prefix=f"farol-{name}-{os.getpid()}-"))
    place.chmod(0o755)
    checkout, home = place / "checkout", place / "home"
    env = smoke.environment({**os.environ, rust.NOT_BUILT_HERE: str(programs)}, home)
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # this may run below make, a reader's shell does not
        env.pop(name, None)
    env["PATH"] = f"{programs}{os.pathsep}{env.get('PATH', os.defpath)}"
    session = Session(checkout, home, env, Console())
    try:
        copy(root, checkout, files(stack))
        yield Bed(checkout, session, stack)
    finally:
        if home.exists():
            session.farol("clean")
        shutil.rmtree(place, ignore_errors=True)


def files(stack: Stack) -> set[str]:
    """Paths from the root of all files that git tracks, or would."""
    return {str(path.relative_to(stack.ctx.root)) for path in verify.sources(stack.ctx, lambda _: True)}


def copy(root: Path, checkout: Path, names: set[str]) -> None:
    for name in sorted(names):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, checkout / name, follow_symlinks=False)
