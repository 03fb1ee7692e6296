"""What must be true of every pod: images, limits, hardening, references, and the places where it may run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .pods import SCALED, Workload, produced_keys, references, selects, wave, workloads
from .render import Source, name_of, title

# The only pods whose account has a token, and why.
TOKENS = {
    "otel-agent": "asks the API server for the pods of its node",
    "fluent-bit": "the same, for the labels of the pods whose lines it reads",
    "filebeat": "the same",
}
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
COLLECTOR = "farol/otel-collector-kubernetes"
OURS = {"gateway": "farol/gateway", "worker": "farol/worker", "migrate": "farol/worker", "otel-agent": COLLECTOR, "otel-gateway": COLLECTOR}
VOLUMES = {"configMap", "secret", "projected", "emptyDir", "persistentVolumeClaim", "downwardAPI"}


def images(source: Source) -> Iterator[str]:
    """One name everywhere, the one that is built; where it is promoted, by digest, and the migration is the worker's own."""
    used: dict[str, str] = {}
    for workload in workloads(source):
        for container in workload.containers:
            image = container["image"]
            where = f"{workload.title}: {container['name']}"
            if not DIGEST.search(image) and (":" not in image.rpartition("/")[2] or image.endswith(":latest")):
                yield f"{where}: image {image} has no version"
            if expected := OURS.get(container["name"]):
                used[container["name"]] = image
                name = re.split(r"[@:]", image.removeprefix("localhost:5000/"))[0]
                if name != expected and not name.endswith("/" + expected):
                    yield f"{where}: image {name} is not {expected}, which is what is built"
                if source.is_farol and source.name != "kind" and not DIGEST.search(image):
                    yield f"{where}: image {image} is not named by its digest"
    if used.get("migrate") != used.get("worker"):
        yield f"the migration runs {used.get('migrate')}, the worker {used.get('worker')}: they must be one image"


def resources(source: Source) -> Iterator[str]:
    for workload in workloads(source):
        for container in workload.containers:
            given = container.get("resources", {})
            requests, limits = given.get("requests", {}), given.get("limits", {})
            for kind, values in (("requests", requests), ("limits", limits)):
                if "memory" not in values:
                    yield f"{workload.title}: {container['name']} has no memory in its {kind}"
            if "cpu" not in requests:
                yield f"{workload.title}: {container['name']} requests no cpu"
            if "cpu" in limits:
                yield f"{workload.title}: {container['name']} has a limit of cpu, which throttles bursts"


def hardening(source: Source) -> Iterator[str]:
    """Pod security `restricted`, a root that cannot be written, and no token."""
    for workload in workloads(source):
        spec, pod = workload.spec, workload.spec.get("securityContext", {})
        if pod.get("runAsNonRoot") is not True or not pod.get("runAsUser"):
            yield f"{workload.title}: may run as root"
        if pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{workload.title}: has no seccomp profile"
        if spec.get("automountServiceAccountToken") is not False and workload.name not in TOKENS:
            yield f"{workload.title}: its pods get a token of the API server"
        if not spec.get("serviceAccountName"):
            yield f"{workload.title}: runs under the namespace's default account"
        if shared := [word for word in ("hostNetwork", "hostPID", "hostIPC") if spec.get(word)]:
            yield f"{workload.title}: shares {', '.join(shared)} with the node"
        for volume in spec.get("volumes", []):
            if kinds := set(volume) - {"name"} - VOLUMES:
                yield f"{workload.title}: volume {volume['name']} is a {', '.join(kinds)}"
        for container in workload.containers:
            yield from container_hardening(workload, container)


def container_hardening(workload: Workload, container: dict) -> Iterator[str]:
    where = f"{workload.title}: {container['name']}"
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield f"{where}: may gain privileges"
    if context.get("capabilities", {}).get("drop") != ["ALL"] or context.get("capabilities", {}).get("add"):
        yield f"{where}: keeps capabilities"
    if context.get("readOnlyRootFilesystem") is not True:
        yield f"{where}: can write to its root"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield f"{where}: takes a port of the node"


