"""Makes one mistake in a rendered source, gives it to a real API server, and asks whether `make manifests-check` sees it too. Holds no test."""

from __future__ import annotations

import copy
import os
import sys
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "deploy" / part) for part in ("verify", "native", "kind", "argocd")]

from farol_apiserver import cli  # noqa: E402
from farol_native.stack import open_stack  # noqa: E402
from farol_verify import judge, schemas, tools  # noqa: E402
from farol_verify.render import Manifest, Source  # noqa: E402

Spoil = Callable[[Manifest], Any]
# The server of `make apiserver-check`; a test that is run alone starts one.
SHARED: list[cli.Cluster] = []
# What else of a source has to be there for one object of it.
BESIDE = ("Namespace", "ServiceAccount")


class Seeds(unittest.TestCase):
    """One server for all mistakes: a dry run leaves nothing behind."""

    cluster: cli.Cluster
    tools: tools.Tools

    @classmethod
    def setUpClass(cls) -> None:
        ctx = open_stack(ROOT, os.environ).ctx
        cls.tools = tools.install(ctx)
        cls.cluster = SHARED[0] if SHARED else cls.enterClassContext(cli.cluster(ctx))

    def source(self, name: str) -> Source:
        return copy.deepcopy(next(source for source in self.cluster.sources if source.name == name))

    def only_here(self, overlay: str, name: str, kind: str, spoil: Spoil, expected: str) -> None:
        """The server refuses it, and nothing in manifests-check sees it."""
        source, manifest = self.spoilt(overlay, name, kind, spoil)
        self.refused(alone(source, manifest), expected)
        self.assertEqual(self.seen_offline(source, manifest), [])

    def here_too(self, overlay: str, name: str, kind: str, spoil: Spoil, expected: str) -> None:
        """The server refuses what manifests-check finds as well."""
        source, manifest = self.spoilt(overlay, name, kind, spoil)
        self.refused(alone(source, manifest), expected)
        self.assertNotEqual(self.seen_offline(source, manifest), [])

    def spoilt(self, overlay: str, name: str, kind: str, spoil: Spoil) -> tuple[Source, Manifest]:
        source = self.source(overlay)
        manifest = source.named(name, kind)
        assert manifest is not None, f"{overlay} has no {kind} {name}"
        spoil(manifest)
        return source, manifest

    def refused(self, source: Source, expected: str) -> None:
        found = self.cluster.rehearse(source).refused
        self.assertTrue(any(expected in text for text in found), f"{expected!r} is not in:\n" + "\n".join(found))

    def seen_offline(self, source: Source, manifest: Manifest) -> list[str]:
        sources = [source if before.name == source.name else before for before in self.cluster.sources]
        shape = schemas.judged(self.tools, [Source(source.name, [manifest])])
        return shape + judge.findings(sources, ROOT)


def alone(source: Source, manifest: Manifest) -> Source:
    return Source(source.name, [*(found for found in source.of(*BESIDE) if found is not manifest), manifest])


def container(manifest: Manifest) -> dict[str, Any]:
    return manifest["spec"]["template"]["spec"]["containers"][0]
