"""One step of the schedule: break, mend, wait until it is as before, and say what was felt meanwhile."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..component import StackError
from .injector import Injector
from .load import Books, Load, Second, now
from .schedule import AT_ONCE, Fault, Kind, Step
from .targets import TARGETS
from .witness import Sample, Witness

# A fault is sometimes felt a moment after it began: one good second may be the one before that.
QUIET_SECONDS = 3
RECOVERY_SECONDS = 120
# What a fault did is sometimes known only when its last request is answered.
PATIENCE_SECONDS = 15
BURST_EVENTS_PER_SECOND = 3_000
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Window:
    """When a step began, when the last of it was mended, and when all was as before (None: never)."""

    began: float
    mended: float
    recovered: float | None

    @property
    def recovery_seconds(self) -> float | None:
        return None if self.recovered is None else max(0.0, self.recovered - self.mended)


@dataclass(frozen=True)
class Outcome:
    """A step that was done."""

    number: int
    step: Step
    window: Window
    effects: tuple[str, ...]
    """What was felt; without any the step does not count."""

    @property
    def counts(self) -> bool:
        return bool(self.effects)

    @property
    def recovered(self) -> bool:
        return self.window.recovered is not None


class Trial:
    """Does steps, one after the other."""

    def __init__(self, injector: Injector, load: Load, witness: Witness, rate: int) -> None:
        self.injector = injector
        self.load = load
        self.witness = witness
        self.rate = rate

    def run(self, number: int, step: Step) -> Outcome:
        """One step; it begins quietly because the one before ended so."""
        began = now()
        if step.poison:
            self.load.poison(step.poison)
        try:
            self._break_and_mend(step)
        finally:
            self.injector.mend_all()
        mended = now()
        window = Window(began, mended, self.quiet(mended, step.parts))
        return Outcome(number, step, window, self._felt(step, window))

    def settle(self) -> None:
        """StackError if all is not well before anything was broken."""
        if self.quiet(now()) is None:
            reasons = [*self.injector.not_running(), *self.witness.stood_still()] or ["every process runs"]
            raise StackError(f"the load had no quiet seconds before anything was broken: {'; '.join(reasons)}")

    def quiet(self, since: float, parts: frozenset[str] = frozenset()) -> float | None:
        """When the first of a few seconds begins, from `since` on, in which all is as it should be."""
        until = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < until:
            self.load.check()
            found = self._first_quiet(math.ceil(since), parts)
            if found is not None:
                return float(found)
            time.sleep(POLL_SECONDS)
        return None

    def _first_quiet(self, since: int, parts: frozenset[str]) -> int | None:
        good = {second.at for second in self.load.seconds(since, math.inf) if self._is_good(second, parts)}
        return next((at for at in sorted(good) if all(at + later in good for later in range(QUIET_SECONDS))), None)

    def _is_good(self, second: Second, parts: frozenset[str]) -> bool:
        """Clean, the worker keeps up, and what else was broken does its work again."""
        around = self.witness.samples(second.at - 1.5, second.at + 2.5)
        return (
            second.clean
            and keeps_up(self.load.books(second.at - 2, second.at + 3), second.at, self.rate)
            and ("redis" not in parts or len(around) > 1 and not without_redis(around[-2:]))
            and ("collector" not in parts or len(around) > 1 and not no_new_spans(around[-2], around[-1]))
        )

    def _break_and_mend(self, step: Step) -> None:
        """Beginnings and ends of all faults in the order of their times."""
        moments = [(fault.after, 0, fault) for fault in step.faults]
        moments += [(fault.after + fault.seconds, 1, fault) for fault in step.faults if fault.kind not in AT_ONCE]
        began = time.monotonic()
        for moment, end, fault in sorted(moments, key=lambda entry: entry[:2]):
            time.sleep(max(0.0, began + moment - time.monotonic()))
            if end:
                self.injector.end(fault)
            elif fault.kind is Kind.BURST:
                self.load.burst(BURST_EVENTS_PER_SECOND, int(fault.seconds))
            else:
                self.injector.begin(fault)

    def _felt(self, step: Step, window: Window) -> tuple[str, ...]:
        """Looks again while answers are missing, since a request that hangs is an effect too."""
        until = time.monotonic() + PATIENCE_SECONDS
        last = window.recovered if window.recovered is not None else now()
        while True:
            seconds = self.load.seconds(window.began, last + 1)
            before, samples = self._samples(window.began - 4, window.began), self._samples(window.began - 1, last + 2)
            books = self.load.books(window.began, last + 1)
            effects = felt(step.faults, seconds, books, samples, before, self.rate)
            if effects or time.monotonic() > until:
                return effects
            time.sleep(POLL_SECONDS)

    def _samples(self, first: float, last: float) -> list[Sample]:
        return self.witness.samples(first, last)


def keeps_up(books: Sequence[Books], second: int, rate: int) -> bool:
    """Whether the worker was asked within or after this second and is less behind than before, or not behind."""
    known = [(look.at, look.behind) for look in books if look.behind is not None]
    inside = [behind for at, behind in known if at >= second]
    earlier = [behind for at, behind in known if at < second]
    if not inside:
        return False
    return inside[-1] <= rate / 2 or bool(earlier) and inside[-1] < earlier[-1]


def felt(
    faults: Sequence[Fault],
    seconds: Sequence[Second],
    books: Sequence[Books],
    samples: Sequence[Sample],
    before: Sequence[Sample],
    rate: int,
) -> tuple[str, ...]:
    """What the faults did: requests that failed or waited, and what only the target's own part can show."""
    effects = []
    if refused := sum(second.refused for second in seconds):
        effects.append(f"{refused} refused")
    if late := sum(second.late for second in seconds):
        effects.append(f"{late} late")
    parts = {TARGETS[fault.target].part for fault in faults}
    if parts & {"worker", "postgres", "broker"}:
        effects += rows_paused(books, samples, rate)
    if "redis" in parts:
        effects += without_redis(samples)
    if "collector" in parts:
        effects += spans_paused(samples, before)
    return tuple(effects)


def rows_paused(books: Sequence[Books], samples: Sequence[Sample], rate: int) -> list[str]:
    """The worker fell behind by more than half a second's events, or its partitions moved."""
    effects = []
    most = max((look.behind for look in books if look.behind is not None), default=0)
    if most > rate / 2:
        effects.append(f"{most} behind")
    elif any(look.decided is None for look in books):
        effects.append("ledger unreachable")
    if samples and samples[-1].assignments > samples[0].assignments:
        effects.append("rebalance")
    return effects


def without_redis(samples: Sequence[Sample]) -> list[str]:
    """Requests that went on without it."""
    known = [sample.without_redis for sample in samples if sample.without_redis is not None]
    grown = sum(max(0.0, later - earlier) for earlier, later in zip(known, known[1:]))
    return [f"{grown:.0f} without redis"] if grown else []


def spans_paused(samples: Sequence[Sample], before: Sequence[Sample]) -> list[str]:
    """Spans that stopped coming in, where they came in before; or a collector that began to count anew."""
    came = [sample.spans for sample in before if sample.spans is not None]
    if len(came) < 2 or came[-1] <= came[0]:
        return []
    standing = sum(1 for earlier, later in zip(samples, samples[1:]) if no_new_spans(earlier, later))
    return [f"spans paused {standing} s"] if standing else []


def no_new_spans(earlier: Sample, later: Sample) -> bool:
    return later.spans is None or earlier.spans is None or later.spans <= earlier.spans
