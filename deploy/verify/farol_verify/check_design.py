"""Decisions and figures: who owns the number of replicas, how far things scale, what a rollout is judged by, where secrets come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .pods import SCALED, Workload, wave, workloads
from .render import Source, name_of, title

NAMESPACES = {
    "farol": "the seeds' `app`; Terraform binds identities to this name",
    "tracing": "as in the seeds",
    "monitoring": "as in the seeds",
    "argocd": "as in the seeds",
    "logging": "as in the seeds",
    "istio-system": "Istio's own, where a cluster has the mesh",
    "node-exporter": "privileged, so not in `monitoring`",
    "kube-system": "policies name its DNS",
    "envoy-gateway-system": "where kind's edge puts its proxies",
}
PRIVILEGED = {"logging", "node-exporter"}
GATEWAY_REPLICAS = {"kind": 3}
WORKER_REPLICAS = {"kind": 2}
# Of the topic, by deploy/terraform's live/<environment>/07-kafka.tfvars.
PARTITIONS = {"prod": 12, "prod-blue-green": 12}
PARTITIONS_ELSEWHERE = 6
ENVIRONMENT = {"prod-blue-green": "prod"}


def scaling(source: Source) -> Iterator[str]:
    """Nobody fights over the number of replicas: it is in git, or an autoscaler's."""
    owned = {scaler["spec"]["scaleTargetRef"]["name"]: scaler for scaler in source.of("HorizontalPodAutoscaler", "ScaledObject")}
    for workload in workloads(source):
        if workload.manifest["kind"] not in SCALED:
            continue
        replicas, scaler = workload.manifest["spec"].get("replicas"), owned.get(workload.name)
        if scaler is None and replicas is None:
            yield f"{workload.title}: nobody says how many there are"
        if scaler is not None and replicas is not None:
            yield f"{workload.title}: {replicas} replicas in git, and {title(scaler)} owns the number"
        if scaler is not None and scaler["spec"]["scaleTargetRef"]["kind"] != workload.manifest["kind"]:
            yield f"{title(scaler)}: scales a {scaler['spec']['scaleTargetRef']['kind']}, {workload.name} is a {workload.manifest['kind']}"
    names = {workload.name for workload in workloads(source)}
    for name in sorted(set(owned) - names):
        yield f"{title(owned[name])}: scales {name}, which is not there"


def seed_figures(source: Source) -> Iterator[str]:
    """2 to 5 at 70 %; three replicas where the number is fixed; one worker per partition at the most."""
    found: dict[str, Any] = {}
    if source.name == "kind":
        for name, wanted in (("farol-gateway", GATEWAY_REPLICAS["kind"]), ("farol-worker", WORKER_REPLICAS["kind"])):
            workload = source.named(name, "Deployment")
            found[f"replicas of {name}"] = (workload and workload["spec"].get("replicas"), wanted)
    else:
        hpa = (source.named("farol-gateway", "HorizontalPodAutoscaler") or {}).get("spec", {})
        metric = next(iter(hpa.get("metrics", [])), {}).get("resource", {})
        found["HPA"] = (hpa.get("minReplicas"), hpa.get("maxReplicas"), metric.get("target", {}).get("averageUtilization")), (2, 5, 70)
        keda = (source.named("farol-worker", "ScaledObject") or {}).get("spec", {})
        found["KEDA's maximum (one per partition)"] = keda.get("maxReplicaCount"), PARTITIONS.get(source.name, PARTITIONS_ELSEWHERE)
        triggers = [trigger["metadata"] for trigger in keda.get("triggers", []) if trigger["type"] == "kafka"]
        settings = next(config["data"] for config in source.of("ConfigMap") if name_of(config).startswith("farol-settings"))
        group = next(config["data"] for config in source.of("ConfigMap") if name_of(config).startswith("farol-worker-settings"))
        # The same brokers by KEDA's own login, which is SCRAM also where the programs sign in by IAM.
        brokers = settings["FAROL_KAFKA_BROKERS"].replace(":9098", ":9096")
        mine = (brokers, settings["FAROL_KAFKA_TOPIC"], group["FAROL_KAFKA_GROUP"])
        asked = tuple(triggers[0].get(key) for key in ("bootstrapServers", "topic", "consumerGroup")) if triggers else None
        found["what KEDA counts"] = asked, mine
    for claim, size in (("traces", "5Gi"), ("postgres", "5Gi")):
        for template in (template for owner in source.of("StatefulSet") for template in owner["spec"].get("volumeClaimTemplates", [])):
            if name_of(template) == claim:
                found[f"claim {claim}"] = template["spec"]["resources"]["requests"]["storage"], size
    for what, (is_now, wanted) in found.items():
        if is_now != wanted:
            yield f"{what}: {is_now}, not {wanted}"


