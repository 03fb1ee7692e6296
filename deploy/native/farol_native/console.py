"""Progress on the terminal: one line per step with the time since the start, and a heartbeat, so that no minute is silent."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

HEARTBEAT_SECONDS = 15.0


class Console:
    """Prints whole lines from any thread."""

    def __init__(self, stream: TextIO | None = None, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._stream = stream if stream is not None else sys.stdout
        self._heartbeat_seconds = heartbeat_seconds
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._running: dict[str, float] = {}
        self._heartbeat: threading.Thread | None = None

    def say(self, text: str) -> None:
        """One line with the time since the start."""
        elapsed = time.monotonic() - self._began
        with self._lock:
            print(f"[{elapsed:6.1f}s] {text}", file=self._stream, flush=True)

    def show(self, text: str) -> None:
        """A result, without the time."""
        with self._lock:
            print(text, file=self._stream, flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Says the start and the end of long work, with how long it took."""
        began = time.monotonic()
        self.say(f"{title} …")
        with self._lock:
            self._running[title] = began
            if self._heartbeat is None:
                self._heartbeat = threading.Thread(target=self._beat, daemon=True)
                self._heartbeat.start()
        try:
            yield
            self.say(f"{title}: done in {time.monotonic() - began:.1f} s")
        finally:
            with self._lock:
                self._running.pop(title, None)

    def _beat(self) -> None:
        while True:
            time.sleep(self._heartbeat_seconds)
            now = time.monotonic()
            with self._lock:
                long = [f"{title} ({now - began:.0f} s)" for title, began in self._running.items() if now - began > 5]
            if long:
                self.say("still at it: " + ", ".join(long))
