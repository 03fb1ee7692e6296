"""The alert rules: accepted by Prometheus, tested case by case on series that exist, each complete and with a page."""

from __future__ import annotations

import json
import re
import shutil
import unittest
from pathlib import Path
from typing import Any

from alerting_fixture import FOLDER, RULES, RUNBOOKS, TESTS, Rule, alerts, grouped, pages, parsed, queries, recorded, rules, selectors
from context_fixture import ROOT, ContextTest
from test_telemetry_configs import judged

from farol_native import alerting, components, inventory
from farol_native.components import prometheus

INVENTORY = inventory.load(ROOT)
SEVERITIES = ("critical", "warning", "none")
# Component -> the alert that tells when it is down, beside TargetDown on its own scrape job.
DOWN_ELSEWHERE = {"postgres": "PostgresDown", "redis": "RedisDown"}
# What runs and has no alert, with the reason.
WITHOUT_ALERT = {
    "supervisord": "it restarts all others and does no work for an event; what it fails to restart is told by TargetDown",
    "prometheus itself": "who evaluates no rule tells nothing: its absence is that of the Watchdog, for whoever waits for it",
}
# Always firing, and firing without data, is what they are for.
NEVER_SILENT, TELLS_ABSENCE = {"Watchdog"}, {"Watchdog", "TargetMissing"}


def name_and_severity(rule: Rule) -> tuple[str, str]:
    return rule.body["alert"], rule.labels["severity"]


def checks() -> list[tuple[dict[str, Any], str, str, list[str]]]:
    """(test, alert, time, labels of what is expected to fire) of every check."""
    found = []
    for path in TESTS:
        for test in parsed(path)["tests"]:
            for check in test["promql_expr_test"]:
                match = re.fullmatch(r'ALERTS\{alertname="(\w+)",alertstate="firing"\}', check["expr"])
                if match:
                    found.append((test, match[1], check["eval_time"], [sample["labels"] for sample in check["exp_samples"]]))
    return found


class Rules(ContextTest):
    def test_prometheus_accepts_them(self) -> None:
        promtool = self.tool("promtool", "prometheus")
        judged(self, [promtool, "check", "rules", "--lint-fatal", *RULES])

    def test_their_own_tests_pass(self) -> None:
        promtool = self.tool("promtool", "prometheus")
        said = judged(self, [promtool, "test", "rules", *TESTS])
        self.assertEqual(said.count("SUCCESS"), len(TESTS))

    def test_their_own_tests_can_fail(self) -> None:
        """A rule that fires a minute too late is found out."""
        promtool = self.tool("promtool", "prometheus")
        copy = Path(shutil.copytree(FOLDER, self.folder / "prometheus"))
        late = copy / "rules" / "dependencies.yml"
        late.write_text(late.read_text().replace("for: 1m", "for: 2m"))
        with self.assertRaises(AssertionError):
            judged(self, [promtool, "test", "rules", copy / "rule-tests" / "dependencies.yml"])


class Complete(unittest.TestCase):
    def test_each_says_how_bad_it_is_what_it_means_and_where_to_read_on(self) -> None:
        for rule in alerts():
            with self.subTest(rule.body["alert"]):
                self.assertIn(rule.labels["severity"], SEVERITIES)
                self.assertEqual(sorted(rule.body["annotations"]), ["description", "runbook_url", "summary"])
                self.assertTrue(all(text.strip() for text in rule.body["annotations"].values()))
                self.assertEqual(rule.body["annotations"]["runbook_url"], alerting.runbook_url(rule.body["alert"]))

    def test_no_two_rules_are_the_same_alert_at_the_same_severity(self) -> None:
        names = [name_and_severity(rule) for rule in alerts()]
        self.assertEqual(sorted(names), sorted(set(names)))

    def test_a_text_names_only_labels_that_the_alert_has(self) -> None:
        fired: dict[str, set[str]] = {}
        for _, alert, _, samples in checks():
            for labels in samples:
                fired.setdefault(alert, set()).update(re.findall(r"(\w+)=", labels))
        for rule in alerts():
            named = set(re.findall(r"\$labels\.(\w+)", "".join(rule.body["annotations"].values())))
            with self.subTest(rule.body["alert"]):
                self.assertEqual(sorted(named - fired[rule.body["alert"]]), [])

    def test_each_has_a_case_where_it_fires_one_where_it_is_silent_and_one_without_data(self) -> None:
        for rule in alerts():
            alert, severity = name_and_severity(rule)
            own = [(test, [text for text in labels if f'severity="{severity}"' in text]) for test, name, _, labels in checks() if name == alert]
            with self.subTest(f"{alert} {severity}"):
                self.assertTrue(any(fires and test["input_series"] for test, fires in own) or alert in NEVER_SILENT, "never fires")
                self.assertTrue(any(not fires and test["input_series"] for test, fires in own) or alert in NEVER_SILENT, "is never silent")
                self.assertTrue(any(bool(fires) == (alert in TELLS_ABSENCE) and not test["input_series"] for test, fires in own), "no data")


