"""What an environment costs a month, from the sizes in its states and the list prices in prices.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .jobs import Job
from .kubernetes import attributes
from .terraform import Failed

HOURS = 730
BEGIN, END = "<!-- costs: begin -->", "<!-- costs: end -->"


def planned(tree: Path, facts: dict[str, Path]) -> list[Job]:
    return [Job("cost table", lambda: fresh(tree, facts))]


def fresh(tree: Path, facts: dict[str, Path]) -> str:
    """Fails where the table is not what the code's sizes give, or a budget is below what it is to watch."""
    readme = tree / "README.md"
    if readme.read_text() != replaced(readme.read_text(), table(tree, facts)):
        raise Failed("the table of costs in deploy/terraform/README.md is old: `make terraform-docs`")
    totals = {environment: total for environment, total in sums(tree, facts).items()}
    for environment, total in totals.items():
        budget = float(attributes(json.loads(facts[environment].read_text())["11-observability"], "aws_budgets_budget")[0]["limit_amount"])
        if not total <= budget <= 1.5 * total:
            raise Failed(f"{environment}: the budget is {budget:.0f} USD, the table says {total:.0f}; it would warn always or too late")
    return ", ".join(f"{environment} {total:.0f} USD" for environment, total in totals.items())


def written(tree: Path, facts: dict[str, Path]) -> list[Path]:
    readme = tree / "README.md"
    old = readme.read_text()
    new = replaced(old, table(tree, facts))
    if new == old:
        return []
    readme.write_text(new)
    return [readme]


def replaced(text: str, table: str) -> str:
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise Failed(f"deploy/terraform/README.md has no place for the table: {BEGIN} … {END}")
    return text.partition(BEGIN)[0] + BEGIN + "\n" + table + END + text.partition(END)[2]


def table(tree: Path, facts: dict[str, Path]) -> str:
    rows = {environment: dict(lines(tree, json.loads(place.read_text()))) for environment, place in facts.items()}
    names = sorted({name for lines_ in rows.values() for name in lines_})
    head = "| what | " + " | ".join(f"{environment}, USD a month" for environment in rows) + " |\n| --- |" + " ---: |" * len(rows) + "\n"
    body = "".join(f"| {name} | " + " | ".join(cell(rows[e].get(name)) for e in rows) + " |\n" for name in names)
    total = "| **sum** | " + " | ".join(f"**{total:.0f}**" for total in sums(tree, facts).values()) + " |\n"
    return head + body + total


def cell(line: tuple[float, str] | None) -> str:
    return "" if line is None else f"{line[0]:.0f} ({line[1]})"


def sums(tree: Path, facts: dict[str, Path]) -> dict[str, float]:
    return {e: sum(cost for _, (cost, _) in lines(tree, json.loads(place.read_text()))) for e, place in facts.items()}


def lines(tree: Path, states: dict[str, Any]) -> Iterator[tuple[str, tuple[float, str]]]:
    """(name, (USD a month, of what))"""
    price = Prices(json.loads((tree / "prices.json").read_text()))
    vpc = states["01-vpc"]
    gateways, zones = attributes(vpc, "aws_nat_gateway"), len(attributes(vpc, "aws_subnet", "private"))
    yield "NAT gateways and their addresses", (len(gateways) * (price.hour("nat_gateway") + price.hour("public_ipv4")), f"{len(gateways)}")
    if endpoints := attributes(vpc, "aws_vpc_endpoint", "interface"):
        yield "interface endpoints", (len(endpoints) * zones * price.hour("interface_endpoint"), f"{len(endpoints)} in {zones} zones")
    yield "EKS control plane", (price.hour("eks_cluster"), "1")
    yield from nodes(states["05-node-groups"], price)
    yield from stores(states, price)
    keys = sum(len(attributes(state, "aws_kms_key")) for state in states.values())
    secrets = sum(len(attributes(state, "aws_secretsmanager_secret")) for state in states.values())
    alarms = sum(len(attributes(state, "aws_cloudwatch_metric_alarm")) for state in states.values())
    small = keys * price.month("kms_key") + secrets * price.month("secret") + alarms * price.month("alarm")
    yield "keys, secrets, alarms", (small, f"{keys}, {secrets}, {alarms}")
    yield "gateway's load balancer (made in the cluster)", (price.hour("load_balancer"), "1")
    yield "volumes of the cluster's monitoring", (price.month("gp3_gib") * 17, "17 GiB: 10 + 2 + 5")


def nodes(state: dict[str, Any], price: Prices) -> Iterator[tuple[str, tuple[float, str]]]:
    """At their smallest number, on the first type of each group; spot at the share of prices.json."""
    total = disks = 0.0
    words = []
    for group in attributes(state, "aws_eks_node_group"):
        count, kind = group["scaling_config"][0]["min_size"], group["instance_types"][0]
        share = price.spot if group["capacity_type"] == "SPOT" else 1.0
        total += count * price.hour(kind) * share
        disks += count * 40 * price.month("gp3_gib")
        words.append(f"{count} {kind}{' spot' if share < 1 else ''}")
    yield "nodes", (total, ", ".join(words))
    yield "nodes' disks", (disks, "40 GiB each")


def stores(states: dict[str, Any], price: Prices) -> Iterator[tuple[str, tuple[float, str]]]:
    (rds,) = attributes(states["06-rds"], "aws_db_instance")
    copies = 2 if rds["multi_az"] else 1
    cost = copies * (price.hour(rds["instance_class"]) + rds["allocated_storage"] * price.month("rds_gp3_gib"))
    yield "PostgreSQL", (cost, f"{copies} {rds['instance_class']}, {rds['allocated_storage']} GiB")
    (msk,) = attributes(states["07-kafka"], "aws_msk_cluster")
    group, count = msk["broker_node_group_info"][0], msk["number_of_broker_nodes"]
    disk = sum(storage["ebs_storage_info"][0]["volume_size"] for storage in group["storage_info"])
    cost = count * (price.hour(group["instance_type"]) + disk * price.month("msk_gib"))
    yield "Kafka", (cost, f"{count} {group['instance_type']}, {disk} GiB each")
    (redis,) = attributes(states["08-redis"], "aws_elasticache_replication_group")
    yield "Valkey", (redis["num_cache_clusters"] * price.hour(redis["node_type"]), f"{redis['num_cache_clusters']} {redis['node_type']}")
    (search,) = attributes(states["09-opensearch"], "aws_opensearch_domain")
    config, disk = search["cluster_config"][0], search["ebs_options"][0]["volume_size"]
    cost = config["instance_count"] * (price.hour(config["instance_type"]) + disk * price.month("opensearch_gp3_gib"))
    words = f"{config['instance_count']} {config['instance_type']}, {disk} GiB each"
    if config["dedicated_master_enabled"]:
        cost += config["dedicated_master_count"] * price.hour(config["dedicated_master_type"])
        words += f", {config['dedicated_master_count']} {config['dedicated_master_type']}"
    yield "OpenSearch", (cost, words)


class Prices:
    """prices.json; a size without a price is a failure, not a zero."""

    def __init__(self, file: dict[str, Any]) -> None:
        self.file = file
        self.spot: float = file["spot_share"]
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", file["date"]):
            raise Failed("prices.json has no date")

    def hour(self, name: str) -> float:
        """What an hourly price is in a month."""
        return HOURS * self.one("usd_per_hour", name)

    def month(self, name: str) -> float:
        return self.one("usd_per_month", name)

    def one(self, kind: str, name: str) -> float:
        if name not in self.file[kind]:
            raise Failed(f"prices.json has no {kind} of {name}")
        return float(self.file[kind][name])
