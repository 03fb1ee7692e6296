"""Promotion changes digests and nothing else, in the order of the environments."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "deploy" / part) for part in ("verify", "native", "kind", "argocd")]

from farol_native.component import StackError  # noqa: E402
from farol_promote import promotion  # noqa: E402

BUILT = {"gateway": "sha256:" + "a" * 64, "worker": "sha256:" + "b" * 64, "otel-collector-kubernetes": "sha256:" + "c" * 64}
WORDS = tuple(f"{image}={digest}" for image, digest in BUILT.items())


class Promotion(unittest.TestCase):
    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.root = Path(place.name)
        shutil.copytree(ROOT / "deploy/kubernetes/overlays", self.root / "deploy/kubernetes/overlays")
        # As before the first promotion, whatever runs by now.
        for path in self.root.rglob("kustomization.yaml"):
            path.write_text(masked(path.read_text()))

    def promote(self, environment: str, *words: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()):
            promotion.run(self.root, environment, words)
        return promotion.overlay(self.root, environment).read_text()

    def test_a_build_goes_to_dev_and_from_there_on_by_environment(self) -> None:
        before = promotion.overlay(self.root, "prod").read_text()
        self.promote("dev", *WORDS)
        self.promote("staging", "from=dev")
        after = self.promote("prod", "from=staging")
        self.assertEqual(promotion.read(after), BUILT)
        self.assertEqual(masked(after), before)

    def test_no_environment_is_skipped(self) -> None:
        self.promote("dev", *WORDS)
        for words in (("from=dev",), WORDS):
            with self.assertRaises(StackError):
                self.promote("prod", *words)

    def test_what_was_never_deployed_is_not_promoted(self) -> None:
        with self.assertRaises(StackError):
            self.promote("prod", "from=staging")

    def test_a_tag_is_no_digest(self) -> None:
        with self.assertRaises(StackError):
            self.promote("dev", "gateway=1.2.3", *WORDS[1:])

    def test_images_are_released_together(self) -> None:
        with self.assertRaises(StackError):
            self.promote("dev", *WORDS[:2])


def masked(text: str) -> str:
    return re.sub("sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, text)


if __name__ == "__main__":
    unittest.main()
