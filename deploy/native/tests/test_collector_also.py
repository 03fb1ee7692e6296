"""otel-collector/also: our own collector reads what is laid over its configuration; what it cannot hold is exactly what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import unittest

from compose_fixture import ComposeTest
from context_fixture import ROOT, users_cache

from farol_native.components import otel_collector

FOLDER = ROOT / "otel-collector"
ALSO = FOLDER / "also"


class Also(ComposeTest):
    def validated(self, name: str) -> subprocess.CompletedProcess[str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("FAROL_")}
        program = otel_collector.COMPONENT.binary(self.context(outside, cache=users_cache()))
        command = [program, "validate", f"--config={FOLDER / 'config.yaml'}", f"--config={ALSO / name}.yaml"]
        return subprocess.run(command, env={**outside, "DD_API_KEY": "0" * 32}, capture_output=True, text=True, check=False)

    def test_nothing_and_tempo_are_valid_in_our_own_build(self) -> None:
        for name in ("nothing", "tempo"):
            done = self.validated(name)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}")

    def test_datadog_lacks_two_components_of_our_own_build_and_nothing_else(self) -> None:
        done = self.validated("datadog")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(set(re.findall(r"'(\w+)' unknown type: \"(\w+)\"", done.stderr)), {("exporters", "datadog"), ("connectors", "datadog")})

    def test_every_choice_of_compose_is_a_file_and_the_default_is_nothing(self) -> None:
        command = " ".join(self.services["otel-collector"]["command"])
        self.assertIn("/etc/farol/also/${FAROL_TRACES_ALSO_TO:-nothing}.yaml", command)
        self.assertEqual({path.stem for path in ALSO.iterdir()}, {"nothing", "tempo", "datadog"})

    def test_no_key_is_written_out(self) -> None:
        for path in ALSO.iterdir():
            for value in re.findall(r"^\s+key: (.+)$", path.read_text(), re.MULTILINE):
                self.assertEqual(value, "${env:DD_API_KEY}")

    def test_what_is_laid_over_still_sends_to_jaeger_and_measures(self) -> None:
        for name in ("tempo", "datadog"):
            text = (ALSO / f"{name}.yaml").read_text()
            self.assertRegex(text, r"traces/store:\n      exporters: \[otlp_grpc/jaeger, ")
            for exporters in re.findall(r"traces/measure:\n      exporters: \[(.+)\]", text):
                self.assertTrue(exporters.startswith("span_metrics, service_graph, "))


if __name__ == "__main__":
    unittest.main()
