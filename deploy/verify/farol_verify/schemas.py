"""Shape: built-in kinds against Kubernetes' own schemas, custom resources against those of their CRDs, both strictly."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable

from .render import Manifest, Source, dumped, title
from .tools import Tools

KUBERNETES = "1.35"
CUSTOM = ("argoproj.io", "coreos.com", "keda.sh", "external-secrets.io", "gateway.networking.k8s.io", "gateway.k8s.aws", "istio.io", "kyverno.io")


def is_custom(manifest: Manifest) -> bool:
    group = manifest.get("apiVersion", "").rpartition("/")[0]
    return any(group == suffix or group.endswith("." + suffix) for suffix in CUSTOM)


def built_in(manifests: Iterable[Manifest]) -> list[str]:
    """Unknown and missing fields, wrong types; a kind or version that Kubernetes does not have."""
    import kubernetes_validate

    findings = []
    for manifest in manifests:
        try:
            used = kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
            if used != KUBERNETES:
                findings.append(f"{title(manifest)}: judged by the schemas of {used}, not of {KUBERNETES}")
        except kubernetes_validate.ValidationError as error:
            where = ".".join(map(str, error.path))
            findings.append(f"{title(manifest)}: {where}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            # The tool itself only warns here.
            findings.append(f"{title(manifest)}: {manifest.get('apiVersion')} {manifest.get('kind')} is unknown: {error.message}")
    return findings


def custom(tools: Tools, manifests: list[Manifest]) -> list[str]:
    """The same for custom resources; one that has no schema is a finding too."""
    if not manifests:
        return []
    templates = tools.schemas()
    locations = [word for template in templates for word in ("-schema-location", template)]
    command = [str(tools.kubeconform), "-strict", "-output", "json", *locations, "-"]
    result = subprocess.run(command, input=dumped(manifests), capture_output=True, text=True, check=False)
    if not result.stdout.strip():
        return [f"kubeconform gave no verdict: {result.stderr.strip()}"]
    findings = [
        f"{found.get('kind')}/{found.get('name')}: {found.get('msg') or found['status']}"
        for found in json.loads(result.stdout).get("resources") or []
        if found["status"] != "statusValid"
    ]
    lost = [finding for finding in findings if "failed downloading schema" in finding]
    if lost:
        advice = f"{' '.join(templates)} does not answer for {len(lost)} objects"
        findings = [finding for finding in findings if finding not in lost] + [advice]
    return findings


def judged(tools: Tools, sources: Iterable[Source]) -> list[str]:
    """Every manifest of every source once, however many sources hold the same."""
    seen: dict[str, tuple[str, Manifest]] = {}
    for source in sources:
        for manifest in source.manifests:
            seen.setdefault(json.dumps(manifest, sort_keys=True, default=str), (source.name, manifest))
    ours = [manifest for _, manifest in seen.values() if is_custom(manifest)]
    theirs = [manifest for _, manifest in seen.values() if not is_custom(manifest)]
    return built_in(theirs) + custom(tools, ours)
