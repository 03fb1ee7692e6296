"""The configs of collector, Jaeger, Prometheus and Alertmanager, judged by the programs that read them."""

from __future__ import annotations

import json
import re
import subprocess
import unittest
from collections.abc import Sequence
from pathlib import Path

from context_fixture import ROOT, ContextTest

from farol_native import components
from farol_native.components import jaeger, otel_collector, prometheus
from farol_native.components.alertmanager import COMPONENT as ALERTMANAGER
from farol_native.components.blackbox_exporter import COMPONENT as BLACKBOX
from farol_native.context import Context

SHARED = ROOT / "deploy" / "prometheus"
CONFIGS = {"otel-collector": ROOT / "otel-collector" / "config.yaml", "jaeger": ROOT / "jaeger" / "config.yaml"}
# Hosts, addresses and paths that only Docker Compose sets; here their defaults hold.
COMPOSE_ONLY = {"FAROL_COLLECTOR_HOST", "FAROL_JAEGER_HOST", "FAROL_JAEGER_MAX_TRACES"}


def judged(test: unittest.TestCase, command: Sequence[str | Path], env: dict[str, str] | None = None) -> str:
    """What a checking program says; the test fails with it if the program does."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=env, check=False)
    said = result.stdout + result.stderr
    test.assertEqual(result.returncode, 0, said)
    return said


class Rendered(ContextTest):
    def test_prometheus_accepts_the_rendered_config_and_finds_every_file(self) -> None:
        ctx = self.context()
        ctx.components = frozenset(part.name for part in components.load())
        prometheus.COMPONENT.prepare(ctx)
        promtool = self.tool("promtool", "prometheus")
        said = judged(self, [promtool, "check", "config", ctx.run_folder("prometheus") / "prometheus.yml"])
        self.assertNotIn("WARNING", said)
        self.assertIn("rule files found", said)

    def test_alertmanager_accepts_its_config(self) -> None:
        ctx = self.context()
        ALERTMANAGER.prepare(ctx)
        amtool = self.tool("amtool", "prometheus-alertmanager")
        judged(self, [amtool, "check-config", ctx.run_folder("alertmanager") / "alertmanager.yml"])

    def test_rules_that_left_the_checkout_leave_the_stack(self) -> None:
        ctx = self.context()
        gone = ctx.render("prometheus", "rules/gone.yml", "groups: []\n")
        prometheus.COMPONENT.prepare(ctx)
        self.assertFalse(gone.exists())
        names = {path.name for path in gone.parent.iterdir()}
        self.assertEqual(names, {path.name for path in (SHARED / "rules").glob("*.yml")})


class Targets(ContextTest):
    def test_every_job_of_the_config_has_a_targets_file_and_the_reverse(self) -> None:
        text = (SHARED / "prometheus.yml").read_text()
        jobs = re.findall(r"job_name: (\S+)", text)
        self.assertEqual(sorted(jobs), sorted([*prometheus.TARGETS, "blackbox"]))
        for job in jobs:
            self.assertIn(f"targets/{job}.json", text)

    def test_every_job_has_a_sample_limit(self) -> None:
        for block in (SHARED / "prometheus.yml").read_text().split("- job_name: ")[1:]:
            self.assertRegex(block, r"sample_limit: \d+")

    def test_a_target_names_a_component_and_a_port_that_it_declares(self) -> None:
        parts = {part.name: part for part in components.load()}
        for job, (name, variable) in prometheus.TARGETS.items():
            with self.subTest(job):
                self.assertIn(variable, parts[name].ports)

    def test_a_probe_is_a_target_of_the_exporter_that_names_part_and_address(self) -> None:
        ctx = self.context()
        ctx.components = frozenset({"blackbox-exporter", "gateway", "jaeger"})
        found = json.loads(prometheus.targets(ctx)["blackbox"])
        self.assertEqual({target for entry in found for target in entry["targets"]}, {"127.0.0.1:9115"})
        asked = [(entry["labels"]["part"], entry["labels"]["__param_target"]) for entry in found]
        gateway = [("gateway", "http://127.0.0.1:8080/health"), ("gateway", "http://127.0.0.1:8080/ready")]
        self.assertEqual(asked, [*gateway, ("jaeger", "http://127.0.0.1:16686/")])
        self.assertTrue(all(entry["labels"]["instance"] == entry["labels"]["__param_target"] for entry in found))

    def test_nothing_is_probed_without_the_exporter(self) -> None:
        ctx = self.context()
        ctx.components = frozenset({"gateway"})
        self.assertEqual(prometheus.targets(ctx)["blackbox"], "[]\n")

    def test_the_exporter_accepts_its_config(self) -> None:
        ctx = self.context()
        self.tool("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
        BLACKBOX.prepare(ctx)

    def test_a_part_that_is_not_in_the_stack_has_no_target(self) -> None:
        ctx = self.context()
        ctx.components = frozenset({"prometheus", "redis"})
        found = {job: json.loads(text) for job, text in prometheus.targets(ctx).items()}
        self.assertEqual(found.pop("prometheus"), [{"targets": ["127.0.0.1:9090"]}])
        self.assertEqual(set(map(str, found.values())), {"[]"})


class Variables(ContextTest):
    def test_every_variable_of_a_config_is_set_by_its_component_or_by_compose_alone(self) -> None:
        for name, ctx, env in self.environments():
            used = variables(CONFIGS[name])
            with self.subTest(name):
                self.assertEqual(sorted(used - env.keys() - COMPOSE_ONLY), [])
                for variable in used:
                    if variable.endswith("_PORT"):
                        self.assertEqual(env[variable], str(ctx.port(variable)))

    def test_a_default_in_a_config_is_the_default_of_the_stack(self) -> None:
        defaults = {variable: str(port) for part in components.load() for variable, port in part.ports.items()}
        for path in CONFIGS.values():
            for variable, default in re.findall(r"\$\{env:(\w+_PORT):-(\d+)\}", path.read_text()):
                with self.subTest(f"{path.parent.name} {variable}"):
                    self.assertEqual(default, defaults[variable])

    def test_no_variable_is_set_for_nothing(self) -> None:
        for name, _, env in self.environments():
            ours = {variable for variable in env if variable.startswith("FAROL_")}
            with self.subTest(name):
                self.assertEqual(sorted(ours - variables(CONFIGS[name])), [])

    def environments(self) -> list[tuple[str, Context, dict[str, str]]]:
        """Both components with the environment their program gets, on ports that are not the defaults."""
        path = self.program_on_path("jaeger", """echo '{"gitVersion":"v2.13.0"}'""")
        self.program_on_path(otel_collector.NAME, "")
        ctx = self.context({**path, "FAROL_PORTS": "free"})
        parts = (otel_collector.COMPONENT, jaeger.COMPONENT)
        return [(part.name, ctx, dict(part.program(ctx).env)) for part in parts]


class Manifest(unittest.TestCase):
    def test_the_manifest_has_one_version_of_everything(self) -> None:
        text = (ROOT / "otel-collector" / "builder.yaml").read_text()
        modules = re.findall(r"gomod:\s*(\S+) (v\S+)", text)
        plain = {version for module, version in modules if "/confmap/provider/" not in module}
        self.assertEqual(len(plain), 1, plain)
        providers = {version for module, version in modules if "/confmap/provider/" in module}
        self.assertEqual(len(providers), 1, providers)
        self.assertIn(f"version: {plain.pop().removeprefix('v')}\n", text)


def variables(path: Path) -> set[str]:
    """The environment variables a collector config asks for."""
    return set(re.findall(r"\$\{env:(\w+)", path.read_text()))


if __name__ == "__main__":
    unittest.main()
