"""Turns the OpenAPI schema of a CRD into a JSON Schema as strict as an API server that is asked for strict field validation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]
OPEN = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
# Of an object that somebody writes; the rest of ObjectMeta is the server's.
METADATA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "generateName": {"type": "string"},
        "namespace": {"type": "string"},
        "labels": TEXTS,
        "annotations": TEXTS,
        "finalizers": {"type": "array", "items": {"type": "string"}},
        "ownerReferences": {"type": "array", "items": {"type": "object"}},
    },
    "additionalProperties": False,
}
# What every object has, whether its CRD says so or not.
EVERY = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": METADATA}


def of_resource(schema: Schema) -> Schema:
    """The root is what an embedded object is, and says what it is."""
    made = converted(schema | {EMBEDDED: True})
    made["required"] = sorted({*made.get("required", []), "apiVersion", "kind", "metadata"})
    return made


def converted(schema: Schema) -> Schema:
    """One node and all below it."""
    made = with_parts(schema, converted)
    if schema.get(EMBEDDED):
        made["properties"] = made.get("properties", {}) | EVERY
    if "properties" in made and "additionalProperties" not in made and not schema.get(OPEN):
        made["additionalProperties"] = False
    if schema.get("x-kubernetes-int-or-string") and "anyOf" not in made:
        made["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if schema.get("nullable"):
        made = {"anyOf": [made, {"type": "null"}]}
    return made


def branch(schema: Schema) -> Schema:
    """Below allOf, anyOf, oneOf or not: a condition on what the node itself declares, so nothing is closed here."""
    return with_parts(schema, branch)


def with_parts(schema: Schema, below: Callable[[Schema], Schema]) -> Schema:
    """The node without what a JSON Schema does not judge by, and its parts converted by `below`."""
    made = {key: value for key, value in schema.items() if key not in ("description", "default", "nullable") and not key.startswith("x-kubernetes-")}
    if "properties" in made:
        made["properties"] = {name: below(part) for name, part in made["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(made.get(key), dict):
            made[key] = below(made[key])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in made:
            made[key] = [branch(part) for part in made[key]]
    if "not" in made:
        made["not"] = branch(made["not"])
    return made
