"""Names on which Terraform and the manifests must agree: service accounts, secrets, topic, group, ports, address ranges."""

from __future__ import annotations

import importlib
import ipaddress
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .jobs import Job
from .terraform import Failed
from .tools import Tools

PROGRAMS = ("farol-gateway", "farol-worker", "farol-migrate")
# Policy of an overlay -> the store behind it.
POLICIES = {"farol-to-kafka": "kafka", "farol-to-postgres": "rds", "gateway-to-redis": "redis"}


def planned(tools: Tools, manifests: Path, facts: dict[str, Path]) -> list[Job]:
    """One check per environment; absent manifests are a failure, not a pass."""
    found = [Job(f"kubernetes {env}", lambda env=env, place=place: compared(tools, manifests, env, place)) for env, place in facts.items()]
    if not (manifests / "base").is_dir():
        return found
    return found + [Job(f"mistake: {m.name}", lambda m=m: seen(tools, manifests, facts["dev"], m)) for m in SEEDED]


@dataclass(frozen=True)
class Mistake:
    """A change of one manifest, and words of the difference that must come of it."""

    name: str
    file: str
    old: str
    new: str
    says: str


SEEDED = (
    Mistake("a service account without a role", "base/service-accounts.yaml", "name: farol-worker", "name: farol-consumer", "no service account"),
    Mistake("a topic that nobody makes", "base/kustomization.yaml", "=farol.events", "=farol.event", "use the topic"),
    Mistake("a group that no policy allows", "base/kustomization.yaml", "GROUP=farol-worker", "GROUP=workers", "joins the group"),
    Mistake("a port that is shut", "overlays/dev/network.yaml", "port: 9096", "port: 9092", "lets out to ports"),
    Mistake("a secret that nobody makes", "overlays/dev/kustomization.yaml", "farol/dev/redis", "farol/dev/cache", "does not make"),
    Mistake("a load balancer that is open to the world", "overlays/dev/kustomization.yaml", "[farol-dev-load-balancer]", "[farol-edge]", "security group"),
    Mistake("another network", "overlays/dev/network.yaml", "cidr: 10.102.8.0/22", "cidr: 10.103.8.0/22", "leaves out the subnet"),
)


def seen(tools: Tools, manifests: Path, facts: Path, mistake: Mistake) -> str:
    """Fails where the mistake is not seen in a copy of the manifests."""
    with tempfile.TemporaryDirectory(prefix="farol-mistake-") as name:
        copy = Path(name) / "kubernetes"
        shutil.copytree(manifests, copy)
        file = copy / mistake.file
        if mistake.old not in file.read_text():
            raise Failed(f"{mistake.file} no longer holds what this mistake changes: {mistake.old}")
        file.write_text(file.read_text().replace(mistake.old, mistake.new, 1))
        try:
            compared(tools, copy, "dev", facts)
        except Failed as failure:
            if mistake.says not in str(failure):
                raise Failed(f"failed, but not because of the mistake:\n{failure}") from failure
            return "seen"
    raise Failed("names are said to agree in spite of it")


def compared(tools: Tools, manifests: Path, environment: str, facts: Path) -> str:
    if not (manifests / "base").is_dir():
        raise Failed(f"{manifests} holds no manifests; names cannot be compared with them")
    sys.path.insert(0, str(tools.yaml))
    yaml = importlib.import_module("yaml")
    made = Made.read(json.loads(facts.read_text()))
    used = Used.read(yaml, manifests, environment)
    if wrong := list(differences(made, used, environment)):
        raise Failed("\n".join(wrong))
    return f"{len(PROGRAMS)} accounts, {len(used.secrets)} secrets, topic, group, {len(used.policies)} openings agree"


