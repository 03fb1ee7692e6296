"""optional.yaml and tools-host.yaml: off by default, bounded, pinned, unprivileged; their profiles, ports, passwords and pages."""

from __future__ import annotations

import importlib
import os
import re
import sys
import unittest
from typing import Any

from compose_fixture import FOLDER, INTERPOLATION, ComposeTest, mebibytes, written_settings
from context_fixture import ROOT
from test_compose import VERSION
from test_telemetry_configs import judged

from farol_native import compose

OPTIONAL = FOLDER / "optional.yaml"
TOOLS_HOST = FOLDER / "tools-host.yaml"
# The seeds' ports, on the machine.
SEEDS = {"adminer-production": "8181", "adminer-development": "8282", "jenkins": "8084"}
READS_DOCKER = {"fluent-bit", "fluent-bit-loki", "filebeat"}
# Root by name, always without a capability: readers of Docker's files, and one whose volume is root's.
ROOT_USERS = READS_DOCKER | {"tempo"}
# Their start writes beside their settings, or unpacks itself.
WRITABLE = {"opensearch", "opensearch-dashboards", "logstash", "elasticsearch", "kibana", "jenkins", "grafana"}


class OptionalTest(ComposeTest):
    def setUp(self) -> None:
        super().setUp()
        tools = self.tools("check-tools", ROOT / "deploy/native/check-requirements.txt")
        sys.path.insert(0, str(tools))
        self.addCleanup(sys.path.remove, str(tools))
        yaml = importlib.import_module("yaml")
        self.optional: dict[str, Any] = yaml.safe_load(OPTIONAL.read_text())
        self.host: dict[str, Any] = yaml.safe_load(TOOLS_HOST.read_text())
        self.both = [("optional", self.optional), ("tools-host", self.host)]
        self.all = [(where, name, service) for where, file in self.both for name, service in file["services"].items()]


class Profiles(OptionalTest):
    def test_nothing_starts_unless_a_profile_asks_for_it(self) -> None:
        for where, name, service in self.all:
            self.assertEqual(len(service.get("profiles", [])), 1, f"{where} {name}")
        self.assertEqual({service["profiles"][0] for service in self.host["services"].values()}, {"tools-host"})

    def test_down_knows_every_profile(self) -> None:
        used = {service["profiles"][0] for service in self.optional["services"].values()}
        self.assertEqual({*used, "tools"}, set(compose.PROFILES))

    def test_no_part_hides_one_of_the_default_stack(self) -> None:
        self.assertEqual(self.optional["services"].keys() & self.services.keys(), set())
        self.assertEqual(self.optional["volumes"].keys() & self.file["volumes"].keys(), set())

    def test_memory_of_each_profile_is_what_the_readme_says(self) -> None:
        totals: dict[str, int] = {}
        for _, _, service in self.all:
            totals[service["profiles"][0]] = totals.get(service["profiles"][0], 0) + mebibytes(service["mem_limit"])
        section = (FOLDER / "README.md").read_text().partition("\n## Optional profiles\n")[2].partition("\n## ")[0]
        said = dict(re.findall(r"^\| `([a-z-]+)` \|.*\| ([\d,]+) MiB \|$", section, re.MULTILINE))
        self.assertEqual(said, {name: f"{total:,}" for name, total in totals.items()})

    def test_the_tools_host_holds_what_the_seeds_have_on_theirs_and_as_it_is_elsewhere(self) -> None:
        parts = self.host["services"]
        self.assertLessEqual({"jenkins", "grafana", "loki", "tempo", "adminer-production", "adminer-development"}, parts.keys())
        self.assertIn("grafana:/var/lib/grafana", parts["grafana"]["volumes"])
        for name, service in parts.items():
            other = self.services.get(name) or self.optional["services"][name]
            for key in ("image", "command", "mem_limit", "user", "read_only"):
                self.assertEqual(service.get(key), other.get(key), f"{name} {key}")


