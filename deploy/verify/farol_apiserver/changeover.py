"""What happens to objects that are there already: one overlay stored, then what takes its place as a dry run on top of it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from farol_verify.render import Manifest, Source, title

from .client import Client
from .ground import Ground

HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
OPTIONS = "argocd.argoproj.io/sync-options"
STATIONS = ("prod", "prod-blue-green", "prod")


def findings(client: Client, ground: Ground, sources: list[Source]) -> Iterator[str]:
    """A critical release (deploy/README.md) leads from one overlay to the other and back; before that, one promotion of images."""
    by_name = {source.name: source for source in sources}
    stations = [by_name[name] for name in STATIONS]
    with ground.prepared(stations[0]):
        yield from refusals(client, stations[0], dry=False)
        promoted = Source("prod with other images", [with_other_images(manifest) for manifest in stations[0].manifests])
        yield from refusals(client, promoted, dry=True)
        for station in stations[1:]:
            yield from refusals(client, station, dry=False)


def refusals(client: Client, source: Source, *, dry: bool) -> Iterator[str]:
    for manifest in source.manifests:
        if is_made_anew(manifest) and not dry:
            client.delete(manifest)
        if dry and is_made_anew(manifest):
            continue
        refusal = client.apply(manifest, dry=dry).refusal
        if refusal:
            yield f"over what is there, {source.name}: {title(manifest)}: {refusal}"


def is_made_anew(manifest: Manifest) -> bool:
    """Argo CD deletes and creates it instead of changing it."""
    notes = manifest["metadata"].get("annotations", {})
    return any(hook in notes for hook in HOOKS) or "Replace=true" in notes.get(OPTIONS, "")


def with_other_images(manifest: Manifest) -> Manifest:
    """As `make promote` leaves it."""
    changed = copy.deepcopy(manifest)
    pod: dict[str, Any] = changed.get("spec", {}).get("template", {}).get("spec", {}) if isinstance(changed.get("spec"), dict) else {}
    for container in [*pod.get("containers", []), *pod.get("initContainers", [])]:
        name, _, digest = container["image"].partition("@sha256:")
        container["image"] = f"{name}@sha256:{'f' * len(digest)}" if digest else f"{name}-other"
    return changed
