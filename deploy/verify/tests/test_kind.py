"""What `make kind-up` does, told to a recorder instead of a cluster: order, random secrets, and a clear word without an engine."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "deploy" / part) for part in ("verify", "native", "kind", "argocd")]

from farol_kind import cluster, secrets  # noqa: E402
from farol_native.component import StackError  # noqa: E402
from farol_native.stack import open_stack  # noqa: E402
from farol_verify import render, tools  # noqa: E402


class Recorder:
    """Takes the place of subprocess."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def __call__(self, command: list[object], text: str | None = None) -> None:
        words = " ".join(str(word) for word in command)
        names = [f"{found['kind']}/{found['metadata']['name']}" for found in render.loaded(text or "") if isinstance(found, dict)]
        self.commands.append(f"{words} {' '.join(names)}".strip())

    def first(self, pattern: str) -> int:
        return next(number for number, command in enumerate(self.commands) if re.search(pattern, command))


class KindUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.ctx = open_stack(ROOT, os.environ).ctx
        cls.tools = tools.install(cls.ctx)

    def test_without_an_engine_it_says_what_is_missing_and_what_to_do_instead(self) -> None:
        with mock.patch.object(type(self.ctx), "which", return_value=None), self.assertRaises(StackError) as raised:
            cluster.able(self.ctx)
        for name in (*cluster.NEEDED, "make up"):
            self.assertIn(name, str(raised.exception).lower())

    def test_secrets_policies_and_servers_come_before_the_migration_and_it_before_the_services(self) -> None:
        run = Recorder()
        cluster.apply(run, render.overlay(self.tools, ROOT / "deploy/kubernetes/overlays/kind"))
        migrated = run.first("wait .*job/farol-migrate")
        for before in (r"apply .*Secret/farol-database", r"NetworkPolicy/farol-to-postgres", r"rollout status statefulset/postgres", r"delete job farol-migrate"):
            self.assertLess(run.first(before), migrated, before)
        self.assertLess(migrated, run.first(r"apply .*Deployment/farol-gateway"))
        self.assertLess(run.first(r"wait .*job/kafka-topic"), run.first("Deployment/farol-worker"))
        self.assertTrue(any("rollout status deployment/farol-worker" in command for command in run.commands))

    def test_its_images_are_those_the_pods_ask_for(self) -> None:
        asked = {
            container["image"]
            for manifest in render.overlay(self.tools, ROOT / "deploy/kubernetes/overlays/kind")
            if "template" in manifest.get("spec", {})
            for container in manifest["spec"]["template"]["spec"]["containers"]
        }
        self.assertEqual({image for image in asked if image.startswith("farol/")}, set(cluster.IMAGES.values()))

    def test_its_chart_is_the_one_of_the_other_clusters(self) -> None:
        name, repository, version = cluster.CHART
        text = (ROOT / "deploy/argocd/applicationsets/platform.yaml").read_text()
        self.assertIn(f"repo: {repository}, chart: {name}, version: {version},", text)

    def test_secrets_are_private_files_and_hold_no_key_but_its_digest(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            secrets.write(Path(place), ROOT / "deploy/kubernetes/overlays/kind", lambda name: f"secret-of-{name}")
            for path in Path(place).iterdir():
                if path.name != "kustomization.yaml":
                    self.assertEqual(path.stat().st_mode & 0o077, 0, path.name)
            keys = json.loads((Path(place) / "keys.json").read_text())
        self.assertRegex(keys["keys"][0]["sha256"], r"^[0-9a-f]{64}$")
        self.assertNotIn("secret-of-key", json.dumps(keys))


if __name__ == "__main__":
    unittest.main()
