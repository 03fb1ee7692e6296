"""Seeded mistakes: each is made in a copy of the tree, and the check that should see it has to fail, and to say why."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import live, policy
from .jobs import Job
from .terraform import Failed, Terraform


@dataclass(frozen=True)
class Mistake:
    """A change of one file, how it is looked at, and words that the failure must hold."""

    name: str
    file: str
    old: str
    new: str
    look: str
    says: str


# What modules call, and the mocks of all tests.
SHARED = ("mocks", "kms-key", "account-guard")
SEEDED = (
    Mistake("an argument that does not exist", "modules/msk/main.tf", "kafka_version          =", "kafka_edition = 1\n  kafka_version =",
            "module msk", "Unsupported argument"),
    Mistake("a resource type that does not exist", "modules/ecr/main.tf", 'resource "aws_ecr_lifecycle_policy"',
            'resource "aws_ecr_lifecycle_rule"', "validate modules/ecr", "Invalid resource type"),
    Mistake("a required block left out", "modules/msk/main.tf", "  broker_node_group_info {", "  broker_nodes_group_info {",
            "module msk", "broker_nodes_group_info"),
    Mistake("a read-only attribute set", "modules/ecr/main.tf", "  force_delete         = false", "  registry_id = \"1\"",
            "live dev 10-ecr", "decided by AWS"),
    Mistake("an open security group", "modules/security-groups/main.tf", "each.value.from].id\n  description                  = each.value.why\n"
            '  ip_protocol                  = "tcp"\n  from_port                    = each.value.ports[0]', "each.value.from].id\n"
            '  cidr_ipv4 = "0.0.0.0/0"\n  description = each.value.why\n  ip_protocol = "tcp"\n  from_port = each.value.ports[0]',
            "module security-groups", "an opening names a range"),
    Mistake("a store's disk without encryption", "modules/rds/main.tf", "storage_encrypted     = true", "storage_encrypted     = false",
            "module rds", "storage is not encrypted"),
    Mistake("a store without TLS", "modules/elasticache/main.tf", "transit_encryption_enabled = true", "transit_encryption_enabled = false",
            "policy dev", "CKV_AWS_30"),
    Mistake("a wrong output name between stacks", "live/stacks/06-rds/main.tf", "vpc.data_subnet_ids", "vpc.database_subnet_ids",
            "live dev 06-rds", "database_subnet_ids"),
    Mistake("a policy that lacks WriteData", "modules/msk/main.tf", ', "kafka-cluster:WriteData"]', "]", "module msk", "the gateway's policy is"),
    Mistake("a spot group of one type", "live/dev/05-node-groups.tfvars", '"t3.medium", "t3a.medium", "c7i-flex.large", "c6i.large"', '"t3.medium"',
            "live dev 05-node-groups", "three different instance types"),
    Mistake("subnets that overlap", "modules/vpc/main.tf", "cidrsubnet(var.cidr, 4, 1 + index)", "cidrsubnet(var.cidr, 4, index)",
            "module vpc", "private subnets are elsewhere"),
    Mistake("a policy that is not JSON", "modules/iam/main.tf", "policy = jsonencode({ Version = \"2012-10-17\", Statement = each.value })",
            'policy = "{not json"', "live dev 03-iam", "is not JSON"),
    Mistake("a password kept in state", "modules/msk/main.tf", "secret_string_wo         = jsonencode({ username = each.key, "
            "password = var.scram_passwords[each.key] })\n  secret_string_wo_version = var.scram_password_version",
            "secret_string = jsonencode({ password = var.scram_passwords[each.key] })", "module msk", "phemeral"),
)


def planned(terraform: Terraform, tree: Path) -> list[Job]:
    """All mistakes as jobs; they are looked for again when code or checks change."""
    return [Job(f"mistake: {m.name}", lambda m=m: seen(terraform, tree, m), inputs=looked_at(tree, m)) for m in SEEDED]


def looked_at(tree: Path, mistake: Mistake) -> tuple[Path, ...]:
    """A module's tests see the modules that it calls; all else is looked at as a whole."""
    kind, place = mistake.look.split()[:2]
    return tuple(tree / "modules" / name for name in (place, *SHARED)) if kind == "module" else (tree,)


def seen(terraform: Terraform, tree: Path, mistake: Mistake) -> str:
    """Fails where the mistake is not seen, or for another reason than it."""
    with tempfile.TemporaryDirectory(prefix="farol-mistake-") as name:
        copy = Path(name) / "terraform"
        shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(".terraform", ".data"))
        file = copy / mistake.file
        text = file.read_text()
        if text.count(mistake.old) < 1:
            raise Failed(f"{mistake.file} no longer holds what this mistake changes: {mistake.old}")
        file.write_text(text.replace(mistake.old, mistake.new, 1))
        try:
            look(terraform, copy, mistake.look)
        except Failed as failure:
            # Messages are wrapped at the width of a terminal.
            if " ".join(mistake.says.split()) not in " ".join(str(failure).replace("│", " ").split()):
                raise Failed(f"failed, but not because of the mistake:\n{failure}") from failure
            return "seen"
        raise Failed(f"{mistake.look} passes in spite of it")


def look(terraform: Terraform, tree: Path, how: str) -> None:
    kind, *words = how.split()
    looks: dict[str, Callable[[], object]] = {
        "module": lambda: terraform.test_module(tree / "modules" / words[0]),
        "validate": lambda: terraform.validate(tree / words[0]),
        "live": lambda: live.apply_until(terraform, tree / "live", words[0], words[1]),
        "policy": lambda: policy.held(terraform.tools, tree, words[0]),
    }
    looks[kind]()
