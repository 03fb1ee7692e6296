"""Boards and rules ask only for metrics that some part exposes; deploy/prometheus/metrics.json says which part."""

from __future__ import annotations

import json
import re
import unittest
from collections.abc import Iterator
from typing import Any

from context_fixture import ROOT, ContextTest
from test_telemetry_configs import judged

from farol_native.components.prometheus import TARGETS

INVENTORY = json.loads((ROOT / "deploy" / "prometheus" / "metrics.json").read_text())
RULES = sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"))
BOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
DATASOURCES = ROOT / "grafana" / "provisioning" / "datasources" / "datasources.yml"
SET_OPERATORS = {"and", "or", "unless", "offset", "bool"}


def metric_names(promql: str) -> set[str]:
    """The names of a PromQL expression that are neither functions, labels nor words of the language."""
    text = re.sub(r'"[^"]*"', "", promql)
    text = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    names = re.findall(r"(?<![\w.])[a-zA-Z_:][\w:]*\b(?!\s*\()", text)
    return {name for name in names if name not in SET_OPERATORS}


def rule_expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of every rule; a folded expression is read up to the next key."""
    for path in RULES:
        for match in re.finditer(r"expr: (?:>-\n)?(.*?)\n +(?:for|labels):", path.read_text(), flags=re.DOTALL):
            yield path.name, match[1]


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels that show something; a row is only a heading."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def board_expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of every target and annotation of every board."""
    for path in BOARDS:
        board = json.loads(path.read_text())
        for annotation in board["annotations"]["list"]:
            yield f"{path.name} annotation {annotation['name']}", annotation["expr"]
        for panel in panels(board):
            for target in panel["targets"]:
                yield f"{path.name} {panel['title']}", target["expr"]


def link_expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of the links from a span to its metrics."""
    for query in re.findall(r"query: (.+)", DATASOURCES.read_text()):
        yield DATASOURCES.name, query.replace("$$__tags", 'service_name="x"')


def expressions() -> list[tuple[str, str]]:
    return [*rule_expressions(), *board_expressions(), *link_expressions()]


class Names(unittest.TestCase):
    def test_the_reader_of_names_reads_names(self) -> None:
        promql = 'sum by (le, job) (rate(a_total{job=~"b|c", d!="e"}[5m])) / on (x) f unless g offset 5m > 1e3 or absent(h)'
        self.assertEqual(metric_names(promql), {"a_total", "f", "g", "h"})

    def test_there_is_something_to_check(self) -> None:
        self.assertGreaterEqual(len(list(rule_expressions())), 10)
        self.assertGreaterEqual(len(list(board_expressions())), 25)
        self.assertEqual(len(list(link_expressions())), 2)

    def test_every_metric_asked_for_is_exposed_by_some_part(self) -> None:
        known = {name for names in INVENTORY.values() for name in names}
        for where, promql in expressions():
            with self.subTest(where):
                self.assertEqual(sorted(metric_names(promql) - known), [])

    def test_the_inventory_lists_nothing_that_nobody_asks_for(self) -> None:
        asked = {name for _, promql in expressions() for name in metric_names(promql)}
        for job, names in INVENTORY.items():
            with self.subTest(job):
                self.assertEqual(sorted(set(names) - asked), [])

    def test_every_job_of_the_inventory_is_scraped(self) -> None:
        self.assertEqual(sorted(INVENTORY.keys() - TARGETS.keys()), [])


class Boards(ContextTest):
    def test_prometheus_accepts_every_expression(self) -> None:
        promtool = self.tool("promtool", "prometheus")
        rules = [
            {"record": f"checked:expression:{number}", "expr": promql.replace("$__rate_interval", "1m")}
            for number, (_, promql) in enumerate([*board_expressions(), *link_expressions()])
        ]
        file = self.folder / "expressions.yml"
        file.write_text(json.dumps({"groups": [{"name": "boards", "rules": rules}]}))
        said = judged(self, [promtool, "check", "rules", file])
        self.assertIn(f"{len(rules)} rules found", said)

    def test_every_panel_says_what_it_shows_in_which_unit_from_where(self) -> None:
        for path in BOARDS:
            for panel in panels(json.loads(path.read_text())):
                with self.subTest(f"{path.name} {panel.get('title')}"):
                    self.assertTrue(panel["title"] and panel["description"])
                    self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                    for target in panel["targets"]:
                        self.assertEqual(target["datasource"], {"type": "prometheus", "uid": "prometheus"})

    def test_panels_have_an_id_of_their_own_and_do_not_overlap(self) -> None:
        for path in BOARDS:
            board = json.loads(path.read_text())
            ids = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(ids), len(set(ids)), path.name)
            cells: set[tuple[int, int]] = set()
            for panel in board["panels"]:
                place = panel["gridPos"]
                own = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
                self.assertFalse(own & cells, f"{path.name} {panel['title']}")
                self.assertLessEqual(place["x"] + place["w"], 24)
                cells |= own

    def test_a_rate_is_taken_over_the_interval_that_fits_the_zoom(self) -> None:
        for where, promql in board_expressions():
            with self.subTest(where):
                self.assertEqual(set(re.findall(r"\[(.+?)\]", promql)) - {"$__rate_interval"}, set())

    def test_boards_are_files_that_the_browser_cannot_change(self) -> None:
        for path in BOARDS:
            board = json.loads(path.read_text())
            self.assertIs(board["editable"], False)
            self.assertTrue(board["uid"].startswith("farol-"))

    def test_the_latency_board_shows_traces(self) -> None:
        board = json.loads((ROOT / "grafana" / "dashboards" / "golden-signals.json").read_text())
        self.assertTrue([target for panel in panels(board) for target in panel["targets"] if target.get("exemplar")])
        self.assertRegex(DATASOURCES.read_text(), r"exemplarTraceIdDestinations:\s+- name: trace_id\s+datasourceUid: jaeger")


if __name__ == "__main__":
    unittest.main()
