"""What controllers will make of a workload: the pod of its template, the claims of its disks. The server sees only these in full."""

from __future__ import annotations

from collections.abc import Iterator

from farol_verify.pods import WORKLOADS
from farol_verify.render import Manifest, Source, name_of


def of(source: Source) -> Iterator[tuple[Manifest, Manifest]]:
    """(who makes it, what is made)."""
    for workload in source.of(*WORKLOADS):
        yield workload, pod(workload)
        for claim in claims(workload):
            yield workload, claim


def pod(workload: Manifest) -> Manifest:
    template = workload["spec"]["template"]
    spec = dict(template["spec"])
    if claimed := [claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])]:
        own = [{"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{name_of(workload)}-0"}} for name in claimed]
        spec["volumes"] = [*spec.get("volumes", []), *own]
    return made("Pod", workload, template.get("metadata", {})) | {"spec": spec}


def claims(workload: Manifest) -> Iterator[Manifest]:
    for claim in workload["spec"].get("volumeClaimTemplates", []):
        yield made("PersistentVolumeClaim", workload, claim["metadata"]) | {"spec": claim["spec"]}


def made(kind: str, workload: Manifest, metadata: Manifest) -> Manifest:
    kept = {key: metadata[key] for key in ("labels", "annotations") if key in metadata}
    named = {"generateName": f"{name_of(workload)}-", "namespace": workload["metadata"].get("namespace")}
    return {"apiVersion": "v1", "kind": kind, "metadata": kept | named}
