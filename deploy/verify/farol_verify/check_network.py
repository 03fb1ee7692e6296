"""Network policies against the connections that the architecture has: each is open, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .pods import Workload, selects, workloads
from .render import Source

DNS = {("kube-system/k8s-app=kube-dns", "UDP/53"), ("kube-system/k8s-app=kube-dns", "TCP/53")}
COLLECTOR = ("tracing/app.kubernetes.io/name=otel-agent", "TCP/4318")
PROMETHEUS = "monitoring/app.kubernetes.io/name=prometheus"
Edges = set[tuple[str, str]]


def component(names: str) -> str:
    return f"./app.kubernetes.io/component={names}"


def architecture(source: Source) -> dict[str, tuple[Edges, Edges]]:
    """Pod -> (who may come in, where it may go), with the peers as `described` writes them."""
    kind = source.name == "kind"
    data = "data subnets"
    # dev signs in by SCRAM, the others by IAM, for which they ask the node's agent who they are.
    by_iam = not kind and source.name != "dev"
    kafka = (component("kafka"), "TCP/19092") if kind else (data, "TCP/9098" if by_iam else "TCP/9096")
    identity = {("169.254.170.23/32", "TCP/80")} if by_iam else set()
    postgres = (component("postgres") if kind else data, "TCP/5432")
    redis = (component("redis") if kind else data, "TCP/6379")
    proxy = "envoy-gateway-system/gateway.envoyproxy.io/owning-gateway-name=farol-edge"
    edge = {(proxy, "TCP/8080")} if kind else {("public subnets", "TCP/8080"), ("public subnets", "TCP/8081")}
    expected = {
        "farol-gateway": ({(PROMETHEUS, "TCP/8081"), *edge}, {*DNS, COLLECTOR, kafka, postgres, redis, *identity}),
        "farol-worker": ({(PROMETHEUS, "TCP/8081")}, {*DNS, COLLECTOR, kafka, postgres, *identity}),
        "farol-migrate": (set(), {*DNS, postgres}),
        "otel-agent": (
            {("farol/app.kubernetes.io/component in gateway,worker", "TCP/4318"), (PROMETHEUS, "TCP/8888")},
            {*DNS, ("./app.kubernetes.io/name=otel-gateway", "TCP/4317"), ("anywhere", "TCP/443"), ("anywhere", "TCP/6443")},
        ),
        "otel-gateway": (
            {("./app.kubernetes.io/name=otel-agent", "TCP/4317"), (PROMETHEUS, "TCP/8888"), (PROMETHEUS, "TCP/8889")},
            {*DNS, ("./app.kubernetes.io/name=jaeger", "TCP/14317")},
        ),
        "jaeger": (
            {
                ("./app.kubernetes.io/name=otel-gateway", "TCP/14317"),
                ("monitoring/app.kubernetes.io/name=grafana", "TCP/16686"),
                (PROMETHEUS, "TCP/18888"),
                (PROMETHEUS, "TCP/8889"),
            },
            {*DNS, (PROMETHEUS, "TCP/9090")},
        ),
    }
    # One policy lets Prometheus in to all of the namespace, and not every pod there listens on 8889.
    expected["otel-agent"][0].add((PROMETHEUS, "TCP/8889"))
    if kind:
        callers = "app.kubernetes.io/component in "
        expected |= {
            "kafka": ({(f"./{callers}gateway,kafka-topic,worker", "TCP/19092")}, DNS),
            "kafka-topic": (set(), {*DNS, kafka}),
            "postgres": ({(f"./{callers}adminer,gateway,migrate,postgres-roles,worker", "TCP/5432")}, DNS),
            "postgres-roles": (set(), {*DNS, postgres}),
            "redis": ({(component("gateway"), "TCP/6379")}, DNS),
        }
    return expected


def connections(source: Source) -> Iterator[str]:
    expected = architecture(source)
    for workload in workloads(source):
        if workload.name not in expected:
            yield f"{workload.title}: check_network.py does not know whom it talks to"
            continue
        for direction, wanted in zip(("Ingress", "Egress"), expected[workload.name]):
            policies = [policy for policy in source.of("NetworkPolicy") if applies(policy, workload, direction)]
            if not policies:
                yield f"{workload.title}: {direction} is not closed by any policy"
            open_now = {edge for policy in policies for edge in edges(policy, workload, direction)}
            for peer, port in sorted(wanted - open_now):
                yield f"{workload.title}: {direction} {peer} {port} is needed and closed"
            for peer, port in sorted(open_now - wanted):
                yield f"{workload.title}: {direction} {peer} {port} is open and nobody needs it"


def applies(policy: dict[str, Any], workload: Workload, direction: str) -> bool:
    spec = policy["spec"]
    same = policy["metadata"]["namespace"] == workload.namespace
    return same and direction in spec["policyTypes"] and selects(spec["podSelector"], workload.labels)


def edges(policy: dict[str, Any], workload: Workload, direction: str) -> Iterator[tuple[str, str]]:
    """A rule without peers is everybody, one without ports every port. Names of ports are those of the pods that come in to."""
    word, side = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    for rule in policy["spec"].get(word, []):
        for peer in rule.get(side) or [{}]:
            for port in rule.get("ports") or [{"port": "every port"}]:
                number = port["port"]
                if isinstance(number, str) and number != "every port":
                    if number not in workload.ports:
                        continue
                    number = workload.ports[number]
                yield described(peer), f"{port.get('protocol', 'TCP')}/{number}"


def described(peer: dict[str, Any]) -> str:
    if "ipBlock" in peer:
        return network(peer["ipBlock"]["cidr"])
    if not peer or not {"podSelector", "namespaceSelector"} & set(peer):
        return "everybody"
    selector = peer.get("namespaceSelector")
    namespace = "." if selector is None else selector.get("matchLabels", {}).get("kubernetes.io/metadata.name", "every namespace")
    return f"{namespace}/{labels(peer.get('podSelector') or {})}"


def labels(selector: dict[str, Any]) -> str:
    exact = [f"{key}={value}" for key, value in sorted(selector.get("matchLabels", {}).items())]
    listed = [f"{rule['key']} {rule['operator'].lower()} {','.join(sorted(rule.get('values', [])))}" for rule in selector.get("matchExpressions", [])]
    return " ".join(exact + listed) or "every pod"


def network(cidr: str) -> str:
    """What deploy/terraform's module vpc cuts: public subnets from .0, data subnets from .8."""
    if cidr == "0.0.0.0/0":
        return "anywhere"
    first, second, rest = cidr.split(".", 2)
    known = {"0.0/22": "public subnets", "8.0/22": "data subnets"}
    return known.get(rest, cidr) if (first, second[:2]) == ("10", "10") else cidr


def adminer(source: Source) -> Iterator[str]:
    """The optional page for the database reaches it wherever the component is added."""
    labels = {"app.kubernetes.io/component": "adminer"}
    policy = source.named("farol-to-postgres", "NetworkPolicy")
    if source.name != "kind" and (policy is None or not selects(policy["spec"]["podSelector"], labels)):
        yield "NetworkPolicy/farol-to-postgres: does not let adminer through, so the component would show nothing"


CHECKS = (connections, adminer)
