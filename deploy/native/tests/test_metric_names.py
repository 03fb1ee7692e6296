"""Boards and rules ask only for metrics that some part exposes; deploy/prometheus/metrics.json says which part."""

from __future__ import annotations

import json
import re
import unittest
from collections.abc import Iterator

from alerting_fixture import SET_OPERATORS, pages, queries, recorded, rules
from context_fixture import ROOT, ContextTest
from test_telemetry_configs import judged

from farol_native import inventory
from farol_native.components.prometheus import TARGETS

INVENTORY = inventory.load(ROOT)
BOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
EXTERNAL = {name for job in json.loads((ROOT / "grafana" / "external-metrics.json").read_text()).values() for name in job["metrics"]}
DATASOURCES = ROOT / "grafana" / "provisioning" / "datasources" / "datasources.yml"


def metric_names(promql: str) -> set[str]:
    """The names of a PromQL expression that are neither functions, labels nor words of the language."""
    text = re.sub(r'"[^"]*"', "", promql)
    text = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    names = re.findall(r"(?<![\w.])[a-zA-Z_:][\w:]*\b(?!\s*\()", text)
    return {name for name in names if name not in SET_OPERATORS}


def rule_expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of every rule."""
    for rule in rules():
        yield rule.path.name, rule.expression


def page_expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of the queries of the runbooks."""
    for page in pages():
        for query in queries(page):
            yield page.name, query


def board_expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of every target and annotation of every board."""
    for path in BOARDS:
        board = json.loads(path.read_text())
        for annotation in board["annotations"]["list"]:
            yield f"{path.name} annotation {annotation['name']}", annotation["expr"]
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.name} {panel['title']}", target["expr"]


def link_expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of the links from a span to its metrics."""
    for query in re.findall(r"query: (.+\$\$__tags.+)", DATASOURCES.read_text()):
        yield DATASOURCES.name, query.replace("$$__tags", 'service_name="x"')


def documented() -> dict[tuple[str, str], set[str]]:
    """(program, metric) -> its labels, by the table in docs/TELEMETRY.md, which the programs' own tests hold to."""
    rows = (ROOT / "docs" / "TELEMETRY.md").read_text().split("| metric |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    programs = {"both": ("gateway", "worker")}
    return {
        (program, name.strip("`")): set(re.findall(r"`(\w+)`", labels)) for name, _, _, of, labels in cells for program in programs.get(of, (of,))
    }


def expressions() -> list[tuple[str, str]]:
    return [*rule_expressions(), *page_expressions(), *board_expressions(), *link_expressions()]


class Names(unittest.TestCase):
    def test_the_reader_of_names_reads_names(self) -> None:
        promql = 'sum by (le, job) (rate(a_total{job=~"b|c", d!="e"}[5m])) / on (x) f unless g offset 5m > 1e3 or absent(h)'
        self.assertEqual(metric_names(promql), {"a_total", "f", "g", "h"})

    def test_there_is_something_to_check(self) -> None:
        self.assertGreaterEqual(len(list(rule_expressions())), 10)
        self.assertGreaterEqual(len(list(board_expressions())), 25)
        self.assertEqual(len(list(link_expressions())), 3)

    def test_every_metric_asked_for_is_exposed_by_some_part(self) -> None:
        known = INVENTORY.names() | recorded().keys() | EXTERNAL
        for where, promql in expressions():
            with self.subTest(where):
                self.assertEqual(sorted(metric_names(promql) - known), [])

    def test_what_gateway_and_worker_are_asked_for_is_in_their_contract(self) -> None:
        contract = documented()
        for job in ("gateway", "worker"):
            for name, labels in INVENTORY.exposed[job].items():
                with self.subTest(f"{job} {name}"):
                    family = name if (job, name) in contract else re.sub(r"_(bucket|count|sum)$", "", name)
                    self.assertLessEqual(labels - {"le"}, contract[job, family])

    def test_the_inventory_lists_nothing_that_nobody_asks_for(self) -> None:
        asked = {name for _, promql in expressions() for name in metric_names(promql)}
        for job, names in INVENTORY.exposed.items():
            with self.subTest(job):
                self.assertEqual(sorted(set(names) - asked), [])

    def test_every_job_of_the_inventory_is_scraped(self) -> None:
        self.assertEqual(sorted(INVENTORY.exposed.keys() - TARGETS.keys() - {"blackbox"}), [])

    def test_what_comes_later_is_in_the_inventory(self) -> None:
        for words in INVENTORY.later:
            job, name, *label = words.split()
            with self.subTest(words):
                self.assertLessEqual(set(label), INVENTORY.exposed[job][name])

    def test_the_comparison_with_a_scrape_finds_what_is_missing(self) -> None:
        small = inventory.Inventory({"a": {"m_total": frozenset({"x", "y"}), "n": frozenset()}}, {"a m_total y": "an event"}, frozenset())
        self.assertEqual(small.not_found(inventory.by_job([{"__name__": "m_total", "job": "a"}]), ["a"]), ["a m_total x", "a n"])
        series = [{"__name__": "m_total", "job": "a", "x": "1"}, {"__name__": "n", "job": "a"}]
        self.assertEqual(small.not_found(inventory.by_job(series), ["a", "b"]), [])
        self.assertEqual(small.not_found({}, ["b"]), [])


class Links(ContextTest):
    def test_prometheus_accepts_the_queries_from_a_span_to_its_metrics(self) -> None:
        promtool = self.tool("promtool", "prometheus")
        rules = [{"record": f"checked:expression:{number}", "expr": promql} for number, (_, promql) in enumerate(link_expressions())]
        file = self.folder / "expressions.yml"
        file.write_text(json.dumps({"groups": [{"name": "links", "rules": rules}]}))
        said = judged(self, [promtool, "check", "rules", file])
        self.assertIn(f"{len(rules)} rules found", said)


if __name__ == "__main__":
    unittest.main()
