"""What is broken when: a list that depends on the seed and on nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from . import targets


class Kind(Enum):
    """How a target is broken."""

    KILL = "kill"
    """SIGKILL to the whole tree; the supervisor starts it again."""
    STOP = "stop"
    """SIGSTOP to the whole tree, later SIGCONT."""
    CUT = "cut"
    """Its links are closed and refuse."""
    SILENCE = "silence"
    """Its links stay open and carry nothing."""
    SLOW = "slow"
    """Its links take much longer."""
    RESTART = "restart"
    """An orderly end; the supervisor starts it again."""
    BURST = "burst"
    """More load than is admitted; nothing is broken."""


AT_ONCE = (Kind.KILL, Kind.RESTART)
EVERY = (Kind.KILL, Kind.STOP, Kind.CUT)
STANDS_ON = ("broker", "worker", "postgres")
# Beyond the group's session timeout of 10 s, so that the partitions go to the other worker and the first comes back late.
WORKER_ABSENCE_SECONDS = 13


@dataclass(frozen=True)
class Fault:
    """One thing that is broken, from `after` to `after + seconds` of its step."""

    kind: Kind
    target: str
    after: float = 0.0
    seconds: float = 0.0

    def __str__(self) -> str:
        lasting = "" if self.kind in AT_ONCE else f" {self.seconds:.0f} s"
        return f"{self.kind.value} {self.target}{lasting}"


@dataclass(frozen=True)
class Step:
    """One fault or a pair, with what is slipped in meanwhile."""

    faults: tuple[Fault, ...]
    poison: int = 0

    @property
    def parts(self) -> frozenset[str]:
        """What it touches."""
        return frozenset(targets.TARGETS[fault.target].part for fault in self.faults)

    def __str__(self) -> str:
        return " + ".join(map(str, self.faults))


# Two of three brokers, a broker with each of its neighbours, both sides of the database: where single faults hide.
PAIRS = (
    ("broker-1", "broker-2"),
    ("broker-2", "postgres"),
    ("broker-3", "worker-1"),
    ("gateway", "redis"),
    ("postgres", "worker-2"),
    ("worker-1", "worker-2"),
    ("broker-1", "gateway"),
    ("redis", "collector"),
)


def steps(seed: int, *, short: bool, only: str | None = None) -> Iterator[Step]:
    """Faults without end: first a round with everything in it, then ever more at random; or those of one part alone."""
    dice = random.Random(f"farol prove {seed}")
    while only is not None:
        yield single(dice, any_kind(dice), only, short=short)
    yield from short_round(dice) if short else full_round(dice)
    while True:
        yield pair(dice, short=short) if dice.random() < 0.3 else single(dice, any_kind(dice), any_part(dice), short=short)


def full_round(dice: random.Random) -> list[Step]:
    """Every part killed, frozen and cut off; links that are silent or slow; restarts; pairs; a burst."""
    chosen = [single(dice, kind, part, short=False) for part in targets.PARTS for kind in EVERY]
    for kind in (Kind.SILENCE, Kind.SLOW, Kind.RESTART):
        chosen += [single(dice, kind, part, short=False) for part in dice.sample(targets.PARTS, 2)]
    chosen += [pair(dice, short=False) for _ in range(5)]
    chosen.append(Step((Fault(Kind.BURST, "gateway", seconds=5),)))
    dice.shuffle(chosen)
    return chosen


def short_round(dice: random.Random) -> list[Step]:
    """A sample for every day: what the promise stands on killed, frozen and cut off, another part, a pair, a burst."""
    chosen = [single(dice, kind, part, short=True) for kind, part in zip(EVERY, dice.sample(STANDS_ON, len(STANDS_ON)))]
    others = [part for part in targets.PARTS if part not in STANDS_ON]
    chosen.append(single(dice, dice.choice(EVERY), dice.choice(others), short=True))
    chosen += [pair(dice, short=True), Step((Fault(Kind.BURST, "gateway", seconds=3),))]
    dice.shuffle(chosen)
    return chosen


def single(dice: random.Random, kind: Kind, part: str, *, short: bool) -> Step:
    fault = fault_of(dice, kind, dice.choice(targets.of_part(part)), short=short)
    return Step((fault,), poison=dice.choice((0, 0, 3)))


def pair(dice: random.Random, *, short: bool) -> Step:
    """Two targets, the second while the first is still broken or on its way back."""
    first, second = dice.choice(PAIRS)
    faults = (fault_of(dice, any_kind(dice), first, short=short), fault_of(dice, any_kind(dice), second, short=short))
    later = Fault(faults[1].kind, second, after=round(dice.uniform(0.2, 2.0), 1), seconds=faults[1].seconds)
    return Step((faults[0], later), poison=dice.choice((0, 3)))


def fault_of(dice: random.Random, kind: Kind, target: str, *, short: bool) -> Fault:
    seconds = float(dice.randint(3, 4) if short else dice.randint(4, 9))
    if kind in AT_ONCE:
        seconds = 0.0
    elif targets.TARGETS[target].part == "worker" and kind is not Kind.SLOW and not short:
        seconds = WORKER_ABSENCE_SECONDS
    return Fault(kind, target, seconds=seconds)


def any_kind(dice: random.Random) -> Kind:
    return dice.choices((Kind.KILL, Kind.STOP, Kind.CUT, Kind.SILENCE, Kind.SLOW, Kind.RESTART), (4, 4, 4, 2, 1, 1))[0]


def any_part(dice: random.Random) -> str:
    return dice.choice(targets.PARTS)
