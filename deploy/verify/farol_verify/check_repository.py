"""What is true of the files and of Argo CD's own objects: one source of everything, comments, no link, nothing unpinned."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .check_design import inside
from .check_pods import COLLECTOR
from .render import ENVIRONMENTS, Source, name_of, title

COMMENTED = ("deploy/kubernetes", "deploy/argocd", "deploy/kind", "otel-collector", "jaeger", "grafana")
EXACT = re.compile(r"\d+\.\d+\.\d+")


def comments(root: Path) -> Iterator[str]:
    """Each file says in its first line what it is; one that makes pods or lets somebody in also says why, further down."""
    for folder in COMMENTED:
        for path in sorted((root / folder).rglob("*.yaml")):
            text = path.read_text()
            lines = text.splitlines()
            where = path.relative_to(root)
            if not lines or not lines[0].startswith("#"):
                if path.name not in SPEAKING_NAMES:
                    yield f"{where}: does not begin by saying what it is"
            if re.search(r"^kind: (Deployment|StatefulSet|DaemonSet|Job|NetworkPolicy)$", text, re.MULTILINE):
                if sum(line.lstrip().startswith("#") for line in lines) < 2:
                    yield f"{where}: has no comment that explains it"


# One object whose name says it all, and whose kustomization has said the rest.
SPEAKING_NAMES = ("namespace.yaml", "gateway.yaml", "https.yaml", "load-balancer.yaml", "adminer.yaml", "rollout.yaml", "strategy.yaml")


def one_source(root: Path) -> Iterator[str]:
    """Every board and every file of rules reaches Kubernetes."""
    boards = (root / "grafana/kustomization.yaml").read_text()
    for path in sorted((root / "grafana/dashboards").glob("*.json")):
        if f"dashboards/{path.name}" not in boards:
            entry = f"{{ name: board-{path.stem}, namespace: monitoring, files: [dashboards/{path.name}] }}"
            yield f"grafana/kustomization.yaml: {path.name} is missing; add `{entry}`"
    rules = (root / "deploy/prometheus/prometheus-rules.jsonnet").read_text()
    for path in sorted((root / "deploy/prometheus/rules").glob("*.yml")):
        if f"'rules/{path.name}'" not in rules:
            yield f"deploy/prometheus/prometheus-rules.jsonnet: {path.name} is missing; add `'{path.stem}': importstr 'rules/{path.name}',`"


def rules_are_whole(rules: Source, root: Path) -> Iterator[str]:
    """What the operator gets is what Prometheus gets elsewhere."""
    import yaml

    made = {name_of(rule).removeprefix("farol-"): rule["spec"] for rule in rules.of("PrometheusRule")}
    for path in sorted((root / "deploy/prometheus/rules").glob("*.yml")):
        if made.get(path.stem) != yaml.safe_load(path.read_text()):
            yield f"PrometheusRule/farol-{path.stem} is not deploy/prometheus/rules/{path.name}"


def jobs(sources: list[Source], root: Path) -> Iterator[str]:
    """Limits on samples are those of the local Prometheus, job by job."""
    import yaml

    local = {job["job_name"]: job for job in yaml.safe_load((root / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]}
    for source in sources:
        for monitor in source.of("ServiceMonitor"):
            job = name_of(monitor).removeprefix("farol-")
            limit = local.get(job, {}).get("sample_limit")
            if monitor["spec"].get("sampleLimit") != limit:
                yield f"{source.name}: {title(monitor)}: sampleLimit {monitor['spec'].get('sampleLimit')}, prometheus.yml has {limit} for the job {job}"


def tracked(root: Path) -> Iterator[str]:
    """Argo CD refuses a repository with links that lead out, and nobody wants a virtual environment in it."""
    listing = subprocess.run(["git", "ls-files", "-s"], cwd=root, capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        mode, _, _, path = line.replace("\t", " ", 1).split(" ", 3)
        if mode == "120000":
            yield f"{path} is a symbolic link"
        if re.search(r"(^|/)(pyvenv\.cfg|\.?venv/|site-packages/|node_modules/)", path):
            yield f"{path} belongs to a virtual environment"


def compose_images(sources: list[Source], root: Path) -> Iterator[str]:
    """The kind cluster runs the images, and the versions, of the compose stack, and the collector that only Kubernetes has."""
    compose = (root / "deploy/compose/compose.yaml").read_text()
    known = set(re.findall(r"^\s+image: (\S+)", compose, re.MULTILINE))
    version = next(image.rpartition(":")[2] for image in known if image.startswith("farol/gateway:"))
    known.add(f"{COLLECTOR}:{version}")
    kind = next(source for source in sources if source.name == "kind")
    from .pods import workloads

    for workload in workloads(kind):
        for image in (container["image"] for container in workload.containers):
            if image not in known:
                yield f"kind: {workload.title}: {image} is not an image of deploy/compose/compose.yaml"


def applications(sources: list[Source], root: Path) -> Iterator[str]:
    """Argo CD watches paths that are there, at pinned versions, from and to places that its project allows."""
    objects = [manifest for source in sources if source.name.startswith("argocd") for manifest in source.manifests]
    projects = {name_of(found): found["spec"] for found in objects if found["kind"] == "AppProject"}
    for found in objects:
        if found["kind"] in ("Application", "ApplicationSet"):
            for element, spec in generated(found):
                yield from application(f"{title(found)} {element.get('name', element.get('environment', ''))}".strip(), spec, projects, root)
        if found["kind"] == "ApplicationSet" and not found["spec"].get("syncPolicy", {}).get("preserveResourcesOnDeletion"):
            yield f"{title(found)}: an entry that is lost takes what runs with it"
    sets = [found for found in objects if title(found) == "ApplicationSet/farol"]
    covered = {element["environment"] for found in sets for element, _ in generated(found)}
    for name in sorted(set(ENVIRONMENTS) - covered):
        yield f"ApplicationSet/farol: environment {name} is deployed nowhere"


def generated(found: dict[str, Any]) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """What an ApplicationSet's lists make of its template; an Application is itself."""
    if found["kind"] == "Application":
        return [({}, found["spec"])]
    made = []
    for generator in found["spec"]["generators"]:
        lists = [part["list"]["elements"] for part in generator.get("matrix", {"generators": [generator]})["generators"]]
        combined: list[dict[str, str]] = [{}]
        for elements in lists:
            combined = [before | element for before in combined for element in elements]
        text = json.dumps(found["spec"]["template"]["spec"])
        for element in combined:
            filled = re.sub(r"\{\{\.(\w+)\}\}", lambda match, element=element: element[match[1]], text)
            made.append((element, json.loads(filled)))
    return made


