"""Breaks what it is told to break and mends it again; knows nothing of schedules and of what came of it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable

from .. import processes
from ..component import StackError
from ..context import Context
from ..supervisor import RUNNING, Supervisor
from .links import Link
from .schedule import Fault, Kind
from .targets import TARGETS
from .toxiproxy import Wires

SLOW_MILLISECONDS = 700
START_SECONDS = 60


class Injector:
    """The hands."""

    def __init__(self, ctx: Context) -> None:
        self.supervisor = Supervisor(ctx)
        self.wires = Wires(ctx)
        self._frozen: dict[str, set[int]] = {}

    def begin(self, fault: Fault) -> None:
        """Breaks; a burst breaks nothing and is the load's own affair."""
        target = TARGETS[fault.target]
        if fault.kind is Kind.KILL:
            processes.send(self._tree(target.process), signal.SIGKILL)
        elif fault.kind is Kind.RESTART:
            processes.send([self._pid(target.process)], signal.Signals[f"SIG{target.stop_signal}"])
        elif fault.kind is Kind.STOP:
            self._freeze(target.process)
        elif fault.kind is Kind.CUT:
            each(target.ways, self.wires.cut)
        elif fault.kind is Kind.SILENCE:
            each(target.ways, self.wires.silence)
        elif fault.kind is Kind.SLOW:
            each(target.ways, lambda link: self.wires.slow(link, SLOW_MILLISECONDS))

    def end(self, fault: Fault) -> None:
        """Mends what this fault broke, and only that."""
        target = TARGETS[fault.target]
        if fault.kind is Kind.STOP:
            self._thaw(target.process)
        elif fault.kind in (Kind.CUT, Kind.SILENCE, Kind.SLOW):
            each(target.ways, self.wires.mend)

    def mend_all(self) -> None:
        """Nothing may stay broken, whatever happened."""
        for process in list(self._frozen):
            self._thaw(process)
        self.wires.mend_all()

    def not_running(self) -> list[str]:
        """What the supervisor has not running now."""
        return [f"{process.name} is {process.state}" for process in self.supervisor.processes() if process.state not in RUNNING]

    def _freeze(self, process: str) -> None:
        """The parent first: frozen, it makes no children that would be missed."""
        root = self._pid(process)
        processes.send([root], signal.SIGSTOP)
        tree = processes.descendants(root)
        self._frozen[process] = tree
        processes.send(tree, signal.SIGSTOP)

    def _thaw(self, process: str) -> None:
        processes.send(self._frozen.pop(process, ()), signal.SIGCONT)

    def _tree(self, process: str) -> set[int]:
        return processes.descendants(self._pid(process))

    def _pid(self, name: str) -> int:
        """The process as it is now; one that is just coming back is waited for."""
        until = time.monotonic() + START_SECONDS
        while True:
            for process in self.supervisor.processes():
                if process.name == name and process.state in RUNNING and process.pid:
                    return process.pid
            if time.monotonic() > until:
                raise StackError(f"{name} did not come back within {START_SECONDS} s")
            time.sleep(0.1)


def each(ways: Iterable[Link], work: Callable[[Link], None]) -> None:
    for link in ways:
        work(link)
