"""Base images: those that the Dockerfile pins, or stand-ins from this machine's own parts where nothing can be pulled."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from farol_native.component import StackError
from farol_native.fingerprint import fingerprint

from .engine import HERE, Engine

# Stage of standins.Dockerfile for each base; for Maven and Apache's Kafka there is none.
STANDINS = {"RUST_IMAGE": "rust", "GO_IMAGE": "golang", "RUNTIME_IMAGE": "runtime", "PYTHON_IMAGE": "python"}
PROGRAMS = ("farol-gateway", "farol-worker", "farolctl")
SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Bases:
    """What the Dockerfile's base images are in this build."""

    standins: dict[str, str]

    @property
    def pulled(self) -> bool:
        return not self.standins

    @property
    def arguments(self) -> list[str]:
        return [word for name, tag in self.standins.items() for word in ("--build-arg", f"{name}={tag}")]

    @property
    def said(self) -> str:
        return "the pinned images" if self.pulled else "stand-ins: Debian 12 by debootstrap, this machine's Rust and Go; nothing can be pulled here"


def programs(engine: Engine, folder: Path, chosen: Bases) -> list[str]:
    """Build arguments by which the programs of a folder are taken, and none is compiled."""
    if chosen.pulled:
        raise StackError("programs that were compiled elsewhere are for machines where nothing can be pulled; here they are compiled in the build")
    lacking = [name for name in PROGRAMS if not (folder / name).is_file()]
    if lacking:
        raise StackError(f"{folder} lacks {', '.join(lacking)}")
    with tempfile.TemporaryDirectory(prefix="farol-programs-") as place, engine.ctx.step(f"taking the programs of {folder}"):
        for name in PROGRAMS:
            shutil.copy(folder / name, place)
        tag = "farol-standin/programs"
        rust = ["--build-arg", f"RUST_STANDIN={chosen.standins['RUST_IMAGE']}"]
        engine.run("build", "--network=host", "--file", HERE / "standins.Dockerfile", "--target", "programs", *rust, "--tag", tag, place, log="standins")
    return ["--build-arg", f"PROGRAMS={tag}"]


def pinned() -> dict[str, str]:
    """Each base of the Dockerfile with its digest."""
    return dict(re.findall(r"^ARG (\w+_IMAGE)=(\S+)$", (HERE / "Dockerfile").read_text(), flags=re.MULTILINE))


def bases(engine: Engine) -> Bases:
    """The pinned ones if the smallest can be pulled, else stand-ins."""
    with engine.ctx.step("asking for the pinned base image"):
        code, said = engine.said("pull", "--quiet", pinned()["RUNTIME_IMAGE"])
    if code == 0:
        return Bases({})
    engine.ctx.say(f"it cannot be pulled ({said.strip().splitlines()[-1]})")
    return Bases(standins(engine))


def standins(engine: Engine) -> dict[str, str]:
    """The stand-ins' names; those that the engine lacks are made."""
    ctx = engine.ctx
    programs = {"debootstrap": ctx.which("debootstrap"), "rustc": ctx.which("rustc"), "go": ctx.which("go")}
    missing = [name for name, path in programs.items() if path is None]
    if missing or os.geteuid() != 0:
        raise StackError(f"no base image can be pulled, and stand-ins need root, debootstrap, Rust and Go; missing: {', '.join(missing) or 'root'}")
    rust, go = (ctx.output(["rustc", "--print", "sysroot"], cwd=ctx.root) or "").strip(), (ctx.output(["go", "env", "GOROOT"]) or "").strip()
    version = fingerprint((HERE / "standins.Dockerfile").read_text(), ctx.output(["rustc", "-vV"], cwd=ctx.root) or "", ctx.output(["go", "version"]) or "")
    tags = {name: f"farol-standin/{stage}:{version}" for name, stage in STANDINS.items()}
    if any(engine.output("image", "inspect", tag) is None for tag in tags.values()):
        with tempfile.TemporaryDirectory(prefix="farol-bases-") as folder:
            fill(engine, Path(folder), Path(rust), Path(go))
            for name, tag in tags.items():
                with ctx.step(f"making a stand-in for {pinned()[name].partition('@')[0]}"):
                    words = ["--network=host", "--file", HERE / "standins.Dockerfile", "--target", STANDINS[name], "--tag", tag]
                    engine.run("build", *words, folder, log="standins")
    return tags


def fill(engine: Engine, folder: Path, rust: Path, go: Path) -> None:
    """The stand-ins' context: a minimal Debian, the two toolchains, the authorities that this machine trusts."""
    root = folder / "root"
    with engine.ctx.step(f"debootstrap {SUITE}"):
        engine.ctx.run(["debootstrap", "--variant=minbase", SUITE, root, MIRROR], log="debootstrap")
        engine.ctx.run(["tar", "-C", root, "-cf", folder / "debian.tar", "."], log="debootstrap")
        shutil.rmtree(root)
    engine.ctx.run(["tar", "-C", rust, "-cf", folder / "rust.tar", "bin", "lib", "libexec"], log="standins")
    engine.ctx.run(["tar", "-C", go, "-cf", folder / "go.tar", "."], log="standins")
    shutil.copy(AUTHORITIES, folder)