def requests_of_seeds(source: Source) -> Iterator[str]:
    """100m of CPU; memory from 128Mi, and above it only where it was measured."""
    measured = {"gateway": "384Mi"}
    for workload in workloads(source):
        if workload.name.startswith("farol-"):
            container = workload.spec["containers"][0]
            wanted = {"cpu": "100m", "memory": measured.get(container["name"], "128Mi")}
            if container.get("resources", {}).get("requests") != wanted:
                yield f"{workload.title}: requests {container.get('resources', {}).get('requests')}, not {wanted}"


def rolling(source: Source) -> Iterator[str]:
    """The gateway never has fewer pods than before; the worker is never rolled by shares."""
    for workload in workloads(source):
        strategy = workload.manifest["spec"].get("strategy", {})
        if workload.name == "farol-gateway" and workload.manifest["kind"] == "Deployment":
            if strategy.get("rollingUpdate", {}).get("maxUnavailable") != 0:
                yield f"{workload.title}: a rollout takes replicas away before new ones are ready"
        if workload.name == "farol-worker" and workload.manifest["kind"] != "Deployment":
            yield f"{workload.title}: a canary of a consumer group splits partitions, not users"
    if source.name in ("staging", "prod", "prod-blue-green") and source.named("farol-gateway", "Rollout") is None:
        yield "the gateway is not rolled out by steps here"


def analysis(source: Source) -> Iterator[str]:
    """No answer of Prometheus is neither success nor failure, and never an error that aborts."""
    for template in source.of("AnalysisTemplate"):
        for metric in template["spec"]["metrics"]:
            for condition in ("successCondition", "failureCondition"):
                text = metric.get(condition, "")
                if "len(result) > 0" not in text or "!isNaN(result[0])" not in text:
                    yield f"{title(template)}: {metric['name']}: its {condition} is not guarded against an empty answer"
            if not metric.get("inconclusiveLimit"):
                yield f"{title(template)}: {metric['name']} is never inconclusive for long"
            if "rollouts_pod_template_hash=" not in metric["provider"]["prometheus"]["query"]:
                yield f"{title(template)}: {metric['name']} judges old pods with the new"
    for rollout in source.of("Rollout"):
        blue_green = rollout["spec"]["strategy"].get("blueGreen")
        if blue_green is None:
            used = rollout["spec"]["strategy"]["canary"].get("analysis", {}).get("templates", [])
            weights = [step["setWeight"] for step in rollout["spec"]["strategy"]["canary"].get("steps", []) if "setWeight" in step]
            if weights != [10, 30, 60, 100]:
                yield f"{title(rollout)}: steps {weights}"
        else:
            used = blue_green.get("postPromotionAnalysis", {}).get("templates", [])
        for name in [entry["templateName"] for entry in used] or [None]:
            if source.named(str(name), "AnalysisTemplate") is None:
                yield f"{title(rollout)}: is judged by {name}"


def secrets(source: Source) -> Iterator[str]:
    """From AWS, each environment's own; addresses that insist on TLS; none in git but kind's, which are made up when it starts."""
    environment = ENVIRONMENT.get(source.name, source.name)
    if source.name == "kind":
        return
    for found in source.of("Secret"):
        yield f"{title(found)} would be in git"
    for external in source.of("ExternalSecret"):
        spec = external["spec"]
        keys = [entry["extract"]["key"] for entry in spec.get("dataFrom", [])] + [entry["remoteRef"]["key"] for entry in spec.get("data", [])]
        for key in keys:
            if not re.fullmatch(rf"farol/{environment}/[a-z]+", key):
                yield f"{title(external)}: reads {key}, not farol/{environment}/…"
        if refresh_minutes(spec.get("refreshInterval", "1h")) > 5:
            yield f"{title(external)}: a rotated secret arrives after {spec.get('refreshInterval')}"
    if "sslmode=verify-full" not in address(source, "farol-database"):
        yield "ExternalSecret/farol-database: the database's name is not verified"
    if not address(source, "farol-redis").startswith("rediss://"):
        yield "ExternalSecret/farol-redis: Redis is reached without TLS"


def address(source: Source, name: str) -> str:
    """The template of the address that an ExternalSecret puts together."""
    target = (source.named(name, "ExternalSecret") or {}).get("spec", {}).get("target", {})
    return target.get("template", {}).get("data", {}).get("url", "")


