"""The boards: what `make dashboards-check` finds right, and that each of its rules finds its mistake."""

from __future__ import annotations

import copy
import functools
import http.server
import json
import sys
import threading
import time
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from context_fixture import ROOT, ContextTest

sys.path.insert(0, str(ROOT / "grafana"))

from farol_boards import files  # noqa: E402
from farol_boards.check import live, offline, promql  # noqa: E402
from farol_boards.check.rules import RULES  # noqa: E402
from farol_boards.query import or_zero, q, quantiles  # noqa: E402

Json = dict[str, Any]
BOARDS = files.committed()
KNOWN = offline.read_known()
GOLDEN = "golden-signals.json"


def seeded(rule: str, mistake: Callable[[Json], object]) -> list[offline.Finding]:
    """What is found in a copy of a board after somebody has changed it."""
    board = copy.deepcopy(BOARDS[GOLDEN])
    mistake(board)
    return offline.by_rules({GOLDEN: board}) if rule in RULES else offline.judge({GOLDEN: board}, KNOWN)


def panel(board: Json, title: str) -> Json:
    return next(panel for panel in board["panels"] if panel["title"] == title)


def asks(title: str, expr: str) -> Callable[[Json], None]:
    """A mistake: the panel's first query is this one."""

    def mistake(board: Json) -> None:
        panel(board, title)["targets"][0]["expr"] = expr

    return mistake


def sets(name: str, /, **fields: object) -> Callable[[Json], None]:
    """A mistake: the panel has these fields."""
    return lambda board: panel(board, name).update(fields)


def unbounded(title: str) -> Callable[[Json], None]:
    """A mistake: the panel has no threshold."""
    steps = {"thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": None}]}}
    return lambda board: panel(board, title)["fieldConfig"]["defaults"].update(steps)


def variable(name: str, /, **fields: object) -> Callable[[Json], None]:
    return lambda board: next(v for v in board["templating"]["list"] if v["name"] == name).update(fields)


POSTS = "POST /v1/events, as the gateway answers it"
LAG = "Lag by partition"
MISTAKES: list[tuple[str, Callable[[Json], object]]] = [
    ("uneditable", lambda board: board.update(editable=True)),
    ("uneditable", lambda board: board.update(uid="golden")),
    ("template-datasource", lambda board: board["templating"]["list"].pop(0)),
    ("template-instance", lambda board: board["templating"]["list"].pop(1)),
    ("template-instance", variable("gateway", allValue=None)),
    ("template-instance", variable("gateway", multi=False)),
    ("template-instance", variable("gateway", query={"query": "label_values(instance)"})),
    ("template-instance", variable("gateway", datasource={"type": "prometheus", "uid": "prometheus"})),
    ("template-on-time-change-reload", variable("worker", refresh=1)),
    ("panel-datasource", sets(LAG, datasource={"type": "prometheus", "uid": "prometheus"})),
    ("panel-datasource", lambda board: panel(board, LAG)["targets"][0].pop("datasource")),
    ("panel-no-targets", sets(LAG, targets=[])),
    ("panel-title-description", sets(LAG, title="")),
    ("panel-title-description", sets(LAG, description="")),
    ("panel-title-description", sets("Memory", title="Processor")),
    ("panel-units", lambda board: panel(board, LAG)["fieldConfig"]["defaults"].pop("unit")),
    ("panel-units", lambda board: panel(board, LAG)["fieldConfig"]["defaults"].update(unit="furlongs")),
    ("panel-places", sets(LAG, gridPos={"h": 8, "w": 8, "x": 0, "y": 2})),
    ("panel-places", sets(LAG, gridPos={"h": 8, "w": 8, "x": 20, "y": 900})),
    ("panel-places", sets(LAG, id=1)),
    ("panel-links", sets(LAG, links=[])),
    ("panel-links", sets(LAG, links=[{"title": "x", "url": "/explore?left=jaeger"}])),
    ("target-rate-interval", asks(LAG, 'sum(rate(farol_gaps_total{job="worker", instance=~"$worker"}[5m]))')),
    ("target-rate-interval", asks(LAG, 'sum(rate(farol_gaps_total{job="worker", instance=~"$worker"}[$__range]))')),
    ("target-job", asks(LAG, "sum(farol_consumer_lag_records)")),
    ("target-instance", asks(LAG, 'sum(farol_consumer_lag_records{job="worker"})')),
    ("target-counter-agg", asks(LAG, 'sum(farol_records_total{job="worker", instance=~"$worker"})')),
    ("target-absence", asks(LAG, 'sum(farol_consumer_lag_records{job="worker", instance=~"$worker"}) or vector(0)')),
    ("target-promql", asks(LAG, 'sum(farol_consumer_lag_records{job="worker", instance=~"$worker"}')),
    ("target-promql", lambda board: board["annotations"]["list"][0].update(expr="ALERTS{")),
    ("target-known", asks(LAG, 'sum(farol_consumer_leg_records{job="worker", instance=~"$worker"})')),
    ("target-known", asks(LAG, 'sum(farol_freshness_seconds_bucket{job="gateway", instance=~"$gateway"})')),
    ("target-known", lambda board: board["annotations"]["list"][1].update(expr='farol_built{job="gateway"}')),
    ("external", asks(LAG, 'sum(farol_consumer_lag_records{job="worker", instance=~"$worker"}) + sum(kube_pod_status_phase{job="kube-state-metrics"})')),
    ("objective-bounds", unbounded(POSTS)),
    ("objective-bounds", unbounded("From received to stored")),
    ("objective-bounds", unbounded("Answers by class")),
    ("objective-bounds", unbounded("Share of records that became dead letters")),
    ("deployments", lambda board: board["annotations"].update(list=[])),
]


