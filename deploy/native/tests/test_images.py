"""`make images-check` before it has an engine: what it says without one, which bases it asks for, what it lays over compose."""

from __future__ import annotations

import importlib
import sys
import unittest
from unittest import mock

from compose_fixture import DOCKERFILE, ComposeTest
from context_fixture import ROOT

from farol_native.component import StackError
from farol_native.stack import open_stack

sys.path.insert(0, str(ROOT / "deploy/docker"))
from farol_images import bases, engine, images, services  # noqa: E402

SERVERS = {
    "FAROL_TEST_KAFKA_BROKERS": "127.0.0.1:1",
    "FAROL_TEST_DATABASE_URL": "postgres://postgres:p@127.0.0.1:2/postgres",
    "FAROL_TEST_REDIS_URL": "redis://:p@127.0.0.1:3",
}


class WithoutAnEngine(ComposeTest):
    def test_it_says_what_it_needs_and_how_to_get_it(self) -> None:
        with mock.patch.object(engine, "client", return_value=None), self.assertRaises(StackError) as raised:
            with engine.engine(self.context({})):
                self.fail("there is no engine")
        for words in ("docker info", "compose plugin", "make packages P='docker.io debootstrap'"):
            self.assertIn(words, str(raised.exception))

    def test_a_client_without_buildkit_is_not_taken(self) -> None:
        place = self.program_on_path("docker", 'case "$*" in --version) echo Docker version 28.2.2, build 1;; *) exit 1;; esac')
        with mock.patch.object(engine, "LEGACY_CLIENT", "/nonexistent"):
            self.assertIsNone(engine.client(self.context(place)))

    def test_a_client_from_before_buildx_has_buildkit_inside(self) -> None:
        place = self.program_on_path("docker", 'case "$*" in --version) echo Docker version 20.10.24, build 1;; *) exit 1;; esac')
        found = engine.client(self.context(place))
        self.assertEqual(found and found.name, "docker")


class Plans(ComposeTest):
    def test_every_base_of_the_programs_and_the_collector_has_a_stand_in(self) -> None:
        self.assertEqual(bases.pinned().keys() - bases.STANDINS.keys(), {"MAVEN_IMAGE", "KAFKA_IMAGE"})
        stages = (ROOT / "deploy/docker/standins.Dockerfile").read_text()
        for stage in bases.STANDINS.values():
            self.assertRegex(stages, rf"(?m)^FROM \S+ AS {stage}$")

    def test_every_target_of_the_dockerfile_that_compose_builds_is_built(self) -> None:
        # And the collector that only Kubernetes runs.
        targets = {service["build"]["target"] for service in self.services.values() if "build" in service} | {"otel-collector-kubernetes"}
        self.assertEqual(targets, {*images.TARGETS, *images.PULLED_ONLY})
        for target in targets:
            self.assertIn(f" AS {target}\n", DOCKERFILE.read_text())

    def test_it_starts_services_of_the_compose_file_and_changes_only_where_things_are(self) -> None:
        home = self.folder / "home"
        stack = open_stack(ROOT, {"FAROL_HOME": str(home), "FAROL_PORTS": "free", "FAROL_ENV_FILE": "/dev/null"})
        override = services.overrides(stack, SERVERS)
        self.assertLessEqual(override.keys(), self.services.keys())
        self.assertLessEqual(set(services.READY), override.keys())
        for name, changed in override.items():
            with self.subTest(name):
                for variable in changed:
                    self.assertRegex(variable, r"(_ADDR|_URL|_BROKERS|_ENDPOINT|_PORT|_HOST)$")
        yaml = importlib.import_module("yaml")
        text = services.json_as_yaml(override).replace("!reset ", "")
        self.assertEqual(yaml.safe_load(text)["services"].keys(), override.keys())


GOOD = {
    "User": "10001:10001",
    "Labels": {f"org.opencontainers.image.{name}": "x" for name in images.LABELS},
    "Healthcheck": {"Test": ["CMD", "/usr/local/bin/farol-worker", "healthcheck"]},
}
LOCK = "".join(f'[[package]]\nname = "{name}"\nversion = "1.0.0"\n' for name in ["tokio", *(f"crate{n}" for n in range(images.FEWEST_COMPONENTS))])


class Judged(ComposeTest):
    def test_each_mistake_in_an_images_configuration_is_found(self) -> None:
        self.assertEqual(images.configured_wrongly("worker", GOOD), [])
        for changed, said in (
            ({"User": ""}, "it runs as 'root'"),
            ({"Labels": {**GOOD["Labels"], "org.opencontainers.image.revision": ""}}, "label revision is empty"),
            ({"Healthcheck": {"Test": ["CMD", "/usr/local/bin/farol-gateway", "healthcheck"]}}, "its health check is"),
            ({"Healthcheck": None}, "its health check is None"),
        ):
            with self.subTest(said):
                found = images.configured_wrongly("worker", GOOD | changed)
                self.assertEqual([text for text in found if text.startswith(said)], found)
                self.assertEqual(len(found), 1)

    def test_a_bill_of_materials_is_held_against_the_lock_file(self) -> None:
        names = ["tokio", *(f"crate{n}" for n in range(images.FEWEST_COMPONENTS))]
        parts = [{"name": name, "version": "1.0.0"} for name in names]
        self.assertEqual(images.bill_wrong({"bomFormat": "CycloneDX", "components": parts}, LOCK), [])
        for wrong, said in (
            ([*parts, {"name": "crate1", "version": "2.0.0"}], "crate1 2.0.0, Cargo.lock does not"),
            (parts[1:], "lacks tokio"),
            (parts[:3], "names 3 components"),
        ):
            found = images.bill_wrong({"bomFormat": "CycloneDX", "components": wrong}, LOCK)
            self.assertTrue(any(text.endswith(said) for text in found), found)


if __name__ == "__main__":
    unittest.main()
