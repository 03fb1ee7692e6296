"""compose.yaml and the Dockerfile on their own: what is published, mounted, pinned, limited, required and waited for."""

from __future__ import annotations

import os
import re
import stat
import sys
import tomllib
import unittest
from pathlib import Path

from compose_fixture import DOCKERFILE, FILE, FOLDER, INTERPOLATION, ComposeTest, mebibytes, written_settings
from context_fixture import ROOT
from test_telemetry_configs import judged


VERSION = re.compile(r":v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?$")
PUBLISHED = re.compile(r"127\.0\.0\.1:\$\{(?P<variable>FAROL_\w+_PORT):-(?P<default>\d+)\}:(?P<inside>\d+)")
LIMIT_MIB = 6 * 1024


class Published(ComposeTest):
    def ports(self) -> list[tuple[str, str]]:
        return [(name, port) for name, service in self.services.items() for port in service.get("ports", [])]

    def test_every_published_port_is_on_loopback_and_has_the_variable_and_default_of_the_native_stack(self) -> None:
        defaults = written_settings(self.folder / "home")[1]
        self.assertGreaterEqual(len(self.ports()), 10)
        for name, port in self.ports():
            with self.subTest(f"{name} {port}"):
                match = PUBLISHED.fullmatch(port)
                self.assertIsNotNone(match)
                self.assertEqual(defaults[match["variable"]], match["default"])

    def test_every_address_that_make_up_gives_away_is_published(self) -> None:
        from farol_native import components

        ctx, _ = written_settings(self.folder / "home")
        published = {match["default"] for _, port in self.ports() if (match := PUBLISHED.fullmatch(port))}
        for part in components.load():
            for name, value in part.exports(ctx).items():
                for number in re.findall(r"127\.0\.0\.1:(\d+)", value):
                    with self.subTest(name):
                        self.assertIn(number, published)

    def test_only_the_operators_tool_is_on_the_hosts_network(self) -> None:
        elsewhere = {name for name, service in self.services.items() if "network_mode" in service}
        self.assertEqual(elsewhere, {"farolctl"})


class Settings(ComposeTest):
    def test_every_variable_that_is_required_is_written_by_make_up(self) -> None:
        written = written_settings(self.folder / "home")[1]
        required = {match["name"] for match in INTERPOLATION.finditer(FILE.read_text()) if match["rest"] == ":?run make up"}
        self.assertGreaterEqual(len(required), 6)
        self.assertEqual(sorted(required - written.keys()), [])
        self.assertEqual(self.file["secrets"]["keys"]["file"], "${FAROL_KEYS_PATH:?run make up}")
        keys = Path(written["FAROL_KEYS_PATH"])
        self.assertEqual(stat.S_IMODE(keys.stat().st_mode), 0o644)
        self.assertNotIn(written["FAROL_KEY"], keys.read_text())

    def test_a_secret_has_no_default(self) -> None:
        for match in INTERPOLATION.finditer(FILE.read_text()):
            with self.subTest(match[0]):
                if re.search(r"PASSWORD|SECRET|_KEY", match["name"]):
                    self.assertEqual(match["rest"], ":?run make up")
                else:
                    self.assertRegex(match["rest"], r":-\w+|^:\?run make up$")

    def test_nothing_that_looks_like_a_secret_is_written_out(self) -> None:
        for name in self.services:
            for variable, value in self.environment(name).items():
                if re.search(r"PASS|SECRET|AUTH$", variable) and value is not None:
                    with self.subTest(f"{name} {variable}"):
                        self.assertRegex(value, r"^\$\{\w+:\?run make up\}$")

    def test_a_connection_url_takes_its_password_from_a_variable(self) -> None:
        urls = re.findall(r"://\w*:(.+?)@", FILE.read_text())
        self.assertGreaterEqual(len(urls), 4)
        for password in urls:
            self.assertRegex(password, r"^\$\{\w+")


class Files(ComposeTest):
    def test_every_mounted_file_exists_and_is_read_only(self) -> None:
        for name in self.services:
            for source, *rest in self.volumes(name):
                with self.subTest(f"{name} {source}"):
                    if source.startswith("."):
                        self.assertTrue((FOLDER / source).exists())
                        self.assertEqual(rest[-1], "ro")
                    elif source.startswith(("/", "$")):
                        self.assertEqual(rest[-1], "ro")
                    else:
                        self.assertIn(source, self.file["volumes"])

    def test_jaegers_pages_link_to_the_addresses_of_this_stack(self) -> None:
        path = Path(written_settings(self.folder / "home")[1]["FAROL_JAEGER_UI_FILE"])
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.assertIn("http://127.0.0.1:3000/d/farol-golden-signals", path.read_text())
        self.assertNotIn("${", path.read_text())

    def test_no_volume_is_declared_for_nothing(self) -> None:
        used = {mount[0] for name in self.services for mount in self.volumes(name)}
        self.assertEqual(sorted(self.file["volumes"].keys() - used), [])

    def test_what_the_dockerfile_copies_is_let_through_to_the_builder(self) -> None:
        allowed = (ROOT / ".dockerignore").read_text().splitlines()
        for sources in re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", DOCKERFILE.read_text(), flags=re.MULTILINE):
            for source in sources.split():
                with self.subTest(source):
                    self.assertIn(f"!{source}", allowed)
                    self.assertTrue((ROOT / source).exists())


