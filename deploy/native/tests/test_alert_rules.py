"""The alert rules: accepted by Prometheus, tested case by case, and each complete."""

from __future__ import annotations

import re
import shutil
import unittest
from pathlib import Path

from context_fixture import ROOT, ContextTest
from test_telemetry_configs import judged

RULES = ROOT / "deploy" / "prometheus" / "rules"
TESTS = ROOT / "deploy" / "prometheus" / "rule-tests"


def alerts(path: Path) -> dict[str, str]:
    """Name of each alert of a rules file -> its text."""
    blocks = re.split(r"^ +- alert: ", path.read_text(), flags=re.MULTILINE)[1:]
    return {block.split("\n", 1)[0].strip(): block for block in blocks}


class Rules(ContextTest):
    def test_prometheus_accepts_them(self) -> None:
        promtool = self.tool("promtool", "prometheus")
        judged(self, [promtool, "check", "rules", "--lint-fatal", *sorted(RULES.glob("*.yml"))])

    def test_their_own_tests_pass(self) -> None:
        promtool = self.tool("promtool", "prometheus")
        said = judged(self, [promtool, "test", "rules", *sorted(TESTS.glob("*.yml"))])
        self.assertEqual(said.count("SUCCESS"), len(list(TESTS.glob("*.yml"))))

    def test_their_own_tests_can_fail(self) -> None:
        """A rule that fires a minute too late is found out."""
        promtool = self.tool("promtool", "prometheus")
        copy = Path(shutil.copytree(RULES.parent, self.folder / "prometheus"))
        late = copy / "rules" / "availability.yml"
        late.write_text(late.read_text().replace("for: 30s", "for: 90s"))
        with self.assertRaises(AssertionError):
            judged(self, [promtool, "test", "rules", *sorted((copy / "rule-tests").glob("*.yml"))])

    def test_each_says_how_bad_it_is_and_what_it_means(self) -> None:
        for path in RULES.glob("*.yml"):
            for name, text in alerts(path).items():
                with self.subTest(name):
                    self.assertRegex(text, r"severity: (critical|warning|none)\n")
                    self.assertRegex(text, r"summary: \S")
                    self.assertRegex(text, r"description: \S")

    def test_each_has_a_case_where_it_fires_and_one_where_it_does_not(self) -> None:
        for path in RULES.glob("*.yml"):
            tests = (TESTS / path.name).read_text()
            for name in alerts(path):
                fires, silent = cases(tests, name)
                with self.subTest(name):
                    self.assertGreater(fires, 0)
                    self.assertTrue(silent or name == "Watchdog")


def cases(tests: str, alert: str) -> tuple[int, int]:
    """How many checks of a rule test expect this alert, and how many expect that it is silent."""
    bodies = re.findall(rf"alertname: {alert}\b(.*?)(?=alertname:|\Z)", tests, flags=re.DOTALL)
    fires = sum("exp_labels" in body for body in bodies)
    return fires, len(bodies) - fires


if __name__ == "__main__":
    unittest.main()
