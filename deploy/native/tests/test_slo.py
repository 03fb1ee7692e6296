"""The objectives: their bounds can be measured, mistakes in the file are named, limits are those of the containers."""

from __future__ import annotations

import re
import tempfile
import unittest

from alerting_fixture import FOLDER, checkout, rules
from compose_fixture import ComposeTest
from context_fixture import ROOT

from farol_native import slo
from farol_native.component import StackError

ENTRY = {"name": "n", "alert": "NBurn", "job": "j", "objective": 99.5, "minimum_events": 10, "title": "t", "total": "a_total"}


class Objectives(unittest.TestCase):
    def setUp(self) -> None:
        with tempfile.TemporaryDirectory(prefix="farol-unit-") as home:
            self.period, self.slos = slo.read(checkout(home), FOLDER / "slo.yml")

    def test_there_are_four_over_thirty_days(self) -> None:
        self.assertEqual(self.period, 30)
        found = {one.name: (one.objective, one.bound) for one in self.slos}
        self.assertEqual(found, {"availability": (99.9, None), "latency": (99, 0.25), "freshness": (99, 5), "dead-letters": (99.9, None)})

    def test_a_bound_is_the_bound_of_a_bucket_and_is_the_one_that_is_asked_for(self) -> None:
        text = (ROOT / "crates/telemetry/src/metrics_page.rs").read_text()
        buckets = {float(bound) for bound in re.search(r"SECONDS: \[f64; \d+\] =\s*\[([^\]]+)\]", text)[1].split(",") if bound.strip()}
        for one in self.slos:
            with self.subTest(one.name):
                asked = re.findall(r'le=~?"([^"]+)"', one.good or "")
                self.assertEqual({float(bound) for text in asked for bound in text.split("|")}, {one.bound} - {None})
                self.assertLessEqual({one.bound} - {None}, buckets)

    def test_an_entry_without_what_it_needs_is_refused_by_name(self) -> None:
        for change, said in (
            ({}, "needs one of bad and good"),
            ({"bad": "b_total", "good": "g_total"}, "needs one of bad and good"),
            ({"bad": "b_total", "objektive": 1}, "unknown: objektive"),
            ({"bad": "b_total", "objective": 100}, "below 100"),
        ):
            with self.subTest(said), self.assertRaisesRegex(StackError, f"n: .*{said}"):
                slo.parsed({**ENTRY, **change})

    def test_the_windows_and_factors_are_those_of_the_sre_workbook(self) -> None:
        burns = [(burn.factor, burn.long, burn.short, severity) for severity, burns in slo.SEVERITIES.items() for burn in burns]
        page, ticket = [(14.4, "1h", "5m"), (6, "6h", "30m")], [(3, "1d", "2h"), (1, "3d", "6h")]
        self.assertEqual(burns, [(*burn, "critical") for burn in page] + [(*burn, "warning") for burn in ticket])

    def test_every_objective_has_all_windows_and_both_severities(self) -> None:
        own = [rule for rule in rules() if rule.path.name == "slo.yml"]
        for one in self.slos:
            recorded = {rule.body["record"] for rule in own if rule.labels.get("slo") == one.name}
            with self.subTest(one.name):
                self.assertLessEqual({f"slo:sli_error:ratio_rate{window}" for window in (*slo.SHORT, *slo.LONG, "30d")}, recorded)
                self.assertIn("slo:period_error_budget_remaining:ratio", recorded)
                severities = [rule.labels["severity"] for rule in own if rule.body.get("alert") == one.alert]
                self.assertEqual(severities, ["critical", "warning"])


class Limits(ComposeTest):
    def test_a_process_may_hold_what_its_container_may(self) -> None:
        stated = {rule.labels["job"]: rule.expression for rule in rules() if rule.body.get("record") == "job:memory_limit:bytes"}
        for job, expression in stated.items():
            with self.subTest(job):
                mebibytes = re.fullmatch(r"vector\((\d+) \* 1024 \* 1024\)", expression)
                self.assertEqual(f"{mebibytes[1]}m", self.services[job]["mem_limit"])
        exporters = {"node-exporter", "postgres-exporter", "redis-exporter", "blackbox-exporter"}
        self.assertEqual(stated.keys(), self.services.keys() - exporters - {"postgres", "redis", "migrate", "kafka-topic", "postgres-roles", "farolctl"})


if __name__ == "__main__":
    unittest.main()
