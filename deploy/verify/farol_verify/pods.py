"""Looks into rendered manifests: which pods there are, what they hold, what selects them. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .render import Manifest, Source, name_of, title

WORKLOADS = ("Deployment", "Rollout", "StatefulSet", "DaemonSet", "Job")
SCALED = ("Deployment", "Rollout", "StatefulSet")
WAVE = "argocd.argoproj.io/sync-wave"


@dataclass(frozen=True)
class Workload:
    """An object that makes pods."""

    manifest: Manifest

    @property
    def title(self) -> str:
        return title(self.manifest)

    @property
    def name(self) -> str:
        return name_of(self.manifest)

    @property
    def namespace(self) -> str:
        return self.manifest["metadata"].get("namespace", "")

    @property
    def template(self) -> Manifest:
        return self.manifest["spec"]["template"]

    @property
    def labels(self) -> dict[str, str]:
        return self.template.get("metadata", {}).get("labels", {})

    @property
    def spec(self) -> dict[str, Any]:
        return self.template["spec"]

    @property
    def containers(self) -> list[dict[str, Any]]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def ports(self) -> dict[str, int]:
        return {port["name"]: port["containerPort"] for container in self.containers for port in container.get("ports", [])}

    def port(self, wanted: int | str) -> int | None:
        """A port by name or number; None for a name that no container has."""
        return self.ports.get(wanted) if isinstance(wanted, str) else wanted


def workloads(source: Source) -> list[Workload]:
    return [Workload(manifest) for manifest in source.of(*WORKLOADS)]


def wave(manifest: Manifest) -> int:
    return int(manifest["metadata"].get("annotations", {}).get(WAVE, "0"))


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Kubernetes' label selector; an empty one selects all."""
    selector = selector or {}
    exact = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return exact and all(meets(rule, labels) for rule in selector.get("matchExpressions", []))


def meets(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(rule["key"])
    match rule["operator"]:
        case "In":
            return value in rule["values"]
        case "NotIn":
            return value not in rule["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    raise ValueError(f"unknown operator {rule['operator']}")


def environment(source: Source, workload: Workload) -> dict[str, str | None]:
    """Every variable of a pod's first container; None where the value is a secret's."""
    found: dict[str, str | None] = {}
    container = workload.spec["containers"][0]
    for reference in container.get("envFrom", []):
        settings = source.named(reference["configMapRef"]["name"], "ConfigMap") if "configMapRef" in reference else None
        found |= (settings or {}).get("data", {})
    found |= {entry["name"]: entry.get("value") for entry in container.get("env", [])}
    return found


def references(workload: Workload) -> Iterator[tuple[str, str, list[str]]]:
    """(kind, name, keys) of every ConfigMap and Secret that the pods need to start."""
    for volume in workload.spec.get("volumes", []):
        parts = volume.get("projected", {}).get("sources", [volume])
        for part in parts:
            if "configMap" in part:
                yield "ConfigMap", part["configMap"]["name"], [item["key"] for item in part["configMap"].get("items", [])]
            if "secret" in part:
                secret = part["secret"]
                yield "Secret", secret.get("secretName") or secret["name"], [item["key"] for item in secret.get("items", [])]
    for container in workload.containers:
        for reference in container.get("envFrom", []):
            kind = "ConfigMap" if "configMapRef" in reference else "Secret"
            yield kind, next(iter(reference.values()))["name"], []
        for entry in container.get("env", []):
            for word, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                if found := entry.get("valueFrom", {}).get(word):
                    yield kind, found["name"], [found["key"]]


def produced_keys(source: Source, kind: str, name: str) -> tuple[Manifest, set[str]] | None:
    """What makes a ConfigMap or Secret in the same source, and its keys."""
    if made := source.named(name, kind):
        return made, {*made.get("data", {}), *made.get("stringData", {}), *made.get("binaryData", {})}
    for external in source.of("ExternalSecret") if kind == "Secret" else []:
        target = external["spec"]["target"]
        if target.get("name") == name:
            keys = {*target.get("template", {}).get("data", {}), *(entry["secretKey"] for entry in external["spec"].get("data", []))}
            return external, keys
    return None
