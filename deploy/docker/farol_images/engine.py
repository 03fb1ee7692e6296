"""A Docker engine to build and start with: the one that answers, else one of our own that ends with the check."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from farol_native import commands, go
from farol_native.component import StackError
from farol_native.context import Context

HERE = Path(__file__).resolve().parents[1]
NEEDS = """no Docker engine answers here, so no image can be built. It needs one of:
  - an engine that `docker info` reaches, with BuildKit and the compose plugin
  - as root on Debian: make packages P='docker.io debootstrap'   (the check then starts an engine of its own, and ends it)"""
START_SECONDS = 60
LEGACY_CLIENT = "/usr/bin/docker"


@dataclass(frozen=True)
class Engine:
    """The docker command and the environment that leads it to its engine."""

    ctx: Context
    docker: Path
    env: Mapping[str, str]

    def run(self, *words: str | Path, log: str, cwd: Path | None = None) -> None:
        """Runs a docker command with its output in a log."""
        self.ctx.run([self.docker, *words], log=log, cwd=cwd, env=self.env)

    def output(self, *words: str | Path) -> str | None:
        """What a short docker command says; None if it fails."""
        return commands.output([self.docker, *words], env={**self.ctx.env, **self.env})

    def said(self, *words: str | Path) -> tuple[int, str]:
        """The exit code and all that a docker command said."""
        env = {**self.ctx.env, **self.env}
        command = [str(word) for word in (self.docker, *words)]
        result = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600, check=False)
        return result.returncode, result.stdout + result.stderr


@contextmanager
def engine(ctx: Context) -> Iterator[Engine]:
    """The engine; one of our own keeps its images in the cache, so that the next check builds only what changed."""
    docker = client(ctx)
    if docker is not None and commands.output([docker, "info"], env=ctx.env) is not None:
        with settled(ctx, docker, {}) as found:
            yield found
        return
    dockerd = ctx.which("dockerd")
    if docker is None or dockerd is None or os.geteuid() != 0:
        raise StackError(NEEDS)
    with own_engine(ctx, docker, dockerd) as env, settled(ctx, docker, env) as found:
        yield found


def client(ctx: Context) -> Path | None:
    """A docker command that can build with BuildKit: with buildx, or one before 23, which has BuildKit inside."""
    for docker in (ctx.which("docker"), Path(LEGACY_CLIENT)):
        if docker is None or not docker.is_file():
            continue
        version = ctx.output([docker, "--version"]) or ""
        old = version.removeprefix("Docker version ").partition(".")[0]
        if (old.isdigit() and int(old) < 23) or ctx.output([docker, "buildx", "version"]) is not None:
            return docker
    return None


@contextmanager
def own_engine(ctx: Context, docker: Path, dockerd: Path) -> Iterator[dict[str, str]]:
    """dockerd on a socket of its own, without a network: builds and containers use the machine's."""
    place = Path(tempfile.mkdtemp(prefix="farol-docker-"))
    env = {"DOCKER_HOST": f"unix://{place}/docker.sock"}
    folders = ["--data-root", ctx.cache / "images-engine", "--exec-root", place / "exec", "--pidfile", place / "pid"]
    command = [dockerd, "--host", env["DOCKER_HOST"], *folders, "--bridge=none", "--iptables=false", "--ip6tables=false"]
    ctx.logs.mkdir(parents=True, exist_ok=True)
    log = ctx.logs / "dockerd.log"
    with log.open("ab") as out:
        daemon = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    try:
        wait_for(ctx, docker, env, daemon, log)
        yield env
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
        # The machine's network, which the engine leaves mounted; what is still in use makes the removal fail.
        for network in (place / "exec" / "netns").glob("*"):
            subprocess.run(["umount", network], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(place)


def wait_for(ctx: Context, docker: Path, env: dict[str, str], daemon: subprocess.Popen[bytes], log: Path) -> None:
    """Returns once it answers."""
    until = time.monotonic() + START_SECONDS
    while commands.output([docker, "info"], env={**ctx.env, **env}) is None:
        if daemon.poll() is not None or time.monotonic() > until:
            raise StackError(f"dockerd does not start here; the end of {log}:\n{commands.tail(log)}")
        time.sleep(0.2)


@contextmanager
def settled(ctx: Context, docker: Path, env: dict[str, str]) -> Iterator[Engine]:
    """The engine with BuildKit on, and with the compose plugin: the user's, else one that is built once."""
    found = Engine(ctx, docker, {**env, "DOCKER_BUILDKIT": "1"})
    if found.output("compose", "version") is not None:
        yield found
        return
    plugin = ctx.cached("docker-compose", plugin_version(), lambda place: build_plugin(ctx, place))
    with tempfile.TemporaryDirectory(prefix="farol-docker-config-") as config:
        (Path(config) / "cli-plugins").mkdir()
        (Path(config) / "cli-plugins" / "docker-compose").symlink_to(plugin / "docker-compose")
        yield Engine(ctx, docker, {**found.env, "DOCKER_CONFIG": config})


def plugin_version() -> str:
    """The version that the plugin's module asks for."""
    lines = (HERE / "compose-plugin/go.mod").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.strip().startswith("github.com/docker/compose/v2 "))


def build_plugin(ctx: Context, place: Path) -> None:
    """Compiles the plugin from its module."""
    with ctx.step("building the compose plugin (1 to 3 minutes, once)"):
        command = ["go", "build", "-o", place / "docker-compose", "github.com/docker/compose/v2/cmd"]
        go.build(ctx, [command], cwd=HERE / "compose-plugin", log="build-docker-compose")
