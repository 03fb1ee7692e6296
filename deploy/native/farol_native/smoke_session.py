"""The hands of the smoke test: runs this checkout's commands against its own stack, asks over HTTP and SQL, and waits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from . import rust, settings
from .console import Console
from .http_probe import DIRECT
from .stack import Stack, open_stack
from .supervisor import RUNNING, Supervisor

Answer = TypeVar("Answer")


class CheckFailed(Exception):
    """What was found is not what was promised."""


@dataclass
class Session:
    """One stack under test, and what the checks learn on their way."""

    root: Path
    home: Path
    env: Mapping[str, str]
    console: Console
    rows: int = 0
    """Rows that must be there: what was accepted so far."""
    trace_id: str = ""
    event: tuple[str, str] = ("", "")
    """Source and id of the event that this trace is about."""
    pids: dict[str, int] = field(default_factory=dict)

    @property
    def stack(self) -> Stack:
        return open_stack(self.root, self.env, console=self.console)

    @property
    def addresses(self) -> dict[str, str]:
        """The stack's env file."""
        return settings.parse((self.home / "env").read_text(), "env")

    def farol(self, *words: str) -> int:
        """Runs the stack's own command, its output on the terminal."""
        command = [sys.executable, str(self.root / "deploy/native/farol"), *words]
        return subprocess.run(command, env=dict(self.env), stdin=subprocess.DEVNULL, check=False).returncode

    def farolctl(self, *words: str) -> subprocess.Popen[str]:
        """Starts farolctl with JSON output against this stack."""
        program = rust.program(self.stack.ctx, "farolctl")
        env = {**self.env, **self.addresses}
        return subprocess.Popen([program, "--output", "json", *words], env=env, stdout=subprocess.PIPE, text=True)

    def farolctl_json(self, *words: str) -> dict[str, Any]:
        """What farolctl answers; CheckFailed if it exits with anything but 0."""
        return finished(self.farolctl(*words), " ".join(words))

    def sql(self, query: str) -> str:
        """One value from PostgreSQL, asked for with psql."""
        url = urlsplit(self.addresses["FAROL_DATABASE_URL"])
        login = {
            "PGHOST": str(url.hostname),
            "PGPORT": str(url.port),
            "PGUSER": str(url.username),
            "PGPASSWORD": str(url.password),
            "PGDATABASE": url.path.lstrip("/"),
        }
        answer = self.run(["psql", "-X", "-A", "-t", "-c", query], env={**os.environ, **login})
        return answer.strip()

    def run(self, command: list[str], env: Mapping[str, str] | None = None, stdin: str | None = None) -> str:
        """Standard output and error of a command that must succeed."""
        result = subprocess.run(
            command,
            env=dict(env if env is not None else self.env),
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if result.returncode != 0:
            said = (result.stdout + result.stderr).strip()[-2000:]
            raise CheckFailed(f"{command[0]} {command[1]} ended with {result.returncode}: {said}")
        return result.stdout + result.stderr

    def text(self, address: str, path: str) -> str:
        """The body of a GET; OSError if the answer is not 2xx."""
        with DIRECT.open(self.addresses[address] + path, timeout=10) as answer:
            return answer.read().decode()

    def prometheus(self, query: str) -> list[dict[str, Any]]:
        """The vector that a PromQL expression gives now."""
        answer = json.loads(self.text("FAROL_PROMETHEUS_URL", "/api/v1/query?" + urlencode({"query": query})))
        return answer["data"]["result"]

    def processes(self) -> dict[str, int]:
        """Name -> pid of everything that runs."""
        states = Supervisor(self.stack.ctx).processes()
        return {process.name: process.pid for process in states if process.state in RUNNING}

    def wait(self, seconds: float, what: str, ask: Callable[[], Answer | None]) -> Answer:
        """Asks until the answer is something (not None, not False), for a bounded time."""
        deadline = time.monotonic() + seconds
        while True:
            answer = ask()
            if answer is not None and answer is not False:
                return answer
            if time.monotonic() > deadline:
                raise CheckFailed(f"not within {seconds:.0f} s: {what}")
            time.sleep(0.2)


def finished(process: subprocess.Popen[str], what: str) -> dict[str, Any]:
    """The JSON answer of a farolctl that must end well."""
    said, _ = process.communicate(timeout=300)
    if process.returncode != 0:
        raise CheckFailed(f"farolctl {what} ended with {process.returncode}: {said[-1500:]}")
    return json.loads(said)
