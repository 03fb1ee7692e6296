"""`make alerts-drill`: a stack on free ports, the shipped rules as they are, three things broken, each alert seen to come and go."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import smoke
from ..component import StackError
from ..console import Console
from ..smoke_session import CheckFailed, Session
from .cases import CASES, Case
from .load import Load
from .watch import Expected, Watch

WATCHDOG = Expected.of("Watchdog", severity="none")
QUIET_SECONDS = 90
SETTLE_SECONDS = 60


@dataclass
class Told:
    """When whom was told what, in seconds after the break and after the mending."""

    case: Case
    fired: tuple[float, float]
    mended: float
    over: tuple[float, float] = field(default=(0.0, 0.0))


def run(root: Path, words: Sequence[str]) -> int:
    """The exit code is 1 if an alert did not come, came beside what explains it, or did not go."""
    asked = options(words)
    home = Path(tempfile.mkdtemp(prefix=f"farol-drill-{os.getpid()}-"))
    home.chmod(0o755)
    console = Console()
    session = Session(root, home, smoke.environment(os.environ, home), console)
    failed = True
    try:
        if session.farol("up") == 0:
            drill(session, asked)
            failed = False
    except (CheckFailed, StackError, OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
        console.say(f"FAILED: {type(error).__name__}: {error}")
        smoke.show_logs(home, console)
    finally:
        session.farol("clean")
        shutil.rmtree(home, ignore_errors=True)
    return 1 if failed else 0


@dataclass(frozen=True)
class Asked:
    """What shall be drilled."""

    cases: Sequence[Case]
    during: Sequence[str]


def options(words: Sequence[str]) -> Asked:
    parser = argparse.ArgumentParser(prog="make alerts-drill ARGS=…", description=__doc__)
    parser.add_argument("--only", choices=[case.name for case in CASES], help="one case")
    parser.add_argument("--during", default="", help="a command that is run while each alert fires, with the stack's variables; it must end with 0")
    given = parser.parse_args(list(words))
    return Asked([case for case in CASES if given.only in (None, case.name)], shlex.split(given.during))


def drill(session: Session, asked: Asked) -> None:
    """Every case, with a trickle of events all the time; then what was accepted must be rows."""
    watch = Watch(session)
    session.wait(QUIET_SECONDS, "the Watchdog in Alertmanager", lambda: watch.state(WATCHDOG) == "active" or None)
    load = Load(session.addresses["FAROL_GATEWAY_URL"], session.addresses["FAROL_KEY"])
    try:
        told = [provoke(session, watch, case, asked.during) for case in asked.cases]
        for entry in told:
            if entry.case.mends_itself:
                see_over(session, watch, entry)
    finally:
        load.end()
    session.console.show("\n" + table(told))
    books(session, load)


def provoke(session: Session, watch: Watch, case: Case, during: Sequence[str]) -> Told:
    """Breaks, waits for the alert, mends, and waits for its end unless that is a window's."""
    session.wait(QUIET_SECONDS, f"{case.expected} is quiet before", lambda: watch.state(case.expected) is None or None)
    session.console.say(f"{case.name}: {case.what}")
    case.begin(session)
    in_prometheus, in_alertmanager = fired = watch.until_told(case.expected, case.fires_within)
    session.console.say(f"{case.name}: {case.expected} fires after {in_prometheus:.0f} s, in Alertmanager after {in_alertmanager:.0f} s")
    if case.suppressed:
        suppressed = case.suppressed
        session.wait(SETTLE_SECONDS, f"{suppressed} suppressed in Alertmanager", lambda: watch.state(suppressed) == "suppressed" or None)
        session.console.say(f"{case.name}: {suppressed} fires too and is suppressed")
    try:
        look(session, during, case.stopped)
    finally:
        case.mend(session)
    entry = Told(case, fired, time.monotonic())
    if not case.mends_itself:
        see_over(session, watch, entry)
    return entry


def look(session: Session, command: Sequence[str], stopped: str = "") -> None:
    """What somebody wants to know of a stack on which an alert fires; `FAROL_STOPPED` is the job that was stopped for it."""
    if not command:
        return
    env = {**session.env, **session.addresses, "FAROL_STOPPED": stopped}
    code = subprocess.run(list(command), env=env, stdin=subprocess.DEVNULL, check=False).returncode
    if code != 0:
        raise CheckFailed(f"{shlex.join(command)} ended with {code}")


def see_over(session: Session, watch: Watch, entry: Told) -> None:
    in_prometheus, in_alertmanager = entry.over = watch.until_over(entry.case.expected, entry.case.over_within, entry.mended)
    since = "it fired" if entry.case.mends_itself else "the mending"
    over = f"is over {in_prometheus:.0f} s after {since}, resolved in Alertmanager after {in_alertmanager:.0f} s"
    session.console.say(f"{entry.case.name}: {entry.case.expected} {over}")


def books(session: Session, load: Load) -> None:
    """Nothing that was acknowledged meanwhile is missing, and the poison is the only letter."""
    accepted = load.answers["202"]

    def rows() -> bool | None:
        return int(session.sql("select count(*) from farol.events where source = '/drill'")) >= accepted or None

    began = time.monotonic()
    session.wait(SETTLE_SECONDS, f"{accepted} rows", rows)
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(load.answers.items()))
    session.console.show(f"\nevents sent meanwhile: {answers}; all {accepted} accepted are rows ({time.monotonic() - began:.0f} s)")


def table(told: Sequence[Told]) -> str:
    """Seconds after the break; then seconds after the mending, or after it fired where nothing had to be mended."""
    head = f"{'case':<16}{'alert':<22}{'severity':<10}{'fires':>7}{'told':>7}{'over':>7}{'resolved':>10}"
    lines = [
        f"{entry.case.name:<16}{entry.case.expected.alert:<22}{dict(entry.case.expected.labels)['severity']:<10}"
        f"{entry.fired[0]:>5.0f} s{entry.fired[1]:>5.0f} s{entry.over[0]:>5.0f} s{entry.over[1]:>8.0f} s"
        for entry in told
    ]
    return "\n".join([head, *lines])
