"""Teaches the server the kinds of custom resources: CRDs of Go modules, and for kinds that no module brings our own schemas as CRDs."""

from __future__ import annotations

import json
import time
from typing import Any

from farol_native.component import StackError
from farol_native.context import Context
from farol_verify import crds

from .client import Client

ESTABLISHED_SECONDS = 60
Definition = dict[str, Any]


def all_of(ctx: Context) -> list[Definition]:
    own = [as_definition(json.loads(path.read_text())) for path in sorted((ctx.root / crds.OWN).rglob("*.json"))]
    return [*crds.whole(ctx), *own]


def teach(client: Client, definitions: list[Definition]) -> None:
    """Stores them and waits until each is served."""
    for definition in definitions:
        refusal = client.create(definition, dry=False).refusal
        if refusal:
            raise StackError(f"the server refuses the CRD {definition['metadata']['name']}: {refusal}")
    waiting, deadline = definitions, time.monotonic() + ESTABLISHED_SECONDS
    while waiting and time.monotonic() < deadline:
        waiting = [definition for definition in waiting if not served(client, definition)]
        if waiting:
            time.sleep(0.1)
    if waiting:
        names = ", ".join(definition["metadata"]["name"] for definition in waiting)
        raise StackError(f"after {ESTABLISHED_SECONDS} s the server does not serve {names}")


def served(client: Client, definition: Definition) -> bool:
    """Established, and told of in discovery."""
    spec = definition["spec"]
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition['metadata']['name']}"
    conditions = client.call("GET", path).body.get("status", {}).get("conditions") or []
    if not any(found["type"] == "Established" and found["status"] == "True" for found in conditions):
        return False
    versions = [version["name"] for version in spec["versions"] if version["served"]]
    return all(client.place(f"{spec['group']}/{version}", spec["names"]["kind"]) for version in versions)


def as_definition(schema: dict[str, Any]) -> Definition:
    """One of our own schemas (deploy/verify/schemas) as the CRD that it stands in for."""
    properties = schema["properties"]
    (kind,), (version,) = properties["kind"]["enum"], properties["apiVersion"]["enum"]
    group, _, version = version.partition("/")
    plural = f"{kind.lower()}s"
    parts = {name: structural(part) for name, part in properties.items() if name not in ("apiVersion", "kind", "metadata")}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "properties": parts}}}],
        },
    }


def structural(schema: dict[str, Any]) -> dict[str, Any]:
    """As CRDs are written: every node says its type, and unknown fields are refused without a word about it."""
    made = {key: value for key, value in schema.items() if not (key == "additionalProperties" and value is False)}
    made.setdefault("type", "string")
    if "properties" in made:
        made["properties"] = {name: structural(part) for name, part in made["properties"].items()}
    if "items" in made:
        made["items"] = structural(made["items"])
    return made
