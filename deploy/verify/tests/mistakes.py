"""Makes a mistake in the rendered manifests, or in a copy of the files, and asks whether it is found. Holds no test."""

from __future__ import annotations

import copy
import os
import shutil
import sys
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "deploy" / part) for part in ("verify", "native", "kind", "argocd")]

from farol_native.stack import open_stack  # noqa: E402
from farol_verify import judge, render, schemas, tools  # noqa: E402
from farol_verify.render import Manifest, Source  # noqa: E402


class MistakesTest(unittest.TestCase):
    tools: tools.Tools
    sources: list[Source]

    @classmethod
    def setUpClass(cls) -> None:
        cls.tools = tools.install(open_stack(ROOT, os.environ).ctx)
        cls.sources = render.everything(cls.tools, ROOT)

    def copied(self, overlay: str) -> list[Source]:
        """One source to spoil, with those that checks over all sources need beside it."""
        return [copy.deepcopy(source) if source.name == overlay else source for source in self.sources]

    def object(self, sources: list[Source], overlay: str, name: str, *kinds: str) -> Manifest:
        found = next(source for source in sources if source.name == overlay).named(name, *kinds)
        assert found is not None, f"{overlay} has no {kinds} {name}"
        return found

    def found(self, overlay: str, name: str, kind: str, spoil: Callable[[Manifest], Any], expected: str) -> None:
        """The mistake is found, and nothing was before."""
        sources = self.copied(overlay)
        spoil(self.object(sources, overlay, name, kind))
        found = judge.findings(sources, ROOT)
        self.assertTrue(any(expected in finding for finding in found), f"{expected!r} is not in:\n" + "\n".join(found))

    def misshapen(self, overlay: str, name: str, kind: str, spoil: Callable[[Manifest], Any], expected: str) -> None:
        sources = self.copied(overlay)
        manifest = self.object(sources, overlay, name, kind)
        spoil(manifest)
        found = schemas.judged(self.tools, [Source(overlay, [manifest])])
        self.assertTrue(any(expected in finding for finding in found), f"{expected!r} is not in: {found}")

    def copy_of(self, *folders: str) -> Any:
        """A checkout that holds only these folders."""
        place = tempfile.TemporaryDirectory()
        for folder in folders:
            shutil.copytree(ROOT / folder, Path(place.name) / folder)

        class Copied:
            def __enter__(self) -> Path:
                return Path(place.name)

            def __exit__(self, *_: object) -> None:
                place.cleanup()

        return Copied()


def container(manifest: Manifest) -> dict[str, Any]:
    return manifest["spec"]["template"]["spec"]["containers"][0]
