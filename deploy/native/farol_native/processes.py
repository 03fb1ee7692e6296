"""Finds the processes of one stack by the mark in their environment, measures them, and ends them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

MARK = "FAROL_STACK_HOME"
"""Environment variable of every process of a stack; its value is the stack's home."""


def marked(home: Path) -> set[int]:
    """Every process that carries this home's mark and that this user may look at, but not this process."""
    wanted = f"{MARK}={home}".encode()
    found: set[int] = set()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.add(int(process.name))
        except OSError:
            continue  # gone, or another user's
    return found


def alive(pid: int) -> bool:
    """Whether the process exists; a zombie counts only while threads of it still run and hold its sockets."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1
    except OSError:
        return False


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signals processes; one that ended meanwhile is what was wanted."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def wait_gone(pids: Iterable[int], seconds: float) -> set[int]:
    """Waits until the processes are gone and returns those that still are not."""
    deadline = time.monotonic() + seconds
    left = {pid for pid in pids if alive(pid)}
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {pid for pid in left if alive(pid)}
    return left


def end_marked(home: Path, seconds: float = 10) -> set[int]:
    """Ends whatever carries the mark: asks first, and kills what does not go. Returns what was found."""
    found = marked(home)
    if found:
        send(found, signal.SIGTERM)
        wait_gone(found, seconds)
        stubborn = marked(home)
        send(stubborn, signal.SIGKILL)
        wait_gone(stubborn, 5)
    return found


def descendants(pid: int) -> set[int]:
    """The process and all its children's children."""
    children: dict[int, list[int]] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # gone
            children.setdefault(parent, []).append(int(process.name))
    found: set[int] = set()
    open_pids = [pid]
    while open_pids:
        current = open_pids.pop()
        found.add(current)
        open_pids.extend(children.get(current, []))
    return found


def memory_bytes(pid: int) -> int:
    """Resident memory of a process and its children; memory they share is counted once where the kernel says so."""
    return sum(own_memory_bytes(process) for process in descendants(pid))


def own_memory_bytes(pid: int) -> int:
    """Proportional set size, or resident set size where this user may not see the former; 0 for a process that is gone."""
    for source, field in ((f"/proc/{pid}/smaps_rollup", "Pss:"), (f"/proc/{pid}/status", "VmRSS:")):
        try:
            for line in Path(source).read_text().splitlines():
                if line.startswith(field):
                    return int(line.split()[1]) * 1024
        except OSError:
            continue
    return 0
