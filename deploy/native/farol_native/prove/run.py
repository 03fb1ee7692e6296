"""`make prove`: brings its own stack up, breaks it by the schedule under load, and counts what was acknowledged."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import commands, native, processes
from ..component import StackError
from ..console import Console
from ..context import Context
from ..home import Home
from ..supervisor import Supervisor
from . import bed, report, schedule, targets
from .injector import Injector
from .load import Heard, Load
from .trial import Outcome, Trial
from .witness import Witness

PREFIX = "farol-prove-"
FAULTS = 30
SHORT = 12
"""Fewer faults than this, and the schedule is the short one: a sample, quickly."""
SECONDS = 15 * 60
LONG_SECONDS = 3600
RATE = 100
VERIFY_SECONDS = 240
END_SECONDS = 10


@dataclass(frozen=True)
class Wish:
    """What was asked for."""

    seed: int
    faults: int
    seconds: int
    rate: int
    until_time_is_up: bool
    only: str | None


def run(root: Path, words: Sequence[str]) -> int:
    """The exit code is 1 if anything promised did not hold."""
    wish = wished(words)
    console = Console()
    home = new_home()
    stack = bed.open_bed(root, os.environ, home, console)
    console.show(f"seed {wish.seed}: the same schedule again with ARGS='--seed {wish.seed} --faults {wish.faults}'")
    wrong = ["it did not come to an end"]
    try:
        native.up(stack)
        bed.refuse_waived(stack.ctx)
        wrong = prove(stack.ctx, wish)
    finally:
        end(stack.ctx)
        if wrong:
            put_away(home, console)
        stack.home.remove()
        shutil.rmtree(home, ignore_errors=True)
    return 1 if wrong else 0


def wished(words: Sequence[str]) -> Wish:
    parser = argparse.ArgumentParser(prog="make prove ARGS=…", description=__doc__)
    parser.add_argument("--seed", type=int, help="the schedule; another one each time without it")
    parser.add_argument("--faults", type=int, default=FAULTS, help=f"recovered faults that are needed ({FAULTS})")
    parser.add_argument("--seconds", type=int, default=SECONDS, help=f"the time they may take ({SECONDS})")
    parser.add_argument("--rate", type=int, default=RATE, help=f"events per second ({RATE})")
    parser.add_argument("--long", action="store_true", help="go on for an hour")
    parser.add_argument("--only", choices=targets.PARTS, help="break this part alone")
    given = parser.parse_args(words)
    seed = given.seed if given.seed is not None else random.randrange(1_000_000)
    seconds = LONG_SECONDS if given.long else given.seconds
    return Wish(seed, given.faults, seconds, given.rate, given.long, given.only)


def prove(ctx: Context, wish: Wish) -> list[str]:
    """Everything that was wrong; printed too."""
    journal = ctx.home / "journal"
    load = Load(bed.load_command(ctx, journal, wish.seed, wish.rate), bed.farolctl_environment(ctx), ctx.logs / "load.log")
    witness, injector = Witness(ctx), Injector(ctx)
    try:
        outcomes = break_things(ctx, wish, Trial(injector, load, witness, wish.rate))
        ctx.say("no more faults; waiting for every answer and for the worker to reach the end")
        heard = load.stop()
    except BaseException:
        load.kill()
        raise
    finally:
        injector.mend_all()
        witness.end()
    verdict = verify(ctx, journal)
    return tell(ctx, wish, outcomes, heard, verdict, witness)


def break_things(ctx: Context, wish: Wish, trial: Trial) -> list[Outcome]:
    """Steps until enough faults are recovered, or the time is up."""
    began = time.monotonic()
    outcomes: list[Outcome] = []
    recovered = 0
    trial.settle()
    steps = schedule.steps(wish.seed, short=wish.faults < SHORT, only=wish.only)
    for number, step in enumerate(steps, start=1):
        if time.monotonic() - began > wish.seconds or (recovered >= wish.faults and not wish.until_time_is_up):
            return outcomes
        outcome = trial.run(number, step)
        outcomes.append(outcome)
        ctx.say(report.line(outcome))
        if not outcome.recovered:
            ctx.say("; ".join(trial.injector.not_running()) or "every process runs, and still it does not recover")
            return outcomes
        recovered += outcome.counts
    raise StackError("the schedule ended, and it has no end")


def verify(ctx: Context, journal: Path) -> dict[str, Any]:
    """What farolctl finds; its exit code says the same as its report."""
    with (ctx.logs / "verify.log").open("ab") as log:
        command, env = bed.verify_command(ctx, journal), bed.farolctl_environment(ctx)
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=log, timeout=VERIFY_SECONDS, check=False)
    if not done.stdout:
        raise StackError(f"nothing could be compared:\n{commands.tail(ctx.logs / 'verify.log')}")
    return json.loads(done.stdout)


def tell(
    ctx: Context, wish: Wish, outcomes: list[Outcome], heard: Heard, verdict: dict[str, Any], witness: Witness
) -> list[str]:
    """Prints what happened and returns what should not have."""
    seconds = [heard.seconds[at] for at in sorted(heard.seconds)]
    faults = sum(outcome.counts and outcome.recovered for outcome in outcomes)
    wrong = report.violations(verdict) + witness.stood_still()
    wrong += [f"{count} requests were answered with {ending}" for ending, count in report.wrong_answers(seconds).items()]
    wrong += [f"not recovered: {outcome.step}" for outcome in outcomes if not outcome.recovered]
    if faults < wish.faults:
        wrong.append(f"{faults} of {wish.faults} faults recovered within {wish.seconds} s")
    ctx.console.show(f"\n{report.table(outcomes, seconds)}\n")
    ctx.console.show(report.exercised(seconds, heard.poisoned, verdict, witness.fenced()))
    for what in wrong:
        ctx.console.show(f"VIOLATION {what}")
    ctx.console.show(report.closing(faults, verdict))
    return wrong


def end(ctx: Context) -> None:
    """At once, since nobody keeps the data; PostgreSQL by the one signal that also removes its shared memory."""
    supervisor = Supervisor(ctx)
    if supervisor.is_up():
        daemon, postgres = supervisor.pid(), [p.pid for p in supervisor.processes() if p.name == "postgres" and p.pid]
        processes.send([daemon], signal.SIGKILL)
        processes.wait_gone([daemon], END_SECONDS)
        spared = {pid for root in postgres for pid in processes.descendants(root)}
        processes.send(processes.marked(ctx.home) - spared, signal.SIGKILL)
        processes.send(postgres, signal.SIGQUIT)
        processes.wait_gone(postgres, END_SECONDS)
    processes.end_marked(ctx.home)


def put_away(home: Path, console: Console) -> None:
    """After a failure journal and logs stay where they can be read."""
    place = Path(tempfile.mkdtemp(prefix="farol-failed-proof-"))
    for name in ("journal", "logs"):
        if (home / name).exists():
            shutil.move(home / name, place / name)
    console.show(f"journal and logs are kept in {place}")


def new_home() -> Path:
    """A folder for the stack; sweeps those whose command was killed before it could clean up."""
    base = Path(tempfile.gettempdir())
    for left in base.glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if left.stat().st_uid == os.geteuid() and owner.isdigit() and not processes.alive(int(owner)):
            processes.end_marked(left)
            Home(left).remove()
            shutil.rmtree(left, ignore_errors=True)
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    home.chmod(0o755)
    return home