def accounts(source: Source) -> Iterator[str]:
    """Each account that is used is there, before its pods."""
    for workload in workloads(source):
        name = workload.spec.get("serviceAccountName")
        found = source.named(name, "ServiceAccount") if name else None
        if found is None:
            yield f"{workload.title}: account {name} is not made here"
        elif wave(found) > wave(workload.manifest):
            yield f"{workload.title}: account {name} comes in a later wave"
        elif found.get("automountServiceAccountToken") is not False:
            yield f"account {name} hands out tokens by default"


def referenced(source: Source) -> Iterator[str]:
    """Each Secret and ConfigMap that a pod needs is made here, with the key, and in an earlier wave."""
    for workload in workloads(source):
        for kind, name, keys in references(workload):
            made = produced_keys(source, kind, name)
            if made is None:
                yield f"{workload.title}: {kind} {name} is not made in this overlay"
                continue
            maker, there = made
            if lost := set(keys) - there:
                yield f"{workload.title}: {kind} {name} has no key {', '.join(sorted(lost))}"
            if wave(maker) >= wave(workload.manifest):
                yield f"{workload.title}: {kind} {name} comes in wave {wave(maker)}, not before {wave(workload.manifest)}"


def migration(source: Source) -> Iterator[str]:
    """A hook of the sync, after its secrets and before what needs the schema."""
    job = source.named("farol-migrate", "Job")
    if job is None:
        yield "there is no migration"
        return
    notes = job["metadata"].get("annotations", {})
    if notes.get("argocd.argoproj.io/hook") != "Sync" or notes.get("argocd.argoproj.io/hook-delete-policy") != "BeforeHookCreation":
        yield "the migration is not a hook that is made anew at every sync"
    for workload in workloads(source):
        if workload.name in ("farol-gateway", "farol-worker") and wave(workload.manifest) <= wave(job):
            yield f"{workload.title} does not wait for the migration"
    denied = source.named("default-deny", "NetworkPolicy")
    if denied is not None and wave(denied) >= wave(job):
        yield "the migration runs before the policies that let it reach the database"


def selectors(source: Source) -> Iterator[str]:
    """Selectors of workloads, Services, budgets and monitors each find what they mean."""
    pods = workloads(source)
    for workload in pods:
        selector = workload.manifest["spec"].get("selector")
        if workload.manifest["kind"] != "Job" and not selects(selector, workload.labels):
            yield f"{workload.title}: its selector does not choose its own pods"
    for service in source.of("Service"):
        namespace, selector = service["metadata"]["namespace"], {"matchLabels": service["spec"]["selector"]}
        chosen = [pod for pod in pods if pod.namespace == namespace and selects(selector, pod.labels)]
        if not chosen:
            yield f"{title(service)}: chooses no pod"
        for port in service["spec"]["ports"]:
            if not any(pod.port(port["targetPort"]) in pod.ports.values() for pod in chosen):
                yield f"{title(service)}: port {port['name']} leads to {port['targetPort']}, where nothing listens"


def spread_and_budget(source: Source) -> Iterator[str]:
    """What runs more than once runs in more than one place, and a drain takes one at a time."""
    for workload in workloads(source):
        if workload.manifest["kind"] not in SCALED or workload.manifest["spec"].get("replicas") == 1:
            continue
        chosen = [
            rule["topologyKey"] for rule in workload.spec.get("topologySpreadConstraints", []) if selects(rule["labelSelector"], workload.labels)
        ]
        if "kubernetes.io/hostname" not in chosen:
            yield f"{workload.title}: its pods may all be on one node"
        if workload.name.startswith("farol-") and "topology.kubernetes.io/zone" not in chosen:
            yield f"{workload.title}: its pods may all be in one zone"
        budgets = [budget for budget in source.of("PodDisruptionBudget") if selects(budget["spec"]["selector"], workload.labels)]
        if len(budgets) != 1:
            yield f"{workload.title}: {len(budgets)} disruption budgets choose its pods"
        elif budgets[0]["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield f"PodDisruptionBudget/{name_of(budgets[0])}: a pod that is not ready anyway holds up a drain"


CHECKS = (images, resources, hardening, accounts, referenced, selectors, spread_and_budget)
FAROL_CHECKS = (migration,)
