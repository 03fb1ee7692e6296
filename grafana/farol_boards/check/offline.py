"""All that can be said about the boards without a stack: up to date, the rules, every query readable, every metric known."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import files
from . import promql
from .rules import ABOUT_ALL, RULES

Json = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something wrong: in which board, at which panel, by which rule."""

    board: str
    panel: str
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.board}: {self.panel}: {self.text} ({self.rule})"


@dataclass(frozen=True)
class Known:
    """Job -> the metrics it exposes with their labels, jobs outside the local stack with the reason, and what rules record."""

    exposed: Mapping[str, Collection[str]]
    external: Mapping[str, Json]
    recorded: frozenset[str]

    def has(self, job: str, name: str) -> bool:
        return name in self.exposed.get(job, []) or name in self.external.get(job, {}).get("metrics", [])


def read_known() -> Known:
    """As the repository's files have it."""
    rules = "\n".join(path.read_text() for path in sorted(files.RULES.glob("*.yml")))
    recorded = frozenset(re.findall(r"record: (\S+)", rules))
    return Known(json.loads(files.INVENTORY.read_text())["exposed"], json.loads(files.EXTERNAL.read_text()), recorded)


def findings() -> list[str]:
    """Everything that is wrong with the boards of the repository."""
    boards = files.committed()
    exceptions = json.loads(files.EXCEPTIONS.read_text())
    found = [*judge(boards, read_known()), *stale(boards)]
    return [str(finding) for finding in found if not excepted(finding, exceptions)] + unused(found, exceptions)


def judge(boards: Mapping[str, Json], known: Known) -> list[Finding]:
    """By the rules, the parser and the list of metrics."""
    return [*by_rules(boards), *unreadable(boards), *unknown(boards, known), *mixed(boards, known)]


def by_rules(boards: Mapping[str, Json]) -> list[Finding]:
    """What the rules say about each board's JSON."""
    return [Finding(name, panel, rule, text) for name, board in boards.items() for rule, check in RULES.items() for panel, text in check(board)]


def expressions(boards: Mapping[str, Json]) -> Iterator[tuple[str, str, str]]:
    """(board, panel or annotation, query as it is written)."""
    for name, board in boards.items():
        for annotation in board["annotations"]["list"]:
            yield name, annotation["name"], annotation["expr"]
        for panel in files.panels(board):
            for target in panel.get("targets", []):
                yield name, panel["title"], target["expr"]


def unreadable(boards: Mapping[str, Json]) -> Iterator[Finding]:
    """Queries that Prometheus' own parser refuses."""
    given = [(name, place, promql.filled(expr, boards[name])) for name, place, expr in expressions(boards)]
    wrong = promql.refused(expr for _, _, expr in given)
    return (Finding(name, place, "target-promql", wrong[expr]) for name, place, expr in given if expr in wrong)


def unknown(boards: Mapping[str, Json], known: Known) -> Iterator[Finding]:
    """Metrics that the part they are asked of does not expose."""
    for name, place, expr in expressions(boards):
        for selector in promql.selectors(expr):
            if selector.name in ABOUT_ALL or selector.name in known.recorded:
                continue
            for job in selector.jobs() or ["nobody"]:
                if not known.has(job, selector.name):
                    yield Finding(name, place, "target-known", f"{selector.name} is not listed for {job} in deploy/prometheus/metrics.json")


def mixed(boards: Mapping[str, Json], known: Known) -> Iterator[Finding]:
    """A panel that is half of a cluster's metrics could hide the half that must have data here."""
    for name, board in boards.items():
        for panel in files.panels(board):
            jobs = jobs_of(panel)
            if jobs & known.external.keys() and not jobs <= known.external.keys():
                yield Finding(name, panel["title"], "external", "asks parts of this stack and parts of a cluster together")


def jobs_of(panel: Json) -> set[str]:
    """The jobs that a panel asks."""
    found = [selector for target in panel.get("targets", []) for selector in promql.selectors(target["expr"])]
    return {job for selector in found for job in selector.jobs() or ["nobody"]}


def stale(boards: Mapping[str, Json]) -> Iterator[Finding]:
    """Files that are not what the modules say."""
    wanted = files.generated()
    for name in sorted(wanted.keys() | boards.keys()):
        if wanted.get(name) != files.text_of(files.DASHBOARDS / name):
            yield Finding(name, "the board", "generated", "is not what grafana/farol_boards says; `make dashboards` writes it")


def excepted(finding: Finding, exceptions: list[Json]) -> bool:
    return any(matches(exception, finding) for exception in exceptions)


def matches(exception: Json, finding: Finding) -> bool:
    return (exception["board"], exception["panel"], exception["rule"]) == (finding.board, finding.panel, finding.rule)


def unused(found: list[Finding], exceptions: list[Json]) -> list[str]:
    """Exceptions that nothing needs any more, or that give no reason."""
    return [
        f"grafana/exceptions.json: {exception['board']} {exception['panel']}: not needed, or without a reason"
        for exception in exceptions
        if not exception.get("reason") or not any(matches(exception, finding) for finding in found)
    ]
