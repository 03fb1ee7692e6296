"""Throw-away PostgreSQL, Redis and Kafka (a collector where it is asked for) around one command: started on free ports in a temporary folder, always removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from . import commands, prerequisites, processes
from .component import Component, Program, StackError
from .components.kafka import COMPONENT as KAFKA
from .components.otel_collector import COMPONENT as COLLECTOR
from .components.postgres import COMPONENT as POSTGRES
from .components.postgres import SUPERUSER
from .components.redis import COMPONENT as REDIS
from .context import Context
from .launch import program_environment, program_user
from .stack import Stack, open_stack
from .starting import refuse, side_by_side, start_all

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SERVERS = ("kafka", "postgres", "redis")
PREFIX = "farol-test-"
GRACE_SECONDS = 10


class Interrupted(Exception):
    """A signal asked this command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@dataclass
class Direct:
    """Runs programs as children of this process, their output in the home's logs."""

    ctx: Context
    running: dict[str, tuple[Program, subprocess.Popen[bytes]]] = field(default_factory=dict)

    def start(self, component: Component) -> bool:
        program = component.program(self.ctx)
        with (self.ctx.logs / f"{component.name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in program.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=program.cwd or self.ctx.run_folder(component.name),
                env=program_environment(self.ctx, component, program),
                start_new_session=True,
                **commands.identity(program_user(self.ctx, program)),
            )
        self.running[component.name] = (program, process)
        return True

    def failure(self, component: Component) -> str | None:
        code = self.running[component.name][1].poll()
        if code is None:
            return None
        log = self.ctx.logs / f"{component.name}.log"
        return f"ended with {code}; the end of {log}:\n{commands.tail(log)}"

    def stop(self) -> None:
        """Signals all, then waits for each; what ignores its signal is killed."""
        for program, process in self.running.values():
            process.send_signal(signal.Signals[f"SIG{program.stop_signal}"])
        for _, process in self.running.values():
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def folder() -> Path:
    """A new home for throw-away servers; sweeps those whose command was killed before it could clean up."""
    base = Path(tempfile.gettempdir())
    for left in base.glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if left.stat().st_uid == os.geteuid() and owner.isdigit() and not processes.alive(int(owner)):
            processes.end_marked(left)
            shutil.rmtree(left)
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    home.chmod(0o755)
    return home


@contextmanager
def servers(root: Path, environ: Mapping[str, str], more: Sequence[str] = ()) -> Iterator[dict[str, str]]:
    """Runs the servers, and `more` components, and yields the environment that tells a command where they are; nothing of them stays."""
    home = folder()
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    direct: Direct | None = None
    try:
        stack = open_stack(root, environ, only=[*SERVERS, *more], throwaway_home=home)
        direct = Direct(stack.ctx)
        start(stack, direct)
        yield {**environ, **test_environment(stack.ctx), processes.MARK: str(home)}
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if direct is not None:
            direct.stop()
        processes.end_marked(home)
        shutil.rmtree(home)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)


def start(stack: Stack, direct: Direct) -> None:
    """Installs what is missing and brings the three up side by side."""
    ctx, parts = stack.ctx, stack.components
    ctx.logs.mkdir(parents=True, exist_ok=True)
    prerequisites.satisfy(ctx, parts)
    refuse(side_by_side(parts, lambda part: part.install(ctx), len(parts)))
    ctx.components = frozenset(part.name for part in parts)
    refuse(side_by_side(parts, lambda part: part.prepare(ctx), len(parts)))
    refuse(start_all(ctx, parts, direct))


def test_environment(ctx: Context) -> dict[str, str]:
    """Where the tests find the servers; the database URL is a superuser's, tests make their own databases."""
    collector = {"FAROL_TEST_OTLP_ENDPOINT": COLLECTOR.endpoint(ctx)} if COLLECTOR.name in ctx.components else {}
    return {
        **collector,
        "FAROL_TEST_KAFKA_BROKERS": ctx.address("FAROL_KAFKA_PORT"),
        "FAROL_TEST_KAFKA_CLASSPATH": KAFKA.classpath(ctx),
        "FAROL_TEST_DATABASE_URL": POSTGRES.url(ctx, SUPERUSER, "postgres-superuser", "postgres"),
        "FAROL_TEST_REDIS_URL": REDIS.exports(ctx)["FAROL_REDIS_URL"],
    }


def run(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Runs the command in the foreground and returns its exit code; a signal to this process ends it too."""
    try:
        child = subprocess.Popen(command, env=dict(env))
    except OSError as error:
        raise StackError(f"cannot run {command[0]}: {error.strerror}") from error
    try:
        code = child.wait()
    except Interrupted as interrupted:
        # Ctrl-C has reached the command through the terminal; any other signal came to this process alone.
        if interrupted.number != signal.SIGINT:
            child.send_signal(interrupted.number)
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        raise
    return code if code >= 0 else 128 - code


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)