class Rules(unittest.TestCase):
    def test_the_boards_of_the_repository_keep_all_of_them(self) -> None:
        self.assertEqual(offline.findings(), [])

    def test_each_finds_its_mistake(self) -> None:
        for number, (rule, mistake) in enumerate(MISTAKES):
            with self.subTest(f"{number} {rule}"):
                self.assertIn(rule, {finding.rule for finding in seeded(rule, mistake)})

    def test_each_has_a_mistake_here(self) -> None:
        beyond = {"target-promql", "target-known", "external"}
        self.assertEqual({rule for rule, _ in MISTAKES}, RULES.keys() | beyond)

    def test_a_board_that_was_changed_by_hand_is_found(self) -> None:
        board = copy.deepcopy(BOARDS[GOLDEN])
        self.assertEqual(list(offline.stale(BOARDS)), [])
        missing = {name: board for name, board in BOARDS.items() if name != GOLDEN}
        self.assertEqual(list(offline.stale(missing)), [], "the file is what counts")
        self.assertEqual([f.rule for f in offline.stale({**BOARDS, "gone.json": board})], ["generated"])

    def test_an_exception_needs_a_reason_and_a_finding(self) -> None:
        finding = offline.Finding("a.json", "p", "target-job", "x")
        fits = {"board": "a.json", "panel": "p", "rule": "target-job", "reason": "because"}
        self.assertTrue(offline.excepted(finding, [fits]))
        self.assertEqual(offline.unused([finding], [fits]), [])
        self.assertEqual(len(offline.unused([finding], [{**fits, "reason": ""}])), 1)
        self.assertEqual(len(offline.unused([], [fits])), 1)


class Words(unittest.TestCase):
    def test_selectors_are_found_with_what_they_match(self) -> None:
        expr = 'sum by (le, job) (rate(a_total{job=~"b|c", d!="e"}[$__rate_interval])) / on (x) f unless g offset 5m > 1e3'
        found = {selector.name: selector for selector in promql.selectors(expr)}
        self.assertEqual(list(found), ["a_total", "f", "g"])
        self.assertEqual(found["a_total"].jobs(), ["b", "c"])
        self.assertEqual(found["a_total"].matchers["d"], ("!=", "e"))
        self.assertTrue(found["a_total"].before.endswith("rate("))
        self.assertEqual(found["f"].jobs(), [])

    def test_what_grafana_fills_in_is_filled_in(self) -> None:
        board = {"templating": {"list": [{"name": "gateway", "allValue": ".+"}, {"name": "gate", "allValue": "x"}]}}
        self.assertEqual(promql.filled('a{i=~"$gateway"}[$__rate_interval] ${gate} $gate', board), 'a{i=~".+"}[20s] x x')

    def test_a_query_says_parts_in_short(self) -> None:
        self.assertEqual(q("rate(a{<kafka>}[~])").expr, 'rate(a{job="kafka"}[$__rate_interval])')
        self.assertEqual(quantiles("h", "<worker>", 0.99, by="le2")[0].legend, "{{le2}} p99")
        self.assertEqual(or_zero("a", "b"), "a or 0 * sum(b)")