class Runbooks(unittest.TestCase):
    def test_every_alert_has_a_page_and_every_page_an_alert(self) -> None:
        self.assertEqual(sorted(path.stem for path in pages()), sorted({rule.body["alert"] for rule in alerts()}))

    def test_the_table_of_contents_names_each_page_once(self) -> None:
        named = re.findall(r"\]\((\w+)\.md\)", (RUNBOOKS / "README.md").read_text())
        self.assertEqual(sorted(named), sorted(path.stem for path in pages()))

    def test_a_page_says_what_it_means_what_to_look_at_what_to_do_and_when_it_is_over(self) -> None:
        for path in pages():
            text = path.read_text()
            with self.subTest(path.stem):
                self.assertTrue(text.startswith(f"# {path.stem}\n"))
                self.assertEqual(re.findall(r"^## (.+)$", text, flags=re.MULTILINE), ["Means", "Look", "Do", "Over"])
                self.assertGreater(min(len(part.strip()) for part in text.split("\n## ")[1:]), 15)

    def test_a_page_names_only_commands_that_exist(self) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
        words = {path.stem for path in (ROOT / "crates/farolctl/src/commands").rglob("*.rs")}
        for path in pages():
            text = path.read_text()
            calls = re.findall(r"\bmake ((?:\w+=\S+ )*[a-z-]+)", " ".join(re.findall(r"`([^`\n]+)`", text)))
            with self.subTest(path.stem):
                self.assertEqual(sorted(set(re.findall(r"`farolctl (\w+)", text)) - words), [])
                self.assertEqual(sorted(set(re.findall(r"`farolctl dlq (\w+)", text)) - words), [])
                self.assertEqual(sorted({call.split()[-1] for call in calls} - targets), [])

    def test_a_page_leads_only_to_what_is_there(self) -> None:
        for path in RUNBOOKS.glob("*.md"):
            for link in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", path.read_text()):
                with self.subTest(f"{path.stem} {link}"):
                    self.assertTrue((RUNBOOKS / link).is_file())

    def test_a_page_asks_for_metrics_that_exist(self) -> None:
        for path in pages():
            named = {name for query in queries(path) for name, _ in selectors(query)}
            named |= set(re.findall(r"`((?:farol|http_server|db_client|otelcol|kafka|pg|redis|node|process|probe)_\w+)", path.read_text()))
            with self.subTest(path.stem):
                self.assertEqual(sorted(named - INVENTORY.names() - recorded().keys()), [])


class Queries(ContextTest):
    def test_prometheus_accepts_the_queries_of_the_pages(self) -> None:
        promtool = self.tool("promtool", "prometheus")
        found = [query for path in pages() for query in queries(path)]
        recording = [{"record": f"checked:query:{number}", "expr": query} for number, query in enumerate(found)]
        file = self.folder / "queries.yml"
        file.write_text(json.dumps({"groups": [{"name": "pages", "rules": recording}]}))
        self.assertIn(f"{len(found)} rules found", judged(self, [promtool, "check", "rules", file]))
        self.assertGreater(len(found), 60)


class Series(unittest.TestCase):
    """Rules and tests speak of what a real scrape has: `make smoke` holds the inventory against one."""

    def test_the_reader_of_selectors_reads_names_and_labels(self) -> None:
        promql = 'sum by (le, job) (rate(a_total{job=~"b|c", d!="e"}[5m])) / on (x) f unless g offset 5m > 1e3 or absent(h{i="j"})'
        self.assertEqual(list(selectors(promql)), [("a_total", {"job", "d"}), ("f", set()), ("g", set()), ("h", {"i"})])
        self.assertEqual(grouped(promql), {"le", "job", "x"})

    def test_every_label_of_a_rule_is_one_of_its_metrics(self) -> None:
        made = recorded()
        for rule in rules():
            made_here = set(re.findall(r'label_replace\(.*?, "(\w+)", "[^"]*", "\w+"', rule.expression))
            own: set[str] = set(made_here)
            with self.subTest(rule.body.get("alert") or rule.body["record"]):
                for name, labels in selectors(rule.expression):
                    self.assertTrue(name in made or name in INVENTORY.names(), name)
                    known = made[name] if name in made else INVENTORY.labels(name)
                    self.assertEqual(sorted(labels - known), [], name)
                    own |= known
                self.assertEqual(sorted(grouped(rule.expression) - own), [])

    def test_every_series_of_a_test_could_be_scraped(self) -> None:
        for path in TESTS:
            for test in parsed(path)["tests"]:
                for series in (entry["series"] for entry in test["input_series"]):
                    ((name, labels),) = selectors(series)
                    with self.subTest(f"{path.name} {series}"):
                        self.assertIn(name, INVENTORY.names())
                        self.assertEqual(sorted(labels - INVENTORY.labels(name)), [])


class EveryProcess(unittest.TestCase):
    def test_every_part_has_an_alert_for_being_down_or_a_reason_for_having_none(self) -> None:
        scraped = {part for part, _ in prometheus.TARGETS.values()} | {prometheus.BLACKBOX[0]}
        parts = {part.name for part in components.load()}
        self.assertEqual(sorted(parts - scraped - DOWN_ELSEWHERE.keys()), [])
        self.assertLessEqual({"TargetDown", *DOWN_ELSEWHERE.values()}, {rule.body["alert"] for rule in alerts()})

    def test_the_page_of_target_down_says_who_has_no_alert_and_why(self) -> None:
        page = " ".join((RUNBOOKS / "TargetDown.md").read_text().split())
        for process, reason in WITHOUT_ALERT.items():
            with self.subTest(process):
                self.assertIn(f"{process}: {reason}", page)


if __name__ == "__main__":
    unittest.main()