class Services(OptionalTest):
    def test_every_one_is_bounded_and_unprivileged(self) -> None:
        for where, name, service in self.all:
            with self.subTest(f"{where} {name}"):
                self.assertGreater(mebibytes(service["mem_limit"]), 0)
                self.assertEqual(service["logging"], self.services["gateway"]["logging"])
                self.assertEqual((service["cap_drop"], service["security_opt"]), (["ALL"], ["no-new-privileges:true"]))
                self.assertIn(service["restart"], ("unless-stopped", "no"))
                self.assertNotIn("network_mode", service)
                self.assertNotIn("privileged", service)
                self.assertEqual(service.get("read_only") is True, name not in WRITABLE)
                self.assertEqual(service.get("user") == "0:0", name in ROOT_USERS)
                self.assertRegex(service["image"], VERSION)

    def test_what_is_mounted_exists_and_is_read_only_and_the_machines_own_files_are_logs(self) -> None:
        allowed = {"/var/lib/docker/containers", "/var/log"}
        for where, file in self.both:
            used = set()
            for name, service in file["services"].items():
                for source, *rest in (mount.split(":") for mount in service.get("volumes", [])):
                    with self.subTest(f"{where} {name} {source}"):
                        if source.startswith("."):
                            self.assertTrue((FOLDER / source).exists())
                            self.assertEqual(rest[-1], "ro")
                        elif source.startswith("/"):
                            self.assertIn(source, allowed)
                            self.assertEqual((rest[-1], name in READS_DOCKER), ("ro", True))
                        else:
                            used.add(source)
            self.assertEqual(used, set(file["volumes"]))

    def test_what_is_waited_for_can_be_waited_for_and_no_step_is_forgotten(self) -> None:
        known = {**self.services, **self.optional["services"]}
        waited = set()
        for name, service in self.optional["services"].items():
            for other, rule in service.get("depends_on", {}).items():
                with self.subTest(f"{name} waits for {other}"):
                    if rule["condition"] == "service_completed_successfully":
                        waited.add(other)
                        self.assertEqual(known[other]["restart"], "no")
                    else:
                        self.assertIn("test", known[other]["healthcheck"])
                    self.assertIn(known[other].get("profiles", service["profiles"]), (service["profiles"],))
        self.assertEqual(waited, {name for name, service in self.optional["services"].items() if service["restart"] == "no"})

    def test_ports_are_on_loopback_one_each_and_those_of_the_seeds(self) -> None:
        defaults = written_settings(self.folder / "home")[1]
        for where, file in self.both:
            taken = {value for name, value in defaults.items() if name.endswith("_PORT")} if where == "optional" else set()
            for name, service in file["services"].items():
                for port in service.get("ports", []):
                    with self.subTest(f"{where} {name}"):
                        match = re.fullmatch(r"(127\.0\.0\.1|\$\{FAROL_TOOLS_ADDRESS:-127\.0\.0\.1\}):\$\{FAROL_\w+_PORT:-(\d+)\}:\d+", port)
                        self.assertIsNotNone(match, port)
                        self.assertEqual(match[1] != "127.0.0.1", where == "tools-host" and name in ("loki", "tempo"))
                        self.assertEqual(match[2], SEEDS.get(name, match[2]))
                        self.assertNotIn(match[2], taken)
                        taken.add(match[2])


class Passwords(OptionalTest):
    def test_each_is_required_and_written_by_make_up(self) -> None:
        written = written_settings(self.folder / "home")[1]
        for match in INTERPOLATION.finditer(OPTIONAL.read_text()):
            with self.subTest(match[0]):
                if re.search(r"PASSWORD|SECRET|_KEY", match["name"]):
                    self.assertEqual(match["rest"], ":?run make up")
                    self.assertIn(match["name"], written)
                else:
                    self.assertRegex(match["rest"], r"^:-\w+")

    def test_nothing_that_looks_like_a_secret_is_written_out(self) -> None:
        for where, name, service in self.all:
            for variable, value in service.get("environment", {}).items():
                if re.search(r"PASS|SECRET|_KEY$|ENCRYPTIONKEY", variable):
                    self.assertRegex(value, r"^\$\{\w+:\?run [^}]+\}$", f"{where} {name} {variable}")

    def test_opensearchs_has_the_four_kinds_of_characters_that_it_asks_for_and_kibanas_key_its_length(self) -> None:
        written = written_settings(self.folder / "home")[1]
        for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^a-zA-Z0-9]"):
            self.assertRegex(written["FAROL_OPENSEARCH_PASSWORD"], kind)
        self.assertGreaterEqual(len(written["FAROL_KIBANA_KEY"]), 32)

    def test_the_tools_host_makes_its_own_once_for_its_owner_only(self) -> None:
        path = self.folder / "tools.env"
        env = self.program_on_path("docker", 'echo "$@"') | {"FAROL_TOOLS_ENV": str(path)}
        script = [FOLDER / "tools-host", "up"]
        said = judged(self, script, env={**os.environ, **env})
        self.assertIn("--profile tools-host up --detach", said)
        first = path.read_text()
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        required = {match["name"] for match in INTERPOLATION.finditer(TOOLS_HOST.read_text()) if match["rest"].startswith(":?")}
        self.assertEqual(required, set(re.findall(r"^(\w+)='[0-9a-f]{48}'$", first, re.MULTILINE)))
        judged(self, script, env={**os.environ, **env})
        self.assertEqual(path.read_text(), first)


class Judged(OptionalTest):
    def test_the_compose_specification_accepts_them(self) -> None:
        tools = self.tools("compose-check-tools", FOLDER / "check-requirements.txt")
        schema = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", OPTIONAL, TOOLS_HOST]
        judged(self, schema, env={**os.environ, "PYTHONPATH": str(tools)})

    def test_versions_are_those_of_kubernetes(self) -> None:
        """One version of each part in the whole repository."""
        compose_images = {service["image"].rpartition(":")[::2] for service in self.optional["services"].values()}
        for path in (ROOT / "deploy/kubernetes/logging").rglob("kustomization.yaml"):
            for pair in re.findall(r"- name: (\S+)\n    newTag: (\S+)", path.read_text()):
                self.assertIn(pair, compose_images, path.parent.name)


if __name__ == "__main__":
    unittest.main()