@dataclass(frozen=True)
class Made:
    """What the stacks' outputs say."""

    accounts: set[tuple[str, str]]
    secrets: set[str]
    topics: dict[str, int]
    groups: set[str]
    ports: dict[str, set[int]]
    security_groups: set[str]
    data: list[str]
    public: list[str]

    @classmethod
    def read(cls, states: dict[str, Any]) -> Made:
        out = {name: next(iter(state["outputs"].values()))["value"] for name, state in states.items()}
        ports: dict[str, set[int]] = {}
        for opening in out["02-security-groups"]["openings"].values():
            ports.setdefault(f"{opening['from']}>{opening['to']}", set()).update(range(opening["ports"][0], opening["ports"][1] + 1))
        return cls(
            accounts={(role["namespace"], role["service_account"]) for role in out["03-iam"]["pod_roles"].values()},
            secrets=set(out["03-iam"]["secret_names"]),
            topics={t["name"]: t["partition_count"] for t in attributes(states["07-kafka"], "aws_msk_topic")},
            # The stub's ARN of a cluster has no ":cluster/" to be replaced, so a group is found by its statement.
            groups={
                resource.rsplit("/", 1)[1]
                for policy in out["07-kafka"]["client_policies"].values()
                for statement in json.loads(policy)["Statement"]
                if statement["Sid"] == "Group"
                for resource in statement["Resource"]
            },
            ports=ports,
            security_groups={group["name"] for group in attributes(states["02-security-groups"], "aws_security_group")},
            data=[s["cidr_block"] for s in attributes(states["01-vpc"], "aws_subnet", "data")],
            public=[s["cidr_block"] for s in attributes(states["01-vpc"], "aws_subnet", "public")],
        )


def attributes(state: dict[str, Any], kind: str, name: str | None = None) -> list[dict[str, Any]]:
    """Attributes of all instances of a resource in a state."""
    return [
        instance["attributes"]
        for resource in state["resources"]
        if resource["mode"] == "managed" and resource["type"] == kind and name in (None, resource["name"])
        for instance in resource["instances"]
    ]


@dataclass(frozen=True)
class Used:
    """What base, components and the environment's overlay name."""

    accounts: set[tuple[str, str]]
    secrets: set[str]
    settings: dict[str, str]
    keda: dict[str, Any]
    policies: dict[str, tuple[set[str], set[int]]]
    edge: set[str]
    security_groups: set[str]

    @classmethod
    def read(cls, yaml: Any, manifests: Path, environment: str) -> Used:
        overlay = manifests / "overlays" / environment
        if not overlay.is_dir():
            raise Failed(f"{overlay} is missing")
        common = documents(yaml, [manifests / "base", manifests / "components"])
        own = documents(yaml, [overlay])
        shared = [manifests / "components", manifests / "platform", overlay, manifests.parent / "argocd"]
        text = "".join(path.read_text() for place in shared for path in sorted(place.rglob("*.yaml")))
        kafka = [d for d in common if d.get("kind") == "ScaledObject" and d["metadata"]["name"] == "farol-worker"]
        settings = dict(pair.split("=", 1) for d in common + own for g in d.get("configMapGenerator", []) for pair in g.get("literals", []))
        policies = {d["metadata"]["name"]: opening(d) for d in own if d.get("kind") == "NetworkPolicy" and d["metadata"]["name"] in POLICIES}
        return cls(
            accounts={(d["metadata"]["namespace"], d["metadata"]["name"]) for d in common if d.get("kind") == "ServiceAccount"},
            # In what environments share, `environment` stands where each puts its name.
            secrets={f"farol/{environment}/{name}" for name in re.findall(rf"\bfarol/(?:environment|{environment})/([\w-]+)", text)},
            settings=settings,
            keda=kafka[0]["spec"] if kafka else {},
            policies=policies,
            edge={
                block["ipBlock"]["cidr"]
                for d in own
                if d.get("kind") == "NetworkPolicy" and d["metadata"]["name"] == "edge-to-gateway"
                for rule in d["spec"]["ingress"]
                for block in rule["from"]
            },
            security_groups=set(re.findall(r"path: /spec/securityGroups\n +value: \[([\w-]+)\]", text)),
        )


