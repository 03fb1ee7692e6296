"""`make examples-check`: docs/FIRST-EVENT.md's commands, typed against a stack; each event must come through two refusals and become a row."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import smoke
from ..component import StackError
from ..smoke_session import CheckFailed, finished
from . import bed, refusing
from .markdown import Page

PAGE = "docs/FIRST-EVENT.md"
MARK = "example: "
# Language -> the programs it takes, and what brings them.
TOOLS = {
    "curl": {"curl": "Debian's curl", "od": "Debian's coreutils"},
    "python": {"python3": "Python 3.11 or later"},
    "node": {"node": "Node 20 or later", "npm": "the npm that comes with Node"},
    "go": {"go": "Go 1.25 or later"},
    "java": {"javac": "a JDK, 17 or later", "mvn": "Debian's maven"},
}
COMMAND_SECONDS = 300
ROW_SECONDS = 15


@dataclass(frozen=True)
class Printed:
    """Where an example says that its event and its trace can be seen."""

    source: str
    id: str
    trace_id: str


def run(root: Path, words: Sequence[str]) -> int:
    """The exit code is 1 if an example failed; words choose languages."""
    chosen = languages(root, words)
    refuse_missing(chosen)
    with bed.made(root, "examples") as made:
        if made.session.farol("up") != 0:
            return 1
        # Side by side: most of an example's time is waiting, as it is told to.
        with ThreadPoolExecutor() as pool:
            verdicts = list(pool.map(lambda name: passes(made, name, chosen[name]), chosen))
        failed = [name for name, passed in zip(chosen, verdicts, strict=True) if not passed]
        if failed:
            smoke.show_logs(made.session.home, made.session.console)
        made.session.console.show(f"\n{len(chosen) - len(failed)} passed, {len(failed)} failed{''.join(f' {name}' for name in failed)}")
    return 1 if failed else 0


def languages(root: Path, words: Sequence[str]) -> dict[str, str]:
    """Language -> the commands that the page gives for it."""
    marked = commands_of(Page(root / PAGE))
    if marked.keys() != TOOLS.keys():
        raise StackError(f"{PAGE} has commands for {', '.join(marked)}; this checks {', '.join(TOOLS)}")
    unknown = [word for word in words if word not in TOOLS]
    if unknown:
        raise StackError(f"{', '.join(unknown)}: the examples are {', '.join(TOOLS)}")
    return {name: commands for name, commands in marked.items() if not words or name in words}


def commands_of(page: Page) -> dict[str, str]:
    """The blocks behind `<!-- example: language -->`."""
    return {fence.mark.removeprefix(MARK): fence.text for fence in page.fences if fence.mark and fence.mark.startswith(MARK)}


def refuse_missing(chosen: dict[str, str]) -> None:
    """Names every program that is not there, at once: an example that was not run proves nothing."""
    needs = [(program, what) for name in chosen for program, what in TOOLS[name].items()]
    lacking = [f"  {program}: install {what}" for program, what in needs if shutil.which(program) is None]
    if lacking:
        raise StackError("\n".join(["missing on this machine:", *lacking]))


def passes(made: bed.Bed, name: str, commands: str) -> bool:
    """Runs one example and says its verdict."""
    say = made.session.console.say
    try:
        with refusing.before(made.session.addresses["FAROL_GATEWAY_URL"]) as front:
            printed = typed(made, commands, front.url)
            repeated_as_told(front, name)
        is_row(made, printed, name)
    except (CheckFailed, OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
        say(f"FAILED  {name}: {type(error).__name__}: {error}")
        return False
    say(f"passed  {name}: refused twice, then accepted; a row with the trace that the client began")
    return True


def typed(made: bed.Bed, commands: str, gateway: str) -> Printed:
    """What the example printed when it was run as the page says."""
    env = {**made.env, **made.session.addresses, "FAROL_GATEWAY_URL": gateway}
    shell = ["bash", "-eo", "pipefail", "-c", commands]
    result = subprocess.run(
        shell, cwd=made.checkout, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
    )
    event = re.search(r"^event  \S+/v1/event\?source=(\S+)&id=(\S+)$", result.stdout, re.MULTILINE)
    trace = re.search(r"^trace  \S+/trace/([0-9a-f]{32})$", result.stdout, re.MULTILINE)
    accepted = re.search(r"^accepted: .*partition\"?:? ?\d+.*offset\"?:? ?\d+", result.stdout, re.MULTILINE)
    if result.returncode != 0 or not (event and trace and accepted):
        raise CheckFailed(f"ended with {result.returncode}: {result.stdout[-1000:]}{result.stderr[-2000:]}")
    return Printed(event[1], event[2], trace[1])


def repeated_as_told(front: refusing.Refusing, name: str) -> None:
    """Each time the same event, key and trace, and not before Retry-After has passed."""
    if len(front.seen) != len(refusing.REFUSALS) + 1:
        raise CheckFailed(f"it came {len(front.seen)} times, {len(refusing.REFUSALS) + 1} were expected")
    for before, after in zip(front.seen, front.seen[1:], strict=False):
        same = {header for header in before.headers if header.startswith("ce-") or header in ("authorization", "traceparent", "content-type")}
        changed = [header for header in sorted(same) if before.headers[header] != after.headers.get(header)]
        if changed or before.body != after.body:
            raise CheckFailed(f"it changed when it came again: {', '.join(changed) or 'the body'}")
        if after.at - before.at < refusing.RETRY_AFTER_SECONDS:
            raise CheckFailed(f"it came again after {after.at - before.at:.2f} s; Retry-After said {refusing.RETRY_AFTER_SECONDS}")
    mode = front.seen[-1].headers["content-type"]
    if ("ce-id" in front.seen[-1].headers) == mode.startswith("application/cloudevents"):
        raise CheckFailed(f"{name} is neither in binary nor in structured mode: {mode}")


def is_row(made: bed.Bed, printed: Printed, name: str) -> None:
    """The row holds what was sent, and its trace is the one that the client began, which Jaeger has."""

    def stored() -> dict[str, Any] | None:
        process = made.session.farolctl("event", printed.source, printed.id)
        answer, _ = process.communicate(timeout=30)
        found = json.loads(answer) if process.returncode == 0 else {}
        return found if found.get("status") == "stored" else None

    row = made.session.wait(ROW_SECONDS, f"the row of {printed.source} {printed.id}", stored)
    hello = row["event"]["data"]["hello"]
    if hello.lower() != f"from {name}":
        raise CheckFailed(f"the row says hello {hello}")
    if row["traceId"] != printed.trace_id:
        raise CheckFailed(f"the row's trace is {row['traceId']}, the client's was {printed.trace_id}")
    finished(made.session.farolctl("trace", printed.trace_id, "--wait", "30s"), "trace")