def application(where: str, spec: dict[str, Any], projects: dict[str, Any], root: Path) -> Iterator[str]:
    project = projects.get(spec["project"])
    if project is None:
        yield f"{where}: there is no project {spec['project']}"
        return
    for source in spec.get("sources") or [spec["source"]]:
        if source["repoURL"] not in project["sourceRepos"]:
            yield f"{where}: project {spec['project']} allows nothing from {source['repoURL']}"
        if "chart" in source and not EXACT.fullmatch(source["targetRevision"]):
            yield f"{where}: chart {source['chart']} is not pinned ({source['targetRevision']})"
        if "path" in source and not (root / source["path"]).is_dir():
            yield f"{where}: there is no folder {source['path']}"
        if include := source.get("directory", {}).get("include"):
            if not (root / source["path"] / include).is_file():
                yield f"{where}: there is no file {source['path']}/{include}"
        for values in source.get("helm", {}).get("valueFiles", [])[:1]:
            if not (root / values.removeprefix("$values/")).is_file():
                yield f"{where}: there is no file {values}"
    to = spec["destination"]
    if not any(allowed["name"] in ("*", to["name"]) and allowed["namespace"] == to["namespace"] for allowed in project["destinations"]):
        yield f"{where}: project {spec['project']} does not reach {to['name']}/{to['namespace']}"
    automated = spec["syncPolicy"].get("automated", {})
    if not automated.get("selfHeal") or not (automated.get("prune") or where == "Application/argocd"):
        yield f"{where}: is not synced by itself, with self-heal and pruning"
    if "ServerSideApply=true" not in spec["syncPolicy"].get("syncOptions", []):
        yield f"{where}: is not applied by the server"


def projects(sources: list[Source]) -> Iterator[str]:
    """Every kind and namespace that an overlay renders is one that the project lets in, and the project lets in no more of the cluster."""
    project = next(found for source in sources for found in source.of("AppProject") if name_of(found) == "farol")["spec"]
    allowed = {(entry["group"], entry["kind"]) for entry in project["clusterResourceWhitelist"]}
    used = set()
    for source in (source for source in sources if source.is_farol and source.name != "kind"):
        for manifest in source.manifests:
            if "namespace" not in manifest["metadata"]:
                kind = (manifest["apiVersion"].rpartition("/")[0], manifest["kind"])
                used.add(kind)
                if kind not in allowed:
                    yield f"{source.name}: {title(manifest)}: project farol does not let a {manifest['kind']} in"
            elif manifest["metadata"]["namespace"] not in {entry["namespace"] for entry in project["destinations"]}:
                yield f"{source.name}: {title(manifest)}: project farol does not reach {manifest['metadata']['namespace']}"
    for group, kind in sorted(allowed - used):
        yield f"AppProject/farol lets a {kind} of {group or 'the core'} in, and no overlay has one"


def notifications(sources: list[Source]) -> Iterator[str]:
    """Each subscription names a trigger and a service that are configured."""
    settings = next(source.named("argocd-notifications-cm", "ConfigMap") for source in sources if source.name == "argocd install")
    known = inside(settings, ("data",))
    for found in (found for source in sources for found in source.of("ApplicationSet") if name_of(found) == "farol"):
        for note in found["spec"]["template"]["metadata"]["annotations"]:
            match = re.fullmatch(r"notifications\.argoproj\.io/subscribe\.([a-z-]+)\.([a-z]+)", note)
            if match is None or f"trigger.{match[1]}" not in known or f"service.{match[2]}" not in known:
                yield f"ApplicationSet/farol: nobody hears of {note}"
