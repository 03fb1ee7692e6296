"""Kills every part of a running stack once, in the middle of a replay, and counts the rows afterwards."""

from __future__ import annotations

import signal
import subprocess
import time

from . import processes
from .smoke_session import CheckFailed, Session, finished

DAY = "2013-01-02"
EVENTS_PER_SECOND = "15"
# The gateway asks for patience while Kafka is away; a part takes up to 10 s to be back.
ATTEMPTS = "40"
# The slowest way back is Kafka's: its own start, then the clients' back-off.
RECOVERY_SECONDS = 45


def every_part_killed_once(session: Session, parts: tuple[str, ...]) -> str:
    """One part after the other; the next one only when events become rows again."""
    words = ("replay", "flights", "--day", DAY, "--rate", EVENTS_PER_SECOND, "--attempts", ATTEMPTS)
    replay = session.farolctl(*words)
    recoveries: list[str] = []
    try:
        session.wait(60, "the worker storing the replay", lambda: stored(session) > session.rows + 10)
        for part in parts:
            if replay.poll() is not None:
                raise CheckFailed(f"the replay was over before {part} was killed; the check has proved nothing")
            recoveries.append(f"{part} {killed(session, part, replay):.0f} s")
        tally = finished(replay, "replay")
    finally:
        replay.kill()
    session.rows += tally["sent"]
    session.wait(RECOVERY_SECONDS, f"{session.rows} rows in the end", lambda: stored(session) >= session.rows)
    return f"{tally['sent']} events, {tally['retries']} sent again; rows grew again after " + ", ".join(recoveries)


def killed(session: Session, part: str, replay: subprocess.Popen[str]) -> float:
    """Kills the part's whole process tree; seconds until it runs again and a new row has come."""
    pid = session.processes()[part]
    processes.send(processes.descendants(pid), signal.SIGKILL)
    began = time.monotonic()
    session.wait(RECOVERY_SECONDS, f"{part} running again", lambda: session.processes().get(part, pid) != pid)
    before = session.wait(RECOVERY_SECONDS, "an answer of PostgreSQL", lambda: answer(session))
    grown = f"a new row after {part} was killed"
    session.wait(RECOVERY_SECONDS, grown, lambda: replay.poll() is not None or (answer(session) or 0) > before)
    return time.monotonic() - began


def answer(session: Session) -> int | None:
    """What is stored; None while PostgreSQL is the part that is away."""
    try:
        return stored(session)
    except CheckFailed:
        return None


def stored(session: Session) -> int:
    """Records that became rows, as the ledger has it."""
    return int(session.sql("select coalesce(sum(stored), 0) from farol.ledger"))
