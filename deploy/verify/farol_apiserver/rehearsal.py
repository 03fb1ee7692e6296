"""Gives every object of a source to the server as a dry run, and the pods that will come of it; says what was refused or warned about."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from farol_verify.render import Manifest, Source, title

from . import made_pods
from .client import Answer, Client
from .ground import Ground
from .tolerated import Tolerated

AT_A_TIME = 4


@dataclass(frozen=True)
class Outcome:
    """Of one source."""

    source: str
    objects: int
    made: int
    refused: list[str]


def of_source(source: Source, ground: Ground, applier: Client, controller: Client, tolerated: Tolerated) -> Outcome:
    """`applier` may do what Argo CD's project allows, `controller` everything."""
    made = list(made_pods.of(source))
    with ground.prepared(source) as refused, ThreadPoolExecutor(AT_A_TIME) as pool:
        verdicts = pool.map(lambda manifest: verdict(title(manifest), applier.apply(manifest, dry=True), source.name, tolerated), source.manifests)
        pods = pool.map(lambda pair: verdict(of_maker(*pair), controller.create(pair[1], dry=True), source.name, tolerated), made)
        found = [*refused, *flattened(verdicts), *flattened(pods)]
    return Outcome(source.name, len(source.manifests), len(made), [f"{source.name}: {text}" for text in found])


def of_maker(maker: Manifest, made: Manifest) -> str:
    return f"{title(maker)}, its {made['kind']}"


def verdict(what: str, answer: Answer, source: str, tolerated: Tolerated) -> list[str]:
    """A warning counts as a refusal, unless it is listed with its reason."""
    if answer.refusal:
        return [f"{what}: {answer.refusal}"]
    return [f"{what}: warning: {text}" for text in answer.warnings if not tolerated.covers(source, what, text)]


def flattened(verdicts: Iterable[list[str]]) -> list[str]:
    return [text for found in verdicts for text in found]
