"""Runs supervisord for one stack and talks to it over its unix socket (XML-RPC)."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import subprocess
import time
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import commands, processes
from .component import Component, StackError
from .context import Context
from .launch import PATH
from .supervisor_tool import SupervisorTool

SOCKET_PATH_LIMIT = 100
START_SECONDS = 20
# STARTING: it runs, but not yet for the second after which supervisord trusts it.
RUNNING = ("RUNNING", "STARTING")
ENDED = ("BACKOFF", "EXITED", "FATAL", "STOPPED", "UNKNOWN")


@dataclass(frozen=True)
class Process:
    """What supervisord knows about one program."""

    name: str
    state: str
    pid: int
    description: str


class Supervisor:
    """One stack's supervisord, running or not; also the Starter of `starting`."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.socket = socket_path(ctx.home)
        self.config = ctx.home / "run/supervisord.conf"
        self._changed: set[str] = set()

    # --- the daemon -----------------------------------------------------------------------------------------------

    def is_up(self) -> bool:
        """Whether supervisord answers."""
        try:
            self._ask("getState")
        except OSError:
            return False
        return True

    def apply(self, tool: SupervisorTool, text: str) -> None:
        """Starts supervisord with this configuration, or has the running one take it over: what changed is stopped."""
        write_private(self.config, text)
        if not self.is_up():
            self._start_daemon(tool)
            return
        added, changed, removed = self._ask("reloadConfig")[0]
        for name in [*changed, *removed]:
            self._ask("stopProcessGroup", name)
            self._ask("removeProcessGroup", name)
        for name in [*added, *changed]:
            self._ask("addProcessGroup", name)
        self._changed = set(changed)

    def shutdown(self, seconds: float) -> None:
        """Stops every program in the opposite of the start order, then supervisord itself."""
        pid = self.pid()
        self._ask("shutdown")
        if processes.wait_gone({pid}, seconds):
            raise StackError(f"supervisord (pid {pid}) does not end; its log is {self.ctx.logs / 'supervisord.log'}")

    def pid(self) -> int:
        """supervisord's own pid."""
        return int(self._ask("getPID"))

    def processes(self) -> list[Process]:
        """All programs with their states."""
        return [
            Process(item["name"], item["statename"], item["pid"], item["description"])
            for item in self._ask("getAllProcessInfo")
        ]

    def signal(self, name: str, number: str) -> None:
        """Sends a signal (KILL, STOP, CONT) to one program: how faults are injected."""
        self._ask("signalProcess", name, number)

    def stop_program(self, name: str) -> None:
        """Ends one program in order; it stays down until it is started."""
        self._ask("stopProcess", name)

    def start_program(self, name: str) -> None:
        """Starts one program that was stopped; returns without waiting until it serves."""
        self._ask("startProcess", name, False)

    # --- Starter --------------------------------------------------------------------------------------------------

    def start(self, component: Component) -> bool:
        state = self._info(component.name)["statename"]
        if state in RUNNING:
            return False
        if component.name in self._changed:
            self.ctx.say(f"{component.name}: restarting, it has changed")
        if state == "BACKOFF":  # it waits for its next try, which counts as started
            self._ask("stopProcess", component.name)
        self._ask("startProcess", component.name, False)
        return True

    def failure(self, component: Component) -> str | None:
        info = self._info(component.name)
        if info["statename"] not in ENDED:
            return None
        log = self.ctx.logs / f"{component.name}.log"
        reason = info["spawnerr"] or info["description"]
        return f"its process ended ({reason}); the end of {log}:\n{commands.tail(log)}"

    # --- plumbing -------------------------------------------------------------------------------------------------

    def _info(self, name: str) -> dict[str, Any]:
        return self._ask("getProcessInfo", name)

    def _ask(self, method: str, *arguments: object) -> Any:
        """One call of supervisord's interface, on a connection of its own: components start from several threads."""
        with xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=UnixTransport(self.socket)) as server:
            return getattr(server.supervisor, method)(*arguments)

    def _start_daemon(self, tool: SupervisorTool) -> None:
        self.ctx.logs.mkdir(parents=True, exist_ok=True)
        if self.ctx.home not in self.socket.parents:
            private_folder(self.socket.parent)
        # Programs get their environment from the configuration; of this one they shall inherit nothing.
        env = {"PATH": PATH, "LANG": "C.UTF-8", **tool.env, processes.MARK: str(self.ctx.home)}
        command = [*tool.daemon, "-c", str(self.config)]
        result = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise StackError(f"supervisord did not start: {(result.stdout + result.stderr).strip()}")
        deadline = time.monotonic() + START_SECONDS
        while not self.is_up():
            if time.monotonic() > deadline:
                log = self.ctx.logs / "supervisord.log"
                raise StackError(f"supervisord does not answer on {self.socket}; the end of {log}:\n{commands.tail(log)}")
            time.sleep(0.05)


class UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = UnixConnection(self._path)
        self._connection = host, connection  # what close() closes
        return connection


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket; the timeout covers the stop of one program."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=120)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def socket_path(home: Path) -> Path:
    """run/supervisor.sock of the home; where that is too long for a socket, a short folder of this user in /tmp."""
    inside = home / "run/supervisor.sock"
    if len(os.fsencode(inside)) <= SOCKET_PATH_LIMIT:
        return inside
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(f"/tmp/farol-{os.geteuid()}-{digest}/supervisor.sock")


def private_folder(path: Path) -> None:
    """A folder that only this user may enter; /tmp is everybody's, so one that somebody else made is refused."""
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise StackError(f"{path} belongs to somebody else; remove it, or choose a shorter FAROL_HOME")


def write_private(path: Path, text: str) -> None:
    """Writes a file that holds secrets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