class Prometheus(http.server.BaseHTTPRequestHandler):
    """A Prometheus that answers each path with what a test lays down."""

    def __init__(self, answers: dict[str, Any], asked: list[str], *arguments: Any) -> None:
        self.answers, self.asked = answers, asked
        super().__init__(*arguments)

    def do_GET(self) -> None:  # noqa: N802 (the name is the base class's)
        place = urlsplit(self.path)
        self.asked.append(parse_qs(place.query)["query"][0])
        body = json.dumps({"status": "success", "data": self.answers[place.path.removeprefix("/api/v1/")]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
        del format, args


@contextmanager
def prometheus(values: list[str], exemplars: list[Json] | None = None) -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked; `values` are the samples of its one series, none means no series."""
    points = [[time.time(), value] for value in values]
    vector = [{"value": points[-1]}] if points else []
    matrix = [{"values": points}] if points else []
    answers = {"query": {"result": vector}, "query_range": {"result": matrix}, "query_exemplars": exemplars or []}
    asked: list[str] = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Prometheus, answers, asked)) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()


class Live(ContextTest):
    TRACE = [{"exemplars": [{"labels": {"trace_id": "94ac"}}]}]

    def ask(self, values: list[str], exemplars: list[Json] | None = None, board: str = GOLDEN) -> live.Answer:
        with prometheus(values, exemplars) as (address, asked):
            answer = live.ask(address, boards={board: BOARDS[board]}, known=KNOWN)
        self.assertFalse([query for query in asked if "$" in query])
        return answer

    def test_panels_with_data_pass(self) -> None:
        answer = self.ask(["0"], self.TRACE)
        self.assertEqual(answer.failures, [])
        self.assertEqual(answer.panels, len(files.panels(BOARDS[GOLDEN])))

    def test_a_panel_without_data_fails(self) -> None:
        answer = self.ask([], self.TRACE)
        self.assertEqual(len(answer.failures), answer.asked)
        self.assertIn("no data", answer.failures[0])

    def test_numbers_that_are_none_are_no_data(self) -> None:
        self.assertIn("only NaN", self.ask(["NaN", "NaN"], self.TRACE).failures[0])
        self.assertEqual(self.ask(["NaN", "1"], self.TRACE).failures, [])

    def test_dots_that_lead_to_no_trace_fail(self) -> None:
        for exemplars in ([], [{"exemplars": [{"labels": {}}]}]):
            with self.subTest(exemplars):
                failures = self.ask(["1"], exemplars).failures
                self.assertEqual(len(failures), 1)
                self.assertIn("no exemplar", failures[0])

    def test_a_clusters_panels_are_listed_with_the_reason_and_not_asked(self) -> None:
        answer = self.ask([], board="kubernetes.json")
        self.assertEqual((answer.asked, answer.failures), (0, []))
        self.assertEqual(sum(map(len, answer.external.values())), len(files.panels(BOARDS["kubernetes.json"])))
        self.assertTrue(all(answer.external))

    def test_what_a_stopped_job_would_tell_of_itself_is_listed_and_all_else_is_asked(self) -> None:
        with prometheus(["0"], self.TRACE) as (address, _):
            whole, without = (live.ask(address, boards={"stores.json": BOARDS["stores.json"]}, known=KNOWN, stopped=job) for job in ("", "kafka"))
        listed = without.external["the job `kafka` is stopped."]
        self.assertTrue(listed)
        self.assertEqual(without.asked + len(listed), whole.asked)
        self.assertGreater(without.asked, 0)

    def test_only_a_clusters_jobs_are_listed_as_external(self) -> None:
        self.assertEqual(set(KNOWN.external), {"kube-state-metrics", "kubelet", "node-exporter"})


if __name__ == "__main__":
    unittest.main()
