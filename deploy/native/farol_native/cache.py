"""Built and downloaded tools, kept per user by name and version, and never seen half-made."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path


def cache_path(env: Mapping[str, str]) -> Path:
    """${XDG_CACHE_HOME:-~/.cache}/farol"""
    base = env.get("XDG_CACHE_HOME") or os.path.join(env.get("HOME") or os.path.expanduser("~"), ".cache")
    return Path(base) / "farol"


class Cache:
    """A folder of `<tool>-<version>` folders."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def folder(self, name: str, version: str, build: Callable[[Path], None], say: Callable[[str], None]) -> Path:
        """The finished folder of one tool; `build` fills an empty sibling that is renamed when it returns."""
        final = self.path / f"{name}-{version}"
        if final.is_dir():
            return final
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / f".{name}-{version}.lock").open("w") as lock:
            self._acquire(lock.fileno(), name, say)
            if final.is_dir():
                return final
            self._sweep(name, version)
            building = Path(tempfile.mkdtemp(prefix=f".{name}-{version}.building-", dir=self.path))
            try:
                build(building)
                building.chmod(0o755)
                building.rename(final)
            finally:
                shutil.rmtree(building, ignore_errors=True)
        return final

    def _acquire(self, descriptor: int, name: str, say: Callable[[str], None]) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{name}: another process is building it; waiting for that")
            fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _sweep(self, name: str, version: str) -> None:
        """Removes what an interrupted build left; called with the lock held, so nobody is building it."""
        for left in self.path.glob(f".{name}-{version}.building-*"):
            shutil.rmtree(left, ignore_errors=True)

    def clear(self) -> None:
        """Removes every tool; Go's module folders are read-only and are made writable first."""
        for folder, _, _ in os.walk(self.path):
            os.chmod(folder, 0o700)
        if self.path.exists():
            shutil.rmtree(self.path)