class Images(ComposeTest):
    def test_every_image_is_pinned_to_a_version(self) -> None:
        for image in (service["image"] for service in self.services.values()):
            with self.subTest(image):
                self.assertRegex(image, VERSION)

    def test_every_base_image_is_pinned_by_digest(self) -> None:
        bases = re.findall(r"^ARG \w+_IMAGE=(\S+)$", DOCKERFILE.read_text(), flags=re.MULTILINE)
        self.assertGreaterEqual(len(bases), 6)
        for image in bases:
            with self.subTest(image):
                self.assertRegex(image, r"^[a-z./-]+[a-z]\S*:\S+@sha256:[0-9a-f]{64}$")

    def test_the_labels_say_the_workspaces_version(self) -> None:
        version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
        said = re.findall(r"^ARG FAROL_VERSION=(\S+)$", DOCKERFILE.read_text(), flags=re.MULTILINE)
        self.assertEqual(set(said), {version})

    def test_the_dockerfile_starts_from_its_pinned_images_and_its_own_stages_only(self) -> None:
        text = DOCKERFILE.read_text()
        stages = set(re.findall(r" AS (\S+)$", text, flags=re.MULTILINE))
        for base in re.findall(r"^FROM (\S+)", text, flags=re.MULTILINE):
            self.assertTrue(base in stages or re.fullmatch(r"\$\{\w+_IMAGE\}|\$\{PROGRAMS\}", base), base)

    def test_our_images_are_never_asked_of_a_registry(self) -> None:
        built = {service["image"]: service["build"]["target"] for service in self.services.values() if "build" in service}
        for name, service in self.services.items():
            if service["image"].startswith("farol/"):
                with self.subTest(name):
                    self.assertIn(service["image"], built)
                    self.assertEqual(service["pull_policy"], "build" if "build" in service else "never")

    def test_every_target_exists(self) -> None:
        for name, service in self.services.items():
            if "build" in service:
                self.assertIn(f" AS {service['build']['target']}\n", DOCKERFILE.read_text(), name)


class Running(ComposeTest):
    def steps(self) -> set[str]:
        """Services that run and are done, among those that `up` starts."""
        return {name for name, service in self.services.items() if service["restart"] == "no" and "profiles" not in service}

    def test_every_step_is_waited_for(self) -> None:
        """`up --wait` takes a container that has ended for a failure, unless somebody waits for its end."""
        conditions = [pair for service in self.services.values() for pair in service.get("depends_on", {}).items()]
        waited = {name for name, rule in conditions if rule["condition"] == "service_completed_successfully"}
        self.assertEqual(self.steps(), waited)

    def test_what_is_waited_for_has_a_health_check(self) -> None:
        for name, service in self.services.items():
            for other, rule in service.get("depends_on", {}).items():
                with self.subTest(f"{name} waits for {other}"):
                    self.assertIn(rule["condition"], ("service_healthy", "service_completed_successfully"))
                    if rule["condition"] == "service_healthy":
                        self.assertIn("test", self.services[other]["healthcheck"])

    def test_every_service_is_bounded_and_unprivileged(self) -> None:
        for name, service in self.services.items():
            with self.subTest(name):
                self.assertGreater(mebibytes(service["mem_limit"]), 0)
                self.assertEqual(service["logging"]["driver"], "json-file")
                self.assertEqual(service["logging"]["options"].keys(), {"max-size", "max-file", "labels"})
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertIn(service["restart"], ("unless-stopped", "no"))

    def test_what_up_starts_fits_a_laptop_by_its_limits_and_the_readme_says_each_profiles_sum(self) -> None:
        always = self.limits(None)
        profiles = sorted({profile for service in self.services.values() for profile in service.get("profiles", [])})
        self.assertIn("tools", profiles)
        self.assertLessEqual(always, LIMIT_MIB)
        sums = {profile: self.limits(profile) for profile in profiles}
        rows = [f"| (none) | {always:,} MiB | {always:,} MiB |"]
        rows += [f"| `{profile}` | {more:,} MiB | {always + more:,} MiB |" for profile, more in sums.items()]
        self.assertIn("\n".join(["| profile | adds | together |", "| --- | --- | --- |", *rows, ""]), (FOLDER / "README.md").read_text())

    def limits(self, profile: str | None) -> int:
        """The sum of the limits of what a profile adds; of what is always there for None."""
        there = (service for service in self.services.values() if (profile in service.get("profiles", []) if profile else "profiles" not in service))
        return sum(mebibytes(service["mem_limit"]) for service in there)

    def test_our_own_programs_have_read_only_roots(self) -> None:
        ours = {name for name, service in self.services.items() if re.match(r"farol/(?!kafka)", service["image"])}
        self.assertGreaterEqual(ours, {"gateway", "worker", "migrate", "farolctl", "otel-collector"})
        self.assertEqual({name for name in ours if self.services[name].get("read_only") is not True}, set())


class Judged(ComposeTest):
    def test_the_compose_specification_and_hadolint_accept_them(self) -> None:
        tools = self.tools("compose-check-tools", FOLDER / "check-requirements.txt")
        schema = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", FILE]
        judged(self, schema, env={**os.environ, "PYTHONPATH": str(tools)})
        judged(self, [tools / "bin/hadolint", DOCKERFILE, DOCKERFILE.with_name("standins.Dockerfile")])


if __name__ == "__main__":
    unittest.main()