def refresh_minutes(text: str) -> float:
    return int(text[:-1]) * {"s": 1 / 60, "m": 1, "h": 60}[text[-1]]


def namespaces(source: Source) -> Iterator[str]:
    for manifest in source.manifests:
        name = name_of(manifest) if manifest["kind"] == "Namespace" else manifest["metadata"].get("namespace")
        if name is not None and name not in NAMESPACES:
            yield f"{title(manifest)}: namespace {name} is not one of {', '.join(NAMESPACES)}"
    for namespace in source.of("Namespace"):
        level = namespace["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
        allowed = {"restricted"} if name_of(namespace) in ("farol", "tracing", "argocd") else {"restricted", "baseline"}
        if level not in ({"privileged"} if name_of(namespace) in PRIVILEGED else allowed):
            yield f"{title(namespace)}: pod security is {level}"


def edge(source: Source) -> Iterator[str]:
    """Every route ends at Services that are there, under a Gateway whose class is there; none leads to the management port."""
    services = {name_of(service): service for service in source.of("Service")}
    for route in source.of("HTTPRoute"):
        for backend in (backend for rule in route["spec"]["rules"] for backend in rule["backendRefs"]):
            ports = {port["port"]: port["name"] for port in services.get(backend["name"], {"spec": {"ports": []}})["spec"]["ports"]}
            if ports.get(backend["port"]) != "http":
                yield f"{title(route)}: leads to {backend['name']}:{backend['port']}, which is not a port for requests"
        for parent in route["spec"]["parentRefs"]:
            gateway = source.named(parent["name"], "Gateway")
            listeners = [listener["name"] for listener in (gateway or {"spec": {"listeners": []}})["spec"]["listeners"]]
            if parent.get("sectionName") not in listeners:
                yield f"{title(route)}: hangs on {parent['name']}/{parent.get('sectionName')}, which is not there"
    for gateway in source.of("Gateway"):
        if source.named(gateway["spec"]["gatewayClassName"], "GatewayClass") is None:
            yield f"{title(gateway)}: class {gateway['spec']['gatewayClassName']} is not there"


def waves(source: Source) -> Iterator[str]:
    """Accounts, policies and secrets first; settings before pods; scalers after what they scale."""
    first = {"Namespace", "ServiceAccount", "NetworkPolicy", "ExternalSecret"}
    for manifest in source.manifests:
        if manifest["kind"] in first and manifest["metadata"].get("namespace", "farol") in ("farol", "tracing") and wave(manifest) >= -1:
            if name_of(manifest).startswith("adminer"):
                continue
            yield f"{title(manifest)}: wave {wave(manifest)} is not before the migration's"


def zones(source: Source) -> Iterator[str]:
    if source.name.startswith("prod"):
        for workload in (Workload(found) for found in source.of("Deployment", "Rollout") if name_of(found).startswith("farol-")):
            rules = {rule["topologyKey"]: rule["whenUnsatisfiable"] for rule in workload.spec.get("topologySpreadConstraints", [])}
            if rules.get("topology.kubernetes.io/zone") != "DoNotSchedule":
                yield f"{workload.title}: two replicas may be in one zone"


CHECKS = (scaling, seed_figures, requests_of_seeds, rolling, analysis, secrets, edge, waves, zones)
ALL_SOURCES = (namespaces,)


def platform_figures(root: Path) -> Iterator[str]:
    """7 days on 10Gi, 2Gi for alerts, 5Gi for boards, as Prometheus' chart is told."""
    import yaml

    values = yaml.safe_load((root / "deploy/kubernetes/platform/values/kube-prometheus-stack.yaml").read_text())
    prometheus = values["prometheus"]["prometheusSpec"]
    alertmanager = values["alertmanager"]["alertmanagerSpec"]["storage"]
    claim = ("volumeClaimTemplate", "spec", "resources", "requests", "storage")
    found = {
        "retention": (prometheus.get("retention"), "7d"),
        "Prometheus' disk": (inside(prometheus["storageSpec"], claim), "10Gi"),
        "Alertmanager's disk": (inside(alertmanager, claim), "2Gi"),
        "Grafana's disk": (values["grafana"]["persistence"]["size"], "5Gi"),
        "label of boards": (values["grafana"]["sidecar"]["dashboards"]["label"], "grafana_dashboard"),
    }
    for what, (is_now, wanted) in found.items():
        if is_now != wanted:
            yield f"kube-prometheus-stack: {what} is {is_now}, not {wanted}"


def inside(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value[key]
    return value
