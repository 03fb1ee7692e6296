"""Runs checks two at a time, says how each went, and remembers what passed by the content of what it looked at."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from farol_native.component import StackError
from farol_native.console import Console

from .terraform import Failed

FORGOTTEN_AFTER_SECONDS = 30 * 24 * 3600
IGNORED = (".terraform", ".data", "__pycache__")
# Prose and prices have checks of their own, which always run.
PROSE = (".md", ".json")


@dataclass(frozen=True)
class Job:
    """A check: what it looks at (its key is their content), and what it does; it returns a word about itself or raises Failed."""

    name: str
    work: Callable[[], str]
    inputs: tuple[Path, ...] = field(default=())
    key: str = ""
    """Anything else that decides the outcome; without inputs and key the job always runs."""


class Passed:
    """Files named by content: there is one for each check that passed on exactly this."""

    def __init__(self, folder: Path, versions: str, forget: bool = False) -> None:
        self.folder = folder
        self.versions = versions
        self.forget = forget
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if time.time() - old.stat().st_mtime > FORGOTTEN_AFTER_SECONDS:
                old.unlink(missing_ok=True)

    def marker(self, job: Job) -> Path | None:
        if not job.inputs and not job.key:
            return None
        digest = hashlib.sha256(f"{self.versions}\0{job.name}\0{job.key}\0".encode())
        for path in sorted(file for place in job.inputs for file in files(place)):
            digest.update(f"{path}\0".encode() + path.read_bytes() + b"\0")
        return self.folder / digest.hexdigest()

    def known(self, marker: Path | None) -> str | None:
        return marker.read_text() if marker and not self.forget and marker.is_file() else None


def files(place: Path) -> Iterable[Path]:
    """All files below a place that count; a file is itself."""
    if place.is_file():
        return [place]
    return [path for path in place.rglob("*") if path.is_file() and path.suffix not in PROSE and not any(part in IGNORED for part in path.parts)]


def run(jobs: list[Job], passed: Passed, console: Console, workers: int = 2) -> list[str]:
    """The names of the jobs that failed; each failure is shown as it comes."""
    failed: list[str] = []
    guard = threading.Lock()

    def one(job: Job) -> None:
        began = time.monotonic()
        marker = passed.marker(job)
        known = passed.known(marker)
        if known is not None:
            console.say(f"{job.name}: unchanged ({known})")
            return
        try:
            said = job.work()
        except (Failed, StackError) as error:
            with guard:
                failed.append(job.name)
            console.say(f"{job.name}: FAILED ({time.monotonic() - began:.1f} s)")
            console.show(f"{error}\n")
            return
        if marker is not None:
            marker.write_text(said)
        console.say(f"{job.name}: {said} ({time.monotonic() - began:.1f} s)")

    with ThreadPoolExecutor(workers) as pool:
        for done in as_completed([pool.submit(one, job) for job in jobs]):
            done.result()
    return failed
