"""What the manifests say of scaling: read, never repeated, so that the arithmetic cannot drift from what a cluster is given."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import python_tools
from ..component import StackError
from ..context import Context
from .hpa import Behavior, Policy, Rules

# Kubernetes' own, where a manifest is silent (autoscaling/v2, HPAScalingRules).
UP_BY_DEFAULT = Rules(0, (Policy("Pods", 4, 15), Policy("Percent", 100, 15)))
DOWN_BY_DEFAULT = Rules(300, (Policy("Percent", 100, 15),))


@dataclass(frozen=True)
class GatewayScaling:
    """The HPA of the gateway, and the request that its percentage is of."""

    least: int
    most: int
    utilization: float
    request_cores: float
    behavior: Behavior


@dataclass(frozen=True)
class WorkerScaling:
    """KEDA's ScaledObject of the worker; it makes an HPA with two metrics."""

    least: int
    most: int
    lag_threshold: float
    utilization: float
    request_cores: float
    behavior: Behavior


def read(ctx: Context, environment: str | None) -> tuple[GatewayScaling, WorkerScaling]:
    """Both, as an overlay changes them."""
    load = yaml_loader(ctx)
    kubernetes = ctx.root / "deploy/kubernetes"
    hpa = first(load((kubernetes / "components/hpa/gateway.yaml").read_text()), "HorizontalPodAutoscaler")["spec"]
    keda = first(load((kubernetes / "components/keda/worker.yaml").read_text()), "ScaledObject")["spec"]
    if environment:
        patch(keda, load, kubernetes / "overlays" / environment / "kustomization.yaml")
    gateway_cores = request(load((kubernetes / "base/gateway.yaml").read_text()))
    worker_cores = request(load((kubernetes / "base/worker.yaml").read_text()))
    return gateway(hpa, gateway_cores), worker(keda, worker_cores)


def yaml_loader(ctx: Context) -> Any:
    """PyYAML, which is not part of Python: all documents of a text."""
    tools = python_tools.installed(ctx, "check-tools", ctx.root / "deploy/native/check-requirements.txt")
    sys.path.insert(0, str(tools))
    try:
        yaml = importlib.import_module("yaml")
    finally:
        sys.path.remove(str(tools))
    return lambda text: [document for document in yaml.safe_load_all(text) if document]


def first(documents: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(document for document in documents if document["kind"] == kind)


def gateway(spec: dict[str, Any], cores: float) -> GatewayScaling:
    (metric,) = spec["metrics"]
    if metric["resource"]["name"] != "cpu" or metric["resource"]["target"]["type"] != "Utilization":
        raise StackError("the HPA of the gateway scales by something else than CPU: the arithmetic has to learn it")
    utilization = metric["resource"]["target"]["averageUtilization"] / 100
    return GatewayScaling(spec["minReplicas"], spec["maxReplicas"], utilization, cores, behavior(spec.get("behavior", {})))


def worker(spec: dict[str, Any], cores: float) -> WorkerScaling:
    triggers = {trigger["type"]: trigger for trigger in spec["triggers"]}
    if triggers.keys() != {"kafka", "cpu"} or spec["pollingInterval"] != 15:
        raise StackError("the ScaledObject of the worker has other triggers than lag and CPU, or polls otherwise: the arithmetic has to learn it")
    rules = spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {}).get("behavior", {})
    lag, utilization = float(triggers["kafka"]["metadata"]["lagThreshold"]), float(triggers["cpu"]["metadata"]["value"]) / 100
    return WorkerScaling(spec["minReplicaCount"], spec["maxReplicaCount"], lag, utilization, cores, behavior(rules))


def behavior(spec: dict[str, Any]) -> Behavior:
    return Behavior(rules(spec.get("scaleUp"), UP_BY_DEFAULT), rules(spec.get("scaleDown"), DOWN_BY_DEFAULT))


def rules(spec: dict[str, Any] | None, default: Rules) -> Rules:
    if spec is None:
        return default
    if spec.get("selectPolicy", "Max") != "Max":
        raise StackError(f"selectPolicy {spec['selectPolicy']} is not understood")
    policies = tuple(Policy(policy["type"], policy["value"], policy["periodSeconds"]) for policy in spec.get("policies", []))
    return Rules(spec.get("stabilizationWindowSeconds", default.window), policies or default.policies)


def request(documents: list[dict[str, Any]]) -> float:
    """The CPU that the one container asks for, in cores."""
    (container,) = first(documents, "Deployment")["spec"]["template"]["spec"]["containers"]
    text = container["resources"]["requests"]["cpu"]
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def patch(spec: dict[str, Any], load: Any, kustomization: Path) -> None:
    """What the overlay replaces in the ScaledObject's spec."""
    (document,) = load(kustomization.read_text())
    for entry in document.get("patches", []):
        if entry["target"]["kind"] == "ScaledObject":
            (operations,) = load(entry["patch"])
            for operation in operations:
                path = operation["path"].split("/")[1:]
                if operation["op"] == "replace" and len(path) == 2 and path[0] == "spec":
                    spec[path[1]] = operation["value"]
