"""The stack's home: one folder (`.farol/` or FAROL_HOME) with everything that a stack writes, and how it is removed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import commands
from .component import StackError

OURS = ("data", "logs", "run", "env", "compose.env", "compose-keys.json", "flags", "secrets.json", "ports.json", "stack", "lock")


class Home:
    """Folders, secrets and the lock of one stack."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self._guard = threading.Lock()

    def folder(self, kind: str, name: str, account: str | None) -> Path:
        """<home>/<kind>/<name> (where the account cannot reach the home: under /var/tmp), private to the account."""
        with self._guard:
            folder = self._place(kind, account) / name
            if not folder.is_dir():
                folder.mkdir(parents=True)
                folder.chmod(0o700)
                own(folder, account)
        return folder

    def _place(self, kind: str, account: str | None) -> Path:
        """data/ or run/ of this home; a link there records that it had to move to where the account can reach it."""
        link = self.path / kind
        if link.is_symlink() or link.is_dir():
            return link.resolve()
        self.make()
        if account is None or commands.readable(self.path, account):
            passable(link)
            return link
        place = self.relocated() / kind
        passable(place)
        link.symlink_to(place)
        return place

    def make(self) -> None:
        """The folder itself; others may pass through it to what is theirs, whatever the umask."""
        if not self.path.is_dir():
            self.path.mkdir(parents=True)
            self.path.chmod(0o755)

    def relocated(self) -> Path:
        """A folder of this user below /var/tmp, named after the home; refuses one that somebody else put there."""
        digest = hashlib.sha256(str(self.path).encode()).hexdigest()[:12]
        place = Path("/var/tmp") / f"farol-{os.geteuid()}-{digest}"
        if not place.is_dir():
            passable(place)
        if place.is_symlink() or place.stat().st_uid != os.geteuid():
            raise StackError(f"{place} belongs to somebody else; remove it, or set FAROL_HOME to another folder")
        return place

    def write(self, path: Path, text: str, account: str | None) -> Path:
        """Replaces a file by a private one of the account's, unless it already says the same."""
        if path.is_file() and path.read_text() == text:
            return path
        for folder in reversed(path.parents):
            if not folder.is_dir():
                folder.mkdir(mode=0o700)
                own(folder, account)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        own(Path(name), account)
        os.replace(name, path)
        return path

    def secret(self, name: str, prefix: str = "") -> str:
        """A random secret of letters and digits, made once."""
        with self._guard:
            path = self.path / "secrets.json"
            known: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
            if name not in known:
                known[name] = prefix + secrets.token_hex(24)
                self.make()
                self.write(path, json.dumps(known, indent=2) + "\n", None)
            return known[name]

    def record(self, kind: str | None) -> None:
        """Notes which kind of stack is up (`native`, `compose`), or that none is."""
        if kind is None:
            (self.path / "stack").unlink(missing_ok=True)
        else:
            self.make()
            (self.path / "stack").write_text(kind + "\n")

    def recorded(self) -> str | None:
        """The kind of stack that was brought up and not taken down."""
        path = self.path / "stack"
        return path.read_text().strip() if path.is_file() else None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lets one command at a time change the stack."""
        self.make()
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StackError(f"another command is changing the stack in {self.path}; wait for it to end") from error
            yield

    def remove(self) -> None:
        """Removes everything a stack wrote, and the home itself if nothing else is in it."""
        moved = {link.resolve().parent for link in (self.path / "data", self.path / "run") if link.is_symlink()}
        for folder in moved:
            if folder.parent == Path("/var/tmp") and folder.name.startswith("farol-"):
                shutil.rmtree(folder)
        for name in OURS:
            entry = self.path / name
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()


def passable(path: Path) -> None:
    """Makes a folder that others may pass through; an explicit mode would still be cut by the umask."""
    path.mkdir(exist_ok=True)
    path.chmod(0o755)


def own(path: Path, account: str | None) -> None:
    """Gives a path to the service account; nothing to do where there is none."""
    if account is not None:
        shutil.chown(path, account, account)
