"""Which port each part listens on, chosen once, and who holds a port that is taken."""

from __future__ import annotations

import errno
import json
import os
import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from .component import StackError

# Below Linux's range for outgoing connections (32768-60999), so that none of them can take a port between choice and use.
FREE_FIRST, FREE_LAST = 20000, 32700


class Ports:
    """Variable -> port: the setting, else with FAROL_PORTS=free one chosen once and kept in a file, else the default."""

    def __init__(self, defaults: Mapping[str, int], env: Mapping[str, str], kept: Path) -> None:
        self._numbers = self._resolve(defaults, env, kept)

    def number(self, variable: str) -> int:
        """The port of a variable that some component declares."""
        return self._numbers[variable]

    def all(self) -> dict[str, int]:
        """Every variable with its port."""
        return dict(self._numbers)

    def _resolve(self, defaults: Mapping[str, int], env: Mapping[str, str], kept: Path) -> dict[str, int]:
        # A home that once chose free ports keeps them: `status` and `down` must find what `up` started.
        mode = env.get("FAROL_PORTS") or ("free" if kept.is_file() else "fixed")
        if mode not in ("fixed", "free"):
            raise StackError(f"FAROL_PORTS is {mode!r}; it can be `free` (any free port) or `fixed` (the default)")
        given = {variable: parse(variable, env[variable]) for variable in defaults if env.get(variable)}
        if mode == "free":
            chosen = self._kept_or_chosen(defaults, kept)
            numbers = {**chosen, **given}
        else:
            numbers = {**defaults, **given}
        refuse_shared(numbers)
        return numbers

    def _kept_or_chosen(self, defaults: Mapping[str, int], kept: Path) -> dict[str, int]:
        before: dict[str, int] = json.loads(kept.read_text()) if kept.is_file() else {}
        new = [variable for variable in defaults if variable not in before]
        if new:
            before.update(zip(new, choose(len(new), set(before.values())), strict=True))
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(before, indent=2) + "\n")
        return {variable: before[variable] for variable in defaults}


def parse(variable: str, text: str) -> int:
    """A port number, or StackError naming the variable."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise StackError(f"{variable} is {text!r}; a port is a number from 1 to 65535")
    return int(text)


def refuse_shared(numbers: Mapping[str, int]) -> None:
    """Two parts on one port is a mistake in the settings."""
    first: dict[int, str] = {}
    shared = [
        f"{first[number]} and {variable} are both {number}"
        for variable, number in numbers.items()
        if first.setdefault(number, variable) != variable
    ]
    if shared:
        raise StackError("two parts cannot share a port: " + "; ".join(shared))


def choose(count: int, avoid: Iterable[int]) -> list[int]:
    """Free ports, different from each other."""
    taken = set(avoid)
    chosen: list[int] = []
    candidates = random.sample(range(FREE_FIRST, FREE_LAST), FREE_LAST - FREE_FIRST)
    for number in candidates:
        if len(chosen) == count:
            break
        if number not in taken and is_free(number):
            chosen.append(number)
    return chosen


def is_free(number: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
            # Two sockets with SO_REUSEADDR may be bound to one port; only one may listen.
            probe.listen(1)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def holder(number: int) -> tuple[int | None, str]:
    """The process that listens on a port: its pid, as far as this user may see it, and a description."""
    inodes = listening_inodes(number)
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            for descriptor in (process / "fd").iterdir():
                target = os.readlink(descriptor)
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    return int(process.name), f"pid {process.name} ({describe(process)})"
        except OSError:
            continue  # the process is gone, or another user's
    return None, "a process of another user" if inodes else "a process that cannot be seen from here"


def describe(process: Path) -> str:
    """The start of a process's command line."""
    words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return words[:80] or (process / "comm").read_text().strip()


def listening_inodes(number: int) -> set[str]:
    """Inodes of the TCP sockets that listen on a port, on any address."""
    found: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue  # a kernel without IPv6
        for row in rows:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == number:
                found.add(fields[9])
    return found
