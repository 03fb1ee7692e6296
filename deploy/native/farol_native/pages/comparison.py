"""Whether a command printed what its page shows: exactly, but for what differs from run to run (times, ids, places)."""

from __future__ import annotations

import json
import re
from typing import Any

# Members whose value is of this run; they must be there, with a value of the same kind.
OF_THIS_RUN = {"partition", "offset", "traceId", "receivedAt", "storedAt", "cursor", "recordsBefore", "records", "seconds", "time"}
# Headers that the pages leave out.
LEFT_OUT = {"date", "content-length", "transfer-encoding", "connection"}
VARYING = (
    (re.compile(r"\b[0-9a-f]{32}\b"), "<trace>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\dZ]*"), "<time>"),
    (re.compile(r"\bfarol\.events(?: partition)? \d+(?: offset)? \d+\b"), "<place>"),
    (re.compile(r"\bevents_\d{8}\b"), "events_<day>"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:us|µs|ms|s)\b"), "<duration>"),
    (re.compile(r"\b\d+(?:\.\d+)?/s\b"), "<rate>"),
    (re.compile(r"\|[█▏▎▍▌▋▊▉▐ ]*\|"), "|<bar>|"),
    (re.compile(r"(?<=127\.0\.0\.1:|localhost:)\d+"), "<port>"),
    (re.compile(r"[ \t]+"), " "),
)


def difference(info: str, expected: str, printed: str) -> str | None:
    """None, or what is not as the page says; the word after the block's backquotes says how to read it."""
    if info == "http":
        return of_answers(expected, printed.replace("\r\n", "\n"))
    if info == "json":
        return of_json(json.loads(expected), json.loads(printed))
    return of_lines(expected, printed)


def of_answers(expected: str, printed: str) -> str | None:
    """Status line, headers in any order, body."""
    (status, headers, body), (got_status, got_headers, got_body) = answer(expected), answer(printed)
    if status != got_status:
        return f"{status} is shown, {got_status} was answered: {got_body[:300]}"
    if headers != got_headers:
        return f"headers {headers} are shown, {got_headers} were answered"
    try:
        shown = json.loads(body)
    except ValueError:
        return of_lines(body, got_body)
    try:
        return of_json(shown, json.loads(got_body))
    except ValueError:
        return f"JSON is shown, {got_body[:300]} was answered"


def answer(text: str) -> tuple[str, dict[str, str], str]:
    head, _, body = text.partition("\n\n")
    status, *lines = head.split("\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): varying(value.strip()) for name, _, value in pairs}
    for name in ("retry-after", "ratelimit"):
        if name in headers:
            headers[name] = re.sub(r"\d+", "<n>", headers[name])
    return status.strip(), {name: value for name, value in headers.items() if name not in LEFT_OUT}, body.strip()


def of_json(expected: Any, printed: Any, where: str = "") -> str | None:
    """The first member that differs."""
    if isinstance(expected, dict) and isinstance(printed, dict):
        if expected.keys() != printed.keys():
            return f"at {where or '/'}: {sorted(expected)} are shown, {sorted(printed)} are there"
        for name, value in expected.items():
            wrong = of_value(name, value, printed[name], f"{where}/{name}")
            if wrong:
                return wrong
        return None
    if isinstance(expected, list) and isinstance(printed, list) and len(expected) == len(printed):
        found = (of_json(one, other, f"{where}/{index}") for index, (one, other) in enumerate(zip(expected, printed, strict=True)))
        return next((wrong for wrong in found if wrong), None)
    return None if expected == printed else f"at {where or '/'}: {expected!r} is shown, {printed!r} is there"


def of_value(name: str, expected: Any, printed: Any, where: str) -> str | None:
    if name in OF_THIS_RUN and not isinstance(expected, (dict, list)):
        same = type(expected) is type(printed)
        return None if same else f"at {where}: {expected!r} is shown, {printed!r} is there"
    return of_json(expected, printed, where)


def of_lines(expected: str, printed: str) -> str | None:
    """Line by line; `…` on a line of its own stands for any lines."""
    rest = [varying(line) for line in printed.splitlines()]
    gap = False
    for line in expected.splitlines():
        if line.strip() == "…":
            gap = True
            continue
        wanted = varying(line)
        at = rest.index(wanted) if gap and wanted in rest else 0
        if not rest or rest[at] != wanted:
            return f"{line!r} is shown, {(rest[at] if rest else 'nothing')!r} was printed"
        rest, gap = rest[at + 1 :], False
    left = [] if gap else [line for line in rest if line.strip()]
    return f"more was printed than is shown: {left[0]!r}" if left else None


def varying(text: str) -> str:
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text.strip()
