"""The load as this side sees it: a farolctl that is told what to do, and what it says of each second."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import commands
from ..component import StackError

RIGHT = ("accepted", "conflict")
# What a client may meet during a fault; anything else is a wrong answer at any time.
EXCUSED = (*RIGHT, "503", "429", "408", "broken", "silent")
END_SECONDS = 120


@dataclass(frozen=True)
class Second:
    """The requests that went out in one second."""

    at: int
    sent: int
    held_back: int
    endings: Mapping[str, int]
    late: int
    latencies_ms: tuple[int, ...]

    @property
    def refused(self) -> int:
        """Requests that were not answered as they should have been."""
        return sum(count for ending, count in self.endings.items() if ending not in RIGHT)

    @property
    def clean(self) -> bool:
        """Every request was sent, answered 202 (or 409 where that is right), and within a second."""
        return self.sent > 0 and self.held_back == 0 and self.refused == 0 and self.late == 0


@dataclass(frozen=True)
class Books:
    """How far the worker is behind; None where somebody did not answer."""

    at: float
    end: int | None
    decided: int | None

    @property
    def behind(self) -> int | None:
        return None if self.end is None or self.decided is None else max(0, self.end - self.decided)


@dataclass
class Heard:
    """Everything that was said so far."""

    seconds: dict[int, Second] = field(default_factory=dict)
    books: list[Books] = field(default_factory=list)
    poisoned: int = 0
    end: dict[str, Any] | None = None


class Load:
    """A running `farolctl prove load`."""

    def __init__(self, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                command, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self._heard = Heard()
        self._guard = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def burst(self, events_per_second: int, seconds: int) -> None:
        """So many more, for so long."""
        self._tell(f"burst {events_per_second} {seconds}")

    def poison(self, count: int) -> None:
        """Records that are no events, past the gateway."""
        self._tell(f"poison {count}")

    def seconds(self, first: float, last: float) -> list[Second]:
        """The seconds from `first` on that begin before `last` and whose requests are all answered."""
        with self._guard:
            return [second for at, second in sorted(self._heard.seconds.items()) if int(first) <= at < last]

    def books(self, first: float, last: float) -> list[Books]:
        """The looks at the books within this time."""
        with self._guard:
            return [books for books in self._heard.books if first <= books.at < last]

    def check(self) -> None:
        """StackError if the load is not there any more: nothing would be proved."""
        if self._process.poll() is not None:
            raise StackError(f"the load ended with {self._process.returncode}; the end of its log:\n{commands.tail(self.log)}")

    def stop(self) -> Heard:
        """Sends nothing new, waits for every answer, and returns all that was said."""
        self._tell("stop")
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise StackError(f"the load does not end; its log is {self.log}") from error
        self._reader.join(10)
        if code != 0 or self._heard.end is None:
            raise StackError(f"the load ended with {code}; the end of its log:\n{commands.tail(self.log)}")
        return self._heard

    def kill(self) -> None:
        """For when nobody wants to know any more."""
        self._process.kill()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise StackError(f"the load does not listen any more; the end of its log:\n{commands.tail(self.log)}") from error

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self.log.with_suffix(".jsonl").open("a") as kept:
            for text in self._process.stdout:
                kept.write(text)
                line = json.loads(text)
                with self._guard:
                    self._hear(line)

    def _hear(self, line: dict[str, Any]) -> None:
        kind = line["kind"]
        if kind == "second":
            latencies = tuple(line["latenciesMs"])
            second = Second(line["at"], line["sent"], line["heldBack"], line["endings"], line["late"], latencies)
            self._heard.seconds[second.at] = second
        elif kind == "books":
            self._heard.books.append(Books(line["at"] / 1000, line["end"], line["decided"]))
        elif kind == "poisoned":
            self._heard.poisoned += line["acknowledged"]
        elif kind == "end":
            self._heard.end = line


def now() -> float:
    """The clock that the load's seconds are counted by."""
    return time.time()
