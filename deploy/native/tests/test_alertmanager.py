"""Who hears of an alert: one tree for the local stack and for production, asked with amtool."""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path
from typing import Any

from alerting_fixture import FOLDER, alerts, checkout, parsed
from compose_fixture import ComposeTest
from context_fixture import ContextTest
from test_telemetry_configs import judged

from farol_native import alert_files, alertmanager_production, amtool
from farol_native.component import StackError

LOCAL, PRODUCTION = FOLDER / "alertmanager.yml", FOLDER / "alertmanager.production.yml"
RECEIVER = {"critical": "page", "warning": "ticket", "none": "watchdog"}
# Keys of Alertmanager's receivers whose value is a secret, or an address that is one.
SECRETS = re.compile(r"(password|secret|token|api_url|webhook_url|^url|key)$")


def keys(value: Any) -> set[str]:
    """Every key of a configuration, at any depth."""
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys(inner)}
    return {key for inner in value for key in keys(inner)} if isinstance(value, list) else set()


class Routes(ContextTest):
    def setUp(self) -> None:
        super().setUp()
        self.amtool = amtool.program(checkout(str(self.folder)))

    def receivers(self, config: Path, **labels: str) -> list[str]:
        words = [f"{name}={value}" for name, value in labels.items()]
        said = judged(self, [self.amtool, "config", "routes", "test", f"--config.file={config}", *words])
        return [line for line in said.splitlines() if line and not line.startswith("Warning")]

    def test_both_files_are_accepted(self) -> None:
        for config in (LOCAL, PRODUCTION):
            self.assertIn("SUCCESS", judged(self, [self.amtool, "check-config", config]))
        # The local one runs on Debian's Alertmanager too.
        judged(self, [self.tool("amtool", "prometheus-alertmanager"), "check-config", LOCAL])

    def test_every_alert_reaches_whom_its_severity_is_for(self) -> None:
        asked = {(rule.body["alert"], rule.labels["severity"]) for rule in alerts()}
        for config in (LOCAL, PRODUCTION):
            for alert, severity in sorted(asked):
                with self.subTest(f"{config.name} {alert} {severity}"):
                    self.assertEqual(self.receivers(config, alertname=alert, severity=severity, job="gateway"), [RECEIVER[severity]])

    def test_an_alert_of_somebody_elses_is_a_ticket_and_not_lost(self) -> None:
        for config in (LOCAL, PRODUCTION):
            self.assertEqual(self.receivers(config, alertname="Strange"), ["ticket"])

    def test_a_message_says_what_is_wrong_and_where_to_read_on(self) -> None:
        words = ["template", "render", f"--template.glob={FOLDER / 'alertmanager.tmpl'}"]
        said = judged(self, [self.amtool, *words, '--template.text={{ template "farol.title" . }} {{ template "farol.text" . }}'])
        self.assertRegex(said, r"\[\w+\]")
        self.assertIn("What to do: ", said)


class Files(unittest.TestCase):
    def test_production_has_the_local_tree_and_the_same_receivers(self) -> None:
        local, production = parsed(LOCAL), parsed(PRODUCTION)
        for part in ("route", "inhibit_rules"):
            self.assertEqual(local[part], production[part])
        self.assertEqual([receiver["name"] for receiver in local["receivers"]], [receiver["name"] for receiver in production["receivers"]])

    def test_nothing_is_sent_from_a_developers_machine(self) -> None:
        self.assertEqual({key for receiver in parsed(LOCAL)["receivers"] for key in receiver}, {"name"})

    def test_a_page_goes_to_slack_teams_and_mail(self) -> None:
        page = next(receiver for receiver in parsed(PRODUCTION)["receivers"] if receiver["name"] == "page")
        self.assertLessEqual({"slack_configs", "msteamsv2_configs", "email_configs"}, page.keys())

    def test_every_secret_is_a_file(self) -> None:
        production = parsed(PRODUCTION)
        found = keys({"global": production["global"], "receivers": production["receivers"]})
        self.assertEqual(sorted(key for key in found if SECRETS.search(key)), [])
        self.assertGreaterEqual(len([key for key in found if key.endswith("_file")]), 4)

    def test_an_alert_that_silences_or_is_silenced_exists(self) -> None:
        known = {rule.body["alert"] for rule in alerts()}
        matchers = [text for rule in parsed(LOCAL)["inhibit_rules"] for text in rule["source_matchers"] + rule["target_matchers"]]
        named = {name for text in matchers if text.startswith("alertname") for name in re.findall(r"[A-Z]\w+", text)}
        self.assertGreater(len(named), 8)
        self.assertEqual(sorted(named - known), [])

    def test_the_committed_files_are_what_their_sources_say(self) -> None:
        with tempfile.TemporaryDirectory(prefix="farol-unit-") as home:
            alert_files.refuse_stale(checkout(home))


class Stale(ContextTest):
    def test_a_file_that_is_not_what_its_sources_say_is_refused(self) -> None:
        ctx = checkout(str(self.folder))
        ctx.root = self.folder
        for name in ("slo.yml", "alertmanager.yml", "alertmanager.receivers.yml"):
            self.copied(name)
        self.copied("rules/slo.yml", "99.9 %", "99 %")
        self.copied("alertmanager.production.yml")
        with self.assertRaisesRegex(StackError, "rules/slo.yml: not what"):
            alert_files.refuse_stale(ctx)

    def test_a_tree_that_does_not_end_with_its_receivers_is_refused(self) -> None:
        ctx = checkout(str(self.folder))
        ctx.root = self.folder
        self.copied("alertmanager.yml", "receivers:\n  - name: page", "receivers:\n  - name: page\nmore: {}")
        with self.assertRaisesRegex(StackError, "must end with its receivers"):
            alertmanager_production.rendered(ctx)

    def copied(self, name: str, old: str = "", new: str = "") -> None:
        path = self.folder / "deploy/prometheus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((FOLDER / name).read_text().replace(old, new))
        requirements = self.folder / "deploy/native/check-requirements.txt"
        requirements.parent.mkdir(parents=True, exist_ok=True)
        requirements.write_text((FOLDER.parent / "native/check-requirements.txt").read_text())


class Versions(ComposeTest):
    def test_the_judge_is_of_the_version_that_containers_run(self) -> None:
        self.assertTrue(self.services["alertmanager"]["image"].endswith(f":v{amtool.VERSION}"))


if __name__ == "__main__":
    unittest.main()