def documents(yaml: Any, places: list[Path]) -> list[dict[str, Any]]:
    """All YAML documents of some folders; patches that are lists are none."""
    found = []
    for path in sorted(file for place in places for file in place.rglob("*.yaml")):
        found += [document for document in yaml.safe_load_all(path.read_text()) if isinstance(document, dict)]
    return found


def opening(policy: dict[str, Any]) -> tuple[set[str], set[int]]:
    """Ranges and ports that a policy lets out to."""
    rules = policy["spec"].get("egress", [])
    ranges = {to["ipBlock"]["cidr"] for rule in rules for to in rule.get("to", []) if "ipBlock" in to}
    return ranges, {port["port"] for rule in rules for port in rule.get("ports", [])}


def differences(made: Made, used: Used, environment: str) -> Iterator[str]:
    for program in PROGRAMS:
        if ("farol", program) not in used.accounts:
            yield f"the manifests have no service account farol/{program}"
        if ("farol", program) not in made.accounts:
            yield f"Terraform makes no role for farol/{program}"
    if not used.secrets:
        yield f"the overlay {environment} names no secret farol/{environment}/…"
    if missing := used.secrets - made.secrets:
        yield f"the manifests read secrets that Terraform does not make: {sorted(missing)}"
    if unread := made.secrets - used.secrets:
        yield f"Terraform makes secrets that nobody reads: {sorted(unread)}"
    topic, group = used.settings.get("FAROL_KAFKA_TOPIC"), used.settings.get("FAROL_KAFKA_GROUP")
    if topic not in made.topics:
        yield f"the programs use the topic {topic}; Terraform makes {sorted(made.topics)}"
    if group not in made.groups:
        yield f"the worker joins the group {group}; its policy allows {sorted(made.groups)}"
    if most := used.keda.get("maxReplicaCount"):
        if topic in made.topics and most > made.topics[topic]:
            yield f"KEDA starts up to {most} workers for {made.topics[topic]} partitions: the others would idle"
    brokers = {int(port) for port in re.findall(r":(\d+)", used.settings.get("FAROL_KAFKA_BROKERS", ""))}
    if not brokers or brokers - made.ports["nodes>kafka"]:
        yield f"brokers are called on {sorted(brokers)}; security groups open {sorted(made.ports['nodes>kafka'])}"
    yield from openings(made, used)


def openings(made: Made, used: Used) -> Iterator[str]:
    for policy, store in POLICIES.items():
        if policy not in used.policies:
            yield f"the overlay has no policy {policy}"
            continue
        ranges, ports = used.policies[policy]
        if not ports or ports - made.ports[f"nodes>{store}"]:
            yield f"{policy} lets out to ports {sorted(ports)}; security groups open {sorted(made.ports[f'nodes>{store}'])}"
        yield from uncovered(policy, ranges, made.data)
    yield from uncovered("edge-to-gateway", used.edge, made.public)
    if not used.security_groups or used.security_groups - made.security_groups:
        yield f"the load balancer's security group is {sorted(used.security_groups)}; Terraform makes {sorted(made.security_groups)}"
    ports = {int(used.settings[name].rsplit(":", 1)[1]) for name in ("FAROL_HTTP_ADDR", "FAROL_MANAGEMENT_ADDR") if name in used.settings}
    if len(ports) != 2 or ports - made.ports["load-balancer>nodes"]:
        yield f"the gateway listens on {sorted(ports)}; the load balancer may call {sorted(made.ports['load-balancer>nodes'])}"


def uncovered(policy: str, ranges: set[str], subnets: list[str]) -> Iterator[str]:
    for subnet in subnets:
        if not any(ipaddress.ip_network(subnet).subnet_of(ipaddress.ip_network(cidr)) for cidr in ranges):
            yield f"{policy} speaks to {sorted(ranges)}, which leaves out the subnet {subnet}"
