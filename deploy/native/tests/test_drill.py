"""`make alerts-drill`: it waits for alerts that exist, longer than they take, and tells what it saw from what it did not."""

import json
import os
import re
import types
import unittest

from alerting_fixture import alerts

from farol_native.drill import run
from farol_native.drill.cases import CASES
from farol_native.drill.watch import Expected, Watch
from farol_native.smoke_session import CheckFailed


class Answers:
    """A session in which Prometheus and Alertmanager say what a test tells them to."""

    def __init__(self, prometheus=(), alertmanager=()):
        self.said = {
            "FAROL_PROMETHEUS_URL": {"data": {"alerts": [{"labels": labels, "state": state} for labels, state in prometheus]}},
            "FAROL_ALERTMANAGER_URL": [{"labels": labels, "status": {"state": state}} for labels, state in alertmanager],
        }

    def text(self, address, _path):
        return json.dumps(self.said[address])


DOWN = {"alertname": "TargetDown", "job": "worker", "severity": "critical"}
EXPECTED = Expected.of("TargetDown", job="worker", severity="critical")


class Cases(unittest.TestCase):
    def test_three_different_alerts_of_the_shipped_rules_are_provoked(self):
        rules = {(rule.body["alert"], rule.labels["severity"]): rule for rule in alerts()}
        self.assertEqual(len({case.expected.alert for case in CASES}), 3)
        for case in CASES:
            with self.subTest(case.name):
                rule = rules[case.expected.alert, dict(case.expected.labels)["severity"]]
                minutes = re.fullmatch(r"(\d+)m", rule.body.get("for", "0m"))[1]
                self.assertGreater(case.fires_within, 60 * int(minutes))
                if case.suppressed:
                    self.assertIn(case.suppressed.alert, {name for name, _ in rules})

    def test_one_case_alone_can_be_chosen(self):
        self.assertEqual(run.options([]), run.Asked(list(CASES), []))
        self.assertEqual([case.name for case in run.options(["--only", "poison"]).cases], ["poison"])

    def test_a_command_that_looks_on_gets_the_addresses_and_its_failure_is_the_drills(self):
        session = types.SimpleNamespace(env=dict(os.environ), addresses={"FAROL_X_URL": "http://x"})
        run.look(session, run.options(["--during", "sh -c 'test $FAROL_X_URL$FAROL_STOPPED = http://xkafka'"]).during, "kafka")
        with self.assertRaisesRegex(CheckFailed, "false ended with 1"):
            run.look(session, ["false"])


class Watching(unittest.TestCase):
    def test_a_pending_alert_does_not_fire_yet(self):
        self.assertFalse(Watch(Answers(prometheus=[(DOWN, "pending")])).fires(EXPECTED))
        self.assertTrue(Watch(Answers(prometheus=[(DOWN, "firing")])).fires(EXPECTED))

    def test_the_same_alert_of_another_part_is_another_alert(self):
        other = {**DOWN, "job": "kafka"}
        watch = Watch(Answers(prometheus=[(other, "firing")], alertmanager=[(other, "active")]))
        self.assertFalse(watch.fires(EXPECTED))
        self.assertIsNone(watch.state(EXPECTED))

    def test_a_suppressed_alert_is_told_from_an_active_one(self):
        self.assertEqual(Watch(Answers(alertmanager=[(DOWN, "suppressed")])).state(EXPECTED), "suppressed")
        self.assertEqual(Watch(Answers(alertmanager=[(DOWN, "suppressed"), (DOWN, "active")])).state(EXPECTED), "active")

    def test_what_was_seen_is_printed_in_seconds(self):
        worker = next(case for case in CASES if case.name == "worker-stopped")
        line = run.table([run.Told(worker, (62.4, 63.1), 0.0, (12.0, 13.0))]).splitlines()[1]
        self.assertEqual(line.split(), ["worker-stopped", "TargetDown", "critical", "62", "s", "63", "s", "12", "s", "13", "s"])


if __name__ == "__main__":
    unittest.main()
