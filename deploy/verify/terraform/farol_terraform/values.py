"""Terraform's values on the wire, walked by a schema: what is unknown, what is invented in its place, what may not be set."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgpack

Schema = dict[str, Any]
UNKNOWN = msgpack.ExtType(0, b"\0")
ACCOUNT = "123456789012"


def decode(wire: bytes) -> Any:
    return msgpack.unpackb(wire, raw=False, strict_map_key=False) if wire else None


def encode(value: Any) -> bytes:
    return msgpack.packb(value, use_bin_type=True)


def is_unknown(value: Any) -> bool:
    return isinstance(value, msgpack.ExtType)


def planned(block: Schema, proposed: Any, prior: Any) -> Any:
    """The proposal, with unknown where the provider will decide: computed, not written, and nothing known from before."""

    def decide(schema: Schema, value: Any) -> Any:
        if schema.get("write_only"):
            return None
        return UNKNOWN if value is None and schema["computed"] and prior is None else value

    return transformed(block, proposed, decide)


def invented(block: Schema, value: Any, kind: str) -> Any:
    """Something of the right type for everything that is unknown; it is no claim about AWS."""

    def decide(schema: Schema, value: Any) -> Any:
        return invention(schema["type"], f"{kind}.{schema['name']}", schema["name"]) if is_unknown(value) else value

    return transformed(block, value, decide)


def invention(kind: Any, seed: str, name: str) -> Any:
    if isinstance(kind, str):
        if kind == "string":
            return f"arn:aws:stub:us-east-2:{ACCOUNT}:{seed}" if name.endswith("arn") else f"stub-{seed}"
        return {"number": 1, "bool": False, "dynamic": None}[kind]
    outer, inner = kind
    if outer == "object":
        return {member: invention(inner[member], f"{seed}.{member}", member) for member in inner}
    if outer == "map":
        return {}
    return [invention(inner, seed, name)]


def transformed(block: Schema, value: Any, decide: Callable[[Schema, Any], Any]) -> Any:
    """A copy of a block's value with each attribute decided."""
    if value is None or is_unknown(value):
        return value
    out = dict(value)
    for name, schema in block["attributes"].items():
        out[name] = decide({**schema, "name": name}, out.get(name))
    for name, nested in block["blocks"].items():
        # An element of a set is known by its content alone: something decided in it would make it another one on the next plan.
        choose = as_written(decide) if nested["nesting"] == "set" else decide
        inner = out.get(name)
        if isinstance(inner, list):
            out[name] = [transformed(nested, item, choose) for item in inner]
        elif isinstance(inner, dict) and nested["nesting"] != "map":
            out[name] = transformed(nested, inner, choose)
        elif isinstance(inner, dict):
            out[name] = {key: transformed(nested, item, choose) for key, item in inner.items()}
    return out


def as_written(decide: Callable[[Schema, Any], Any]) -> Callable[[Schema, Any], Any]:
    """Decides on what was written or is unknown already, and leaves what was not."""
    return lambda schema, value: None if value is None else decide(schema, value)


def mistakes(block: Schema, value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """What a real provider would refuse and a schema alone does not: set read-only members, broken JSON, broken CIDR."""
    if not isinstance(value, dict):
        return
    for name, schema in block["attributes"].items():
        given = value.get(name)
        if given is None or is_unknown(given):
            continue
        if schema["computed"] and not schema["optional"] and not schema["required"]:
            yield (*path, name), f"{name} is decided by AWS and cannot be set"
        yield from (((*path, name), text) for text in wrong_text(name, given))
    for name, nested in block["blocks"].items():
        inner = value.get(name)
        items = inner if isinstance(inner, list) else [inner]
        for item in items:
            yield from mistakes(nested, item, (*path, name))


def wrong_text(name: str, given: Any) -> Iterator[str]:
    if isinstance(given, str) and (name in ("policy", "policy_document", "policy_text") or name.endswith("role_policy")):
        try:
            document = json.loads(given)
        except ValueError as error:
            yield f"{name} is not JSON: {error}"
        else:
            if not isinstance(document, dict):
                yield f"{name} is not a JSON object"
    if "cidr" in name and not name.endswith("id"):
        for text in given if isinstance(given, list) else [given]:
            if isinstance(text, str):
                try:
                    ipaddress.ip_network(text)
                except ValueError as error:
                    yield f"{name}: {error}"
