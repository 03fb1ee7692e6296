"""Renders every source that a cluster is fed from, as its tool would: overlays and Argo CD's own by kustomize, rules by jsonnet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farol_native.component import StackError

from .tools import Tools

Manifest = dict[str, Any]
ENVIRONMENTS = ("dev", "staging", "prod")
OVERLAYS = ("kind", *ENVIRONMENTS, "prod-blue-green")
# Of deploy/kubernetes/logging; `agent` is part of two of them.
LOGGING = ("opensearch", "setup", "loki", "elk")


@dataclass(frozen=True)
class Source:
    """One thing that is rendered whole, and what came out."""

    name: str
    manifests: list[Manifest] = field(default_factory=list)

    @property
    def is_farol(self) -> bool:
        """Whether it runs gateway and worker."""
        return self.name in OVERLAYS

    def of(self, *kinds: str) -> list[Manifest]:
        return [manifest for manifest in self.manifests if manifest.get("kind") in kinds]

    def named(self, name: str, *kinds: str) -> Manifest | None:
        return next((manifest for manifest in self.of(*kinds) if name_of(manifest) == name), None)


def name_of(manifest: Mapping[str, Any]) -> str:
    return manifest.get("metadata", {}).get("name", "?")


def title(manifest: Mapping[str, Any]) -> str:
    return f"{manifest.get('kind')}/{name_of(manifest)}"


def everything(tools: Tools, root: Path) -> list[Source]:
    """Each overlay, the rules, Argo CD's installation and what it is told to watch."""
    overlays = root / "deploy/kubernetes/overlays"
    missing = set(OVERLAYS) ^ {path.name for path in overlays.iterdir() if path.is_dir()}
    if missing:
        raise StackError(f"overlays and the list in render.py differ: {', '.join(sorted(missing))}")
    sources = [Source(name, overlay(tools, overlays / name)) for name in OVERLAYS]
    sources.append(Source("component adminer", component(tools, root, "base", "adminer")))
    sources.append(Source("component tempo", component(tools, root, "overlays/kind", "tempo")))
    sources += [Source(f"mesh {name}", component(tools, root, f"overlays/{name}", "istio")) for name in ("kind", "prod")]
    sources += [Source(f"logging {name}", kustomize(tools, root / "deploy/kubernetes/logging" / name)) for name in LOGGING]
    sources.append(Source("rules", rules(tools, root)))
    argocd = root / "deploy/argocd"
    for folder in ("bootstrap", "applicationsets"):
        sources.append(Source(f"argocd {folder}", kustomize(tools, argocd / folder)))
    sources += [Source(f"argocd optional {name}", kustomize(tools, argocd / "optional" / name)) for name in ("logging", "mesh")]
    sources.append(Source("mesh monitors", kustomize(tools, root / "deploy/kubernetes/mesh")))
    sources.append(Source("argocd install", argocd_install(tools, argocd / "install")))
    edge = loaded((root / "deploy/kind/platform/edge-port.yaml").read_text())
    sources.append(Source("kind platform", edge))
    sources += [Source(f"platform {path.name}", kustomize(tools, path)) for path in platform_folders(root)]
    return sources


def platform_folders(root: Path) -> list[Path]:
    return sorted(path.parent for path in (root / "deploy/kubernetes/platform").glob("*/kustomization.yaml"))


def overlay(tools: Tools, folder: Path) -> list[Manifest]:
    """An overlay; kind's with the Secrets that `make kind-up` adds, by the same code."""
    if folder.name != "kind":
        return kustomize(tools, folder)
    from farol_kind import secrets

    with tempfile.TemporaryDirectory(prefix="farol-kind-") as place:
        secrets.write(Path(place), folder, lambda name: f"example-{name}")
        return kustomize(tools, Path(place))


def component(tools: Tools, root: Path, below: str, name: str) -> list[Manifest]:
    """An optional component on top of the base or an overlay."""
    with tempfile.TemporaryDirectory(prefix="farol-component-") as place:
        base = root / "deploy/kubernetes"
        written = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(base / below, os.path.realpath(place))],
            "components": [os.path.relpath(base / "components" / name, os.path.realpath(place))],
        }
        (Path(place) / "kustomization.yaml").write_text(json.dumps(written))
        return kustomize(tools, Path(place))


def argocd_install(tools: Tools, folder: Path, release: Path | None = None) -> list[Manifest]:
    """The installation with the release's manifests from a file; without one, ours of it: empty objects stand in for what our patches name."""
    import yaml

    with tempfile.TemporaryDirectory(prefix="farol-argocd-") as place:
        copy = Path(shutil.copytree(folder, Path(place) / "install"))
        path = copy / "kustomization.yaml"
        written = yaml.safe_load(path.read_text())
        remote = [name for name in written["resources"] if "://" in name]
        written["resources"] = [name for name in written["resources"] if "://" not in name] + ["stand-in.yaml"]
        targets = [yaml.safe_load((copy / patch["path"]).read_text()) for patch in written["patches"]]
        stand_ins = yaml.safe_dump_all([stand_in(target) for target in targets])
        (copy / "stand-in.yaml").write_text(release.read_text() if release else stand_ins)
        path.write_text(yaml.safe_dump(written))
        if len(remote) != 1:
            raise StackError(f"{folder}/kustomization.yaml must name exactly one address, the release's manifests")
        return kustomize(tools, copy)


def stand_in(target: Manifest) -> Manifest:
    return {key: target[key] for key in ("apiVersion", "kind")} | {"metadata": {"name": name_of(target)}}


def kustomize(tools: Tools, folder: Path) -> list[Manifest]:
    """What `kubectl apply -k` would send; the load restrictor is on, so no file is read from outside its own folder's tree."""
    return loaded(run([tools.kustomize, "build", folder]))


def rules(tools: Tools, root: Path) -> list[Manifest]:
    return json.loads(run([tools.jsonnet, root / "deploy/prometheus/prometheus-rules.jsonnet"]))


def loaded(text: str) -> list[Manifest]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, loader) if document]


def dumped(manifests: Iterable[Manifest]) -> str:
    """YAML of several documents; JSON is YAML."""
    return "".join(f"---\n{json.dumps(manifest)}\n" for manifest in manifests)


def run(command: list[str | Path]) -> str:
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if result.returncode != 0:
        raise StackError(f"{Path(str(command[0])).name} of {command[-1]} failed:\n{result.stderr.strip()}")
    if result.stderr.strip():
        raise StackError(f"{Path(str(command[0])).name} of {command[-1]} warns:\n{result.stderr.strip()}")
    return result.stdout
