"""What a component may ask about this stack: where it lives, its ports, its secrets, the cache, and a way to run commands."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import commands
from .cache import Cache
from .console import Console
from .home import Home
from .ports import Ports

# Debian keeps these out of a normal user's PATH, or behind wrappers.
SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/lib/postgresql/15/bin")
SERVICE_ACCOUNT = "postgres"
# Throw-away servers that are measured: as durable and as warm as those that are shipped.
MEASURED = "FAROL_MEASURED"


class Context:
    """One stack: its checkout, its home and its settings. Safe to use from several threads."""

    def __init__(
        self,
        root: Path,
        home: Home,
        cache: Cache,
        ports: Ports,
        env: Mapping[str, str],
        console: Console,
        throwaway: bool = False,
    ) -> None:
        self.root = root
        self.home = home.path
        self.cache = cache.path
        self.env = env
        """The settings: the environment over `.env`. Ports are asked for with `port`."""
        self.throwaway = throwaway
        """True for test servers: data that nobody keeps may trade durability for speed."""
        self.measured = throwaway and env.get(MEASURED) == "1"
        """True for throw-away servers that are measured: they run for minutes, as servers that are shipped do."""
        self.components: frozenset[str] = frozenset()
        """Names of the components in this start; complete from `prepare` on (what could not be installed is not in it)."""
        self.logs = home.logs
        self.console = console
        self._home = home
        self._cache = cache
        self._ports = ports
        self._once_guard = threading.Lock()
        self._once: dict[str, tuple[threading.Lock, list[object]]] = {}

    # --- where and what -------------------------------------------------------------------------------------------

    def port(self, variable: str) -> int:
        """The port of a variable such as FAROL_KAFKA_PORT, the same for the whole life of the stack."""
        return self._ports.number(variable)

    def address(self, variable: str) -> str:
        """`127.0.0.1:<port>`."""
        return f"127.0.0.1:{self.port(variable)}"

    def secret(self, name: str, prefix: str = "") -> str:
        """A random secret, made once and kept in the home; its characters need no quoting anywhere."""
        return self._home.secret(name, prefix)

    def data(self, name: str) -> Path:
        """data/<name>: what the component keeps between starts; owned by the service account."""
        return self._home.folder("data", name, self.account)

    def run_folder(self, name: str) -> Path:
        """run/<name>: rendered configs, readable by the service account."""
        return self._home.folder("run", name, self.account)

    def render(self, name: str, filename: str, text: str) -> Path:
        """Writes run/<name>/<filename> (may hold a subfolder), private to the service account, only if it changed."""
        return self._home.write(self.run_folder(name) / filename, text, self.account)

    # --- programs and tools ---------------------------------------------------------------------------------------

    def which(self, command: str, *folders: str | Path) -> Path | None:
        """The command on PATH, in `folders`, or in the system folders that a normal user's PATH leaves out."""
        path = os.pathsep.join([self.env.get("PATH", os.defpath), *map(str, folders), *SYSTEM_FOLDERS])
        found = shutil.which(command, path=path)
        return Path(found) if found else None

    def cached(self, name: str, version: str, build: Callable[[Path], None]) -> Path:
        """<cache>/<name>-<version>/, built by `build(empty folder)` and renamed into place; built by one process at a time."""
        return self._cache.folder(name, version, build, self.say)

    def once(self, key: str, work: Callable[[], object]) -> object:
        """Runs `work` once in this process whoever asks first; later callers wait for it and get its result."""
        with self._once_guard:
            lock, results = self._once.setdefault(key, (threading.Lock(), []))
        with lock:
            if not results:
                results.append(work())
            return results[0]

    def run(
        self,
        command: Sequence[str | Path],
        *,
        log: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        user: str | None = None,
    ) -> None:
        """Runs a command with its output in logs/<log>.log; a failure raises StackError with the tail of that log."""
        merged = {**self.env, **(env or {})}
        commands.run_logged(command, self.logs / f"{log}.log", cwd=cwd, env=merged, stdin=stdin, user=user)

    def output(self, command: Sequence[str | Path], *, cwd: Path | None = None, user: str | None = None) -> str | None:
        """Standard output of a short command, or None if it fails or is not there."""
        return commands.output(command, cwd=cwd, env=self.env, user=user)

    # --- accounts -------------------------------------------------------------------------------------------------

    @property
    def account(self) -> str | None:
        """The account that third-party programs run under when the stack is root's (PostgreSQL refuses root); else None."""
        return service_account()

    def reaches(self, *paths: Path) -> bool:
        """Whether the service account can read all of these paths; a checkout or cache under a 0700 home is not."""
        account = self.account
        return account is None or all(commands.readable(path, account) for path in paths)

    # --- progress -------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """One line with the time since the start."""
        self.console.say(text)

    def step(self, title: str):
        """Context manager around long work: says the start and the end, and a heartbeat between them."""
        return self.console.step(title)


def service_account() -> str | None:
    """The account for third-party programs, None for a normal user or where the account does not exist (yet)."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SERVICE_ACCOUNT)
        grp.getgrnam(SERVICE_ACCOUNT)
    except KeyError:
        return None
    return SERVICE_ACCOUNT
