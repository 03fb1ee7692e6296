"""`make apiserver-check`: starts the server, gives it every source, tells what it refused, and proves that it refuses mistakes."""

from __future__ import annotations

import importlib
import sys
import time
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from farol_native.component import StackError
from farol_native.context import Context
from farol_verify import cache, crds, render, schemas, tools
from farol_verify.render import Source

from . import changeover, definitions, programs, rehearsal, server
from .client import Client
from .ground import Ground
from .rights import Rights
from .tolerated import Tolerated

INPUTS = ("deploy", "grafana", "otel-collector", "jaeger/config.yaml", "jaeger/ui.json", "jaeger/kustomization.yaml", "jaeger/kubernetes")
ARGO_CD = "github.com/argoproj/argo-cd/v3"


@dataclass(frozen=True)
class Cluster:
    """A server that knows all kinds, and what is to be given to it."""

    client: Client
    sources: list[Source]
    ground: Ground
    rights: Rights
    tolerated: Tolerated

    def rehearse(self, source: Source) -> rehearsal.Outcome:
        return rehearsal.of_source(source, self.ground, self.rights.applier(source), self.client, self.tolerated)


def check(ctx: Context) -> int:
    digest = cache.key(ctx, INPUTS)
    if cache.passed(ctx, digest, "apiserver"):
        print("apiserver: the very same files passed before; nothing to do")
        return 0
    began = time.monotonic()
    with cluster(ctx) as ready:
        passed = not told(ready) and seeded_mistakes(ctx, ready)
    print(f"apiserver: {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.1f} s")
    if passed:
        cache.remember(ctx, digest, "apiserver")
    return 0 if passed else 1


@contextmanager
def cluster(ctx: Context) -> Iterator[Cluster]:
    """Everything rendered, and a server of the version that the manifests are written for."""
    found = tools.install(ctx)
    sources = render.everything(found, ctx.root)
    release = render.argocd_install(found, ctx.root / "deploy/argocd/install", crds.manifests(ctx, ARGO_CD))
    sources = [Source(source.name, release) if source.name == "argocd install" else source for source in sources]
    began = time.monotonic()
    with server.running(programs.install(ctx)) as client:
        version = client.call("GET", "/version").body
        if f"{version['major']}.{version['minor']}" != schemas.KUBERNETES:
            raise StackError(f"the server is {version['gitVersion']}, the manifests are judged for {schemas.KUBERNETES}")
        known = definitions.all_of(ctx)
        definitions.teach(client, known)
        print(f"kube-apiserver {version['gitVersion']} on etcd, {len(known)} kinds of custom resources ({time.monotonic() - began:.1f} s)")
        yield Cluster(client, sources, Ground(client, sources), Rights(client, sources), Tolerated(ctx.root))


def told(ready: Cluster) -> list[str]:
    """Each source as it is done; at the end the sum, and everything that was refused."""
    began = time.monotonic()
    outcomes = []
    for source in ready.sources:
        outcome = ready.rehearse(source)
        user = ready.rights.project(source)
        by = f"by a user with the rights of project {user}" if user else "by an administrator"
        print(f"  {outcome.source:24} {outcome.objects:4} objects, {outcome.made:3} pods and claims, {len(outcome.refused):2} refused  {by}")
        outcomes.append(outcome)
    changes = list(changeover.findings(ready.client, ready.ground, ready.sources))
    refused = [text for outcome in outcomes for text in outcome.refused] + changes + list(ready.tolerated.unmet())
    objects, made = sum(outcome.objects for outcome in outcomes), sum(outcome.made for outcome in outcomes)
    print(f"{len(outcomes)} sources, {objects} objects, {made} pods and claims of theirs, {len(refused)} refused ({time.monotonic() - began:.1f} s)")
    for text in refused:
        print(f"  {text}")
    return refused


def seeded_mistakes(ctx: Context, ready: Cluster) -> bool:
    """That the server refuses each kind of mistake, proven by making it."""
    folder = ctx.root / "deploy/verify/apiserver_tests"
    sys.path.insert(0, str(folder))
    importlib.import_module("seeds").SHARED.append(ready)
    outcome = unittest.TextTestRunner().run(unittest.TestLoader().discover(str(folder)))
    return outcome.wasSuccessful() and outcome.testsRun > 0
