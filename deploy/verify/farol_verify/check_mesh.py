"""The mesh against the network policies: whoever may talk to another pod may do so through it, at the meant port, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .check_network import applies
from .pods import Workload, selects, workloads
from .render import Source, name_of

MESH = ("farol", "tracing")
HBONE = 15008
# What the kubelet's probes come from, once a pod is in the mesh.
PROBES = "169.254.7.127/32"
OUTSIDE = "outside"
Edge = tuple[str, int]


def enrolled(source: Source) -> Iterator[str]:
    for name in MESH:
        namespace = source.named(name, "Namespace")
        if namespace is None or namespace["metadata"].get("labels", {}).get("istio.io/dataplane-mode") != "ambient":
            yield f"Namespace/{name}: is not in the ambient mesh"
        if policies(source, "PeerAuthentication", name) == [] or strict(source, name) != "STRICT":
            yield f"Namespace/{name}: mutual TLS is not a must"
        if not any(policy["spec"] == {} for policy in policies(source, "AuthorizationPolicy", name)):
            yield f"Namespace/{name}: what no policy names is allowed"


def policies(source: Source, kind: str, namespace: str) -> list[dict[str, Any]]:
    return [found for found in source.of(kind) if found["metadata"].get("namespace") == namespace]


def strict(source: Source, namespace: str) -> str | None:
    whole = [found["spec"] for found in policies(source, "PeerAuthentication", namespace) if "selector" not in found["spec"]]
    return whole[0]["mtls"]["mode"] if len(whole) == 1 else None


def hbone(source: Source) -> Iterator[str]:
    """15008 is open where another port is, both ways, between two pods of the mesh, and nowhere else."""
    for workload in workloads(source):
        for direction in ("Ingress", "Egress"):
            opened = set(edges(source, workload, direction))
            meant = {other for other, port in opened if port != HBONE and other != OUTSIDE}
            tunnelled = {other for other, port in opened if port == HBONE}
            for other in sorted(meant - tunnelled):
                yield f"{workload.title}: {direction} {other} is open and {HBONE} to it is not: the mesh would cut it off"
            for other in sorted(tunnelled - meant):
                yield f"{workload.title}: {direction} {other} {HBONE} is open and nobody needs it"


def probes(source: Source) -> Iterator[str]:
    for namespace in MESH:
        found = [policy["spec"] for policy in source.of("NetworkPolicy") if policy["metadata"]["namespace"] == namespace]
        peers = [peer for spec in found if spec["podSelector"] == {} for rule in spec.get("ingress", []) for peer in rule.get("from", [])]
        if {"ipBlock": {"cidr": PROBES}} not in peers:
            yield f"Namespace/{namespace}: the kubelet's probes ({PROBES}) reach no pod of the mesh"


def authorized(source: Source) -> Iterator[str]:
    """By account and port exactly what the network policies open; without an account only at ports that also take plain connections."""
    pods = {workload.name: workload for workload in workloads(source)}
    for workload in pods.values():
        wanted = set()
        for other, port in edges(source, workload, "Ingress"):
            if port != HBONE and port in workload.ports.values():
                wanted.add((principal(pods[other]) if other != OUTSIDE else OUTSIDE, port))
        allowed = set(rules(source, workload))
        known = {principal(pod) for pod in pods.values()} | {OUTSIDE}
        for who, port in sorted(wanted - allowed):
            yield f"{workload.title}: {who} may not reach {port} through the mesh"
        for who, port in sorted(edge for edge in allowed - wanted if edge[0] in known):
            yield f"{workload.title}: {who} may reach {port} through the mesh and does not need it"
        plain = {port for who, port in wanted if who == OUTSIDE}
        if plain != permissive(source, workload):
            yield f"{workload.title}: takes plain connections at {sorted(permissive(source, workload))}, and is asked from outside at {sorted(plain)}"


def edges(source: Source, workload: Workload, direction: str) -> Iterator[Edge]:
    """(pod of the mesh or `outside`, port) of every opening; a pod that is asked by name and number."""
    word, side = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    for policy in source.of("NetworkPolicy"):
        if not applies(policy, workload, direction):
            continue
        for rule in policy["spec"].get(word, []):
            for peer in rule.get(side, []):
                if peer.get("ipBlock", {}).get("cidr") == PROBES:
                    continue
                chosen = [pod for pod in workloads(source) if pod.namespace in MESH and is_peer(peer, policy, pod)]
                for port in rule.get("ports", []):
                    yield from targets(workload, direction, chosen, port["port"], inside(peer, policy))


def targets(workload: Workload, direction: str, chosen: list[Workload], port: int | str, within: bool) -> Iterator[Edge]:
    for pod in chosen:
        number = port if isinstance(port, int) else (workload if direction == "Ingress" else pod).port(port)
        if number is not None:
            yield pod.name, number
    if not within:
        number = workload.port(port) if direction == "Ingress" else port
        if isinstance(number, int):
            yield OUTSIDE, number


def inside(peer: dict[str, Any], policy: dict[str, Any]) -> bool:
    """Whether a peer is a namespace of the mesh."""
    if "ipBlock" in peer:
        return False
    selector = peer.get("namespaceSelector")
    name = policy["metadata"]["namespace"] if selector is None else selector.get("matchLabels", {}).get("kubernetes.io/metadata.name")
    return name in MESH


def is_peer(peer: dict[str, Any], policy: dict[str, Any], pod: Workload) -> bool:
    if "ipBlock" in peer:
        return False
    selector = peer.get("namespaceSelector")
    same = pod.namespace == policy["metadata"]["namespace"] if selector is None else selects(selector, {"kubernetes.io/metadata.name": pod.namespace})
    return same and selects(peer.get("podSelector"), pod.labels)


def principal(pod: Workload) -> str:
    return f"cluster.local/ns/{pod.namespace}/sa/{pod.spec.get('serviceAccountName')}"


def rules(source: Source, workload: Workload) -> Iterator[Edge]:
    for policy in policies(source, "AuthorizationPolicy", workload.namespace):
        spec = policy["spec"]
        if "selector" not in spec or not selects(spec["selector"], workload.labels):
            continue
        for rule in spec.get("rules", []):
            who = [name for entry in rule.get("from", []) for name in entry["source"]["principals"]] or [OUTSIDE]
            ports = [int(port) for entry in rule["to"] for port in entry["operation"]["ports"]]
            yield from ((name, port) for name in who for port in ports)


def permissive(source: Source, workload: Workload) -> set[int]:
    return {
        int(port)
        for policy in policies(source, "PeerAuthentication", workload.namespace)
        if "selector" in policy["spec"] and selects(policy["spec"]["selector"], workload.labels)
        for port, mode in policy["spec"].get("portLevelMtls", {}).items()
        if mode["mode"] == "PERMISSIVE"
    }


def nobody_is_forgotten(source: Source) -> Iterator[str]:
    """A selector that chooses no pod is a name that was changed elsewhere; data pods are not in every overlay."""
    data = {"kafka", "postgres", "redis"} if "kind" not in source.name else set()
    for kind in ("PeerAuthentication", "AuthorizationPolicy"):
        for policy in (policy for namespace in MESH for policy in policies(source, kind, namespace)):
            selector = policy["spec"].get("selector")
            if selector and name_of(policy) not in data and not any(selects(selector, pod.labels) for pod in workloads(source)):
                yield f"{kind}/{name_of(policy)}: chooses no pod"


CHECKS = (enrolled, hbone, probes, authorized, nobody_is_forgotten)
