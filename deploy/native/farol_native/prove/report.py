"""What is printed: a line for each fault when it is over, the table at the end, and the one line that counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .load import EXCUSED, Second
from .trial import Outcome

HEADER = ("fault", "effect", "recovery s", "refused", "p99 ms")


def line(outcome: Outcome) -> str:
    """One step, as soon as it is over."""
    recovery = outcome.window.recovery_seconds
    ended = "NOT RECOVERED" if recovery is None else f"recovered in {recovery:.1f} s"
    felt = ", ".join(outcome.effects) or "no effect: does not count"
    return f"{outcome.number:3d}  {outcome.step}: {felt}; {ended}"


def table(outcomes: Sequence[Outcome], seconds: Sequence[Second]) -> str:
    """All that counted; the seconds are all of the run's, with every answer."""
    rows = [row(outcome, seconds) for outcome in outcomes if outcome.counts]
    widths = [max(len(cells[place]) for cells in (HEADER, *rows)) for place in range(len(HEADER))]
    lines = []
    for cells in (HEADER, *rows):
        words = [cells[0].ljust(widths[0]), cells[1].ljust(widths[1])]
        words += [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:])]
        lines.append("  ".join(words).rstrip())
    return "\n".join(lines)


def row(outcome: Outcome, seconds: Sequence[Second]) -> tuple[str, ...]:
    window = outcome.window
    last = math.inf if window.recovered is None else max(window.recovered, window.began + 1)
    during = [second for second in seconds if int(window.began) <= second.at < last]
    recovery = window.recovery_seconds
    return (
        str(outcome.step),
        ", ".join(outcome.effects),
        "never" if recovery is None else f"{recovery:.1f}",
        str(sum(second.refused for second in during)),
        shown(p99(during)),
    )


def p99(seconds: Sequence[Second]) -> int | None:
    """Of all answers, and of the waits that ended without one."""
    latencies = sorted(latency for second in seconds for latency in second.latencies_ms)
    return latencies[min(len(latencies) - 1, math.ceil(0.99 * len(latencies)) - 1)] if latencies else None


def shown(milliseconds: int | None) -> str:
    return "-" if milliseconds is None else str(milliseconds)


def exercised(seconds: Sequence[Second], poisoned: int, verdict: dict[str, Any], fenced: int) -> str:
    """What the run has put to the test: guards that were never needed prove nothing."""
    letters = ", ".join(f"{count} {cause}" for cause, count in sorted(verdict["letters"].items())) or "none"
    quiet = shown(p99([second for second in seconds if second.clean]))
    return (
        f"p99 of the seconds in which all was well: {quiet} ms; requests that were not accepted: "
        f"{sum(second.refused for second in seconds)}\n"
        f"records that were duplicates: {verdict['duplicateRecords']}; dead letters: {letters}; poison: {poisoned}; "
        f"batches fenced: {fenced}; rows nobody was told of: {verdict['unacknowledgedRows']}"
    )


def wrong_answers(seconds: Sequence[Second]) -> dict[str, int]:
    """Answers that no fault excuses, with their number."""
    wrong: dict[str, int] = {}
    for second in seconds:
        for ending, count in second.endings.items():
            if ending not in EXCUSED:
                wrong[ending] = wrong.get(ending, 0) + count
    return wrong


def closing(faults: int, verdict: dict[str, Any]) -> str:
    """The line that counts."""
    return (
        f"faults={faults} acknowledged={verdict['acknowledged']} stored={verdict['stored']} "
        f"dead_lettered={verdict['deadLettered']} lost={verdict['lost']['count']} duplicated={verdict['duplicated']['count']}"
    )


def violations(verdict: dict[str, Any]) -> list[str]:
    """The first of each kind, by name."""
    return [f"{kind}: {what}" for kind in ("lost", "duplicated", "misbooked") for what in verdict[kind]["first"]]
