"""Who reads the node's log files: root without a capability, read only, by a security context that says so; the rest as everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from . import check_pods
from .pods import Workload, references, workloads
from .render import Source, title

# The pods that may see files of the node, and which: path -> whether it may be written.
READERS = {
    "fluent-bit": {"/var/log": False, "/var/lib/fluent-bit": True},
    "filebeat": {"/var/log": False, "/var/lib/filebeat": True},
}
# A start script that writes beside its settings.
WRITABLE_ROOT = {"elasticsearch", "logstash"}
# Secrets that people make, because no program may know them.
BY_HAND = {"opensearch-login", "elk-passwords"}
NAMESPACE = "logging"


def hardening(source: Source) -> Iterator[str]:
    """What holds for all pods, but for the few things that log files need."""
    for workload in workloads(source):
        found = list(check_pods.hardening(Source(source.name, [workload.manifest])))
        excused = excuses(workload)
        yield from (text for text in found if not text.startswith(excused))
        if workload.name in READERS:
            yield from reader(workload)


def excuses(workload: Workload) -> tuple[str, ...]:
    if workload.name in READERS:
        return (f"{workload.title}: may run as root", f"{workload.title}: volume logs is a hostPath", f"{workload.title}: volume state is a hostPath")
    if workload.name in WRITABLE_ROOT:
        return (f"{workload.title}: {workload.name}: can write to its root",)
    return ()


def reader(workload: Workload) -> Iterator[str]:
    """Explicit, so that neither an image's default nor a cluster's policy decides how the files are opened."""
    if workload.spec.get("securityContext", {}).get("runAsUser") != 0:
        yield f"{workload.title}: its user is not said to be root, whose files the logs are"
    if workload.namespace != NAMESPACE:
        yield f"{workload.title}: mounts the node's files outside the namespace {NAMESPACE}"
    allowed = READERS[workload.name]
    paths = {volume["name"]: volume["hostPath"]["path"] for volume in workload.spec.get("volumes", []) if "hostPath" in volume}
    for path in sorted(set(paths.values()) ^ allowed.keys()):
        yield f"{workload.title}: {path} of the node is mounted or missing, against the list in check_logging.py"
    for container in workload.containers:
        context = container.get("securityContext")
        if not context or context.get("privileged") is not False:
            yield f"{workload.title}: {container['name']} has log mounts and no security context that rules privilege out"
        for mount in container.get("volumeMounts", []):
            path = paths.get(mount["name"])
            if path is not None and not allowed.get(path, False) and mount.get("readOnly") is not True:
                yield f"{workload.title}: {container['name']} can write to {path} of the node"


def referenced(source: Source) -> Iterator[str]:
    for text in check_pods.referenced(source):
        if not any(f"Secret {name} is not made" in text for name in BY_HAND):
            yield text
    for workload in workloads(source):
        for kind, name, _ in references(workload):
            if kind == "Secret" and name not in BY_HAND:
                yield f"{workload.title}: Secret {name} comes from nowhere"


def closed(source: Source) -> Iterator[str]:
    """Every pod is chosen by a policy of its own that says who comes in or where it goes; nothing is open to everybody."""
    policies = source.of("NetworkPolicy")
    if source.name != "logging setup" and source.named("default-deny", "NetworkPolicy") is None:
        yield "NetworkPolicy/default-deny is missing"
    for workload in workloads(source):
        if not any(check_pods.selects(policy["spec"]["podSelector"], workload.labels) and policy["spec"]["podSelector"] for policy in policies):
            yield f"{workload.title}: no network policy is about it"
    for policy in policies:
        for rule in [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]:
            if not rule.get("ports") or not (rule.get("from") or rule.get("to")):
                yield f"{title(policy)}: a rule without peers or ports is open to everybody"


def identity(sources: list[Source], root: Path) -> Iterator[str]:
    """Terraform's role is bound to exactly the account that Fluent Bit runs under."""
    terraform = (root / "deploy/terraform/modules/iam/variables.tf").read_text()
    bound = re.search(r'fluent-bit\s+= \{ namespace = "([^"]+)", service_account = "([^"]+)" \}', terraform)
    for source in (source for source in sources if source.name == "logging opensearch"):
        account = source.named("fluent-bit", "ServiceAccount")
        used = (account["metadata"]["namespace"], account["metadata"]["name"]) if account else None
        if bound is None or used != bound.groups():
            yield f"{source.name}: ServiceAccount {used} has no role: Terraform binds {bound and bound.groups()}"


def tempo(source: Source) -> Iterator[str]:
    """The collector tier is told a file that it has, and may go where that file says."""
    workload = next(found for found in workloads(source) if found.name == "otel-gateway")
    files = {key for kind, name, _ in references(workload) if kind == "ConfigMap" for key in (check_pods.produced_keys(source, kind, name) or ({}, set()))[1]}
    for argument in workload.spec["containers"][0]["args"]:
        if (name := argument.rpartition("/")[2]) not in files:
            yield f"{workload.title}: is told to read {name}, which no ConfigMap of its holds"
    if "--config=/etc/otel/tempo.yaml" not in workload.spec["containers"][0]["args"]:
        yield f"{workload.title}: is not told to read tempo.yaml"
    if source.named("otel-gateway-to-tempo", "NetworkPolicy") is None:
        yield f"{workload.title}: no policy lets it reach Tempo"


CHECKS = (hardening, referenced, closed, check_pods.images, check_pods.resources, check_pods.accounts, check_pods.selectors, check_pods.spread_and_budget)
