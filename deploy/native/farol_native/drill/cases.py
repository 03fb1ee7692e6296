"""What is broken, which alert has to notice, and how it is mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .. import poison
from ..smoke_session import Session
from ..supervisor import Supervisor
from .watch import Expected

Act = Callable[[Session], None]


@dataclass(frozen=True)
class Case:
    """The seconds are bounds, a good deal above what the rule's own windows add up to."""

    name: str
    what: str
    expected: Expected
    begin: Act
    mend: Act
    fires_within: int
    over_within: int
    stopped: str = ""
    """The job that tells nothing of itself meanwhile."""
    suppressed: Expected | None = None
    """What follows from it, and must not be told beside it."""
    mends_itself: bool = False
    """Its end is the end of a window, which the next case need not wait for."""


def stop(name: str) -> Act:
    """Gone for as long as the supervisor is not told to start it: a process that cannot come back."""
    return lambda session: Supervisor(session.stack.ctx).stop_program(name)


def start(name: str) -> Act:
    return lambda session: Supervisor(session.stack.ctx).start_program(name)


def nothing(_session: Session) -> None:
    """The alert looks back over a window, and is over when the window is."""


CASES = (
    Case(
        name="poison",
        what="a record that holds no event is put straight into the topic",
        expected=Expected.of("EventsDeadLettered", job="worker", severity="warning"),
        begin=lambda session: poison.produce(session.stack.ctx),
        mend=nothing,
        fires_within=60,
        over_within=360,
        mends_itself=True,
    ),
    Case(
        name="kafka-stopped",
        what="the broker ends and does not come back",
        expected=Expected.of("GatewayFailing", job="gateway", severity="critical"),
        begin=stop("kafka"),
        mend=start("kafka"),
        stopped="kafka",
        # The rate's minute until 5 % are failures, then two minutes of them.
        fires_within=240,
        over_within=180,
    ),
    Case(
        name="worker-stopped",
        what="the worker ends and does not come back",
        expected=Expected.of("TargetDown", job="worker", severity="critical"),
        suppressed=Expected.of("EndpointNotAnswering", job="worker"),
        begin=stop("worker"),
        mend=start("worker"),
        stopped="worker",
        fires_within=120,
        over_within=60,
    ),
)
