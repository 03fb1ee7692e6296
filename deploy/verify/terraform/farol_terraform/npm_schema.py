"""Rebuilds the AWS provider's schema, for the types in use, from the classes that an npm package generates out of it."""

from __future__ import annotations

import json
import re
import sys
import tarfile
from pathlib import Path
from typing import Any

CLASS = re.compile(r"^class (\w+) extends cdktn\.(\w+) \{\n(.*?)^exports\.\1 = ", re.MULTILINE | re.DOTALL)
FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"^    // (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n", re.MULTILINE)
PLAIN = re.compile(r"return (cdktn\.Fn\.tolist\()?this\.(get\w+Attribute|interpolationForAttribute)\('")
NESTED = re.compile(r'= new (\w+?)(List|Map|OutputReference)\(this, "\w+"(?:, (true|false))?\)')
ARGUMENT = re.compile(r'^\s+(\w+): \{\n\s+value: (.*),\n\s+isBlock: (\w+),\n\s+type: "(\w+)",\n', re.MULTILINE)
COMPUTED_MAP = re.compile(r"= new cdktn\.(String|Number|Boolean)Map\(")
PLAIN_TYPES: dict[str, Any] = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getStringMapAttribute": ["map", "string"],
    "getNumberMapAttribute": ["map", "number"],
    "getBooleanMapAttribute": ["map", "bool"],
    "interpolationForAttribute": "dynamic",
}
LISTS = {"getListAttribute": "string", "getNumberListAttribute": "number"}


class SchemaError(Exception):
    """The package is not laid out as this reader expects, or lacks a type."""


def folder_of(kind: str, name: str) -> str:
    """aws_msk_cluster is in lib/msk-cluster, the data source aws_msk_cluster in lib/data-aws-msk-cluster."""
    words = name.replace("_", "-")
    return "provider" if kind == "provider" else "data-" + words if kind == "data" else words.removeprefix("aws-")


def extract(archive: Path, resources: list[str], data_sources: list[str]) -> dict[str, Any]:
    """The schema as JSON; types that the provider does not have are simply not in it, and Terraform says so."""
    wanted = {folder_of("resource", name): ("resources", name) for name in resources}
    wanted |= {folder_of("data", name): ("data_sources", name) for name in data_sources}
    wanted["provider"] = ("provider", "aws")
    found: dict[str, Any] = {"resources": {}, "data_sources": {}, "provider": None}
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            parts = member.name.split("/")
            if len(parts) != 4 or parts[1] != "lib" or parts[3] != "index.js" or parts[2] not in wanted:
                continue
            kind, name = wanted[parts[2]]
            stream = tar.extractfile(member)
            if stream is None:
                raise SchemaError(f"{member.name} is not a file")
            block = Reader(stream.read().decode()).top()
            if kind == "provider":
                found[kind] = block
            else:
                found[kind][name] = block
    if found["provider"] is None:
        raise SchemaError(f"{archive.name} has no lib/provider/index.js")
    return found


class Reader:
    """The classes of one file, each by the name of what it describes."""

    def __init__(self, source: str) -> None:
        self.classes = {match[1]: match[3] for match in CLASS.finditer(source)}
        self.roots = [m[1] for m in CLASS.finditer(source) if m[2] in ("TerraformResource", "TerraformDataSource", "TerraformProvider")]
        self.functions = {match[1].lower(): match[2] for match in FUNCTION.finditer(source)}
        self.provider = "extends cdktn.TerraformProvider {" in source
        self.open: list[str] = []

    def top(self) -> dict[str, Any]:
        """The block of the one resource, data source or provider in the file."""
        if len(self.roots) != 1:
            raise SchemaError(f"one root class was expected, these are: {self.roots}")
        body = self.classes[self.roots[0]]
        known = arguments(body.partition("synthesizeHclAttributes() {")[2])
        block = self.written(known) if self.provider else self.block(body, known)
        if not block["attributes"] and not block["blocks"]:
            raise SchemaError(f"nothing was found in class {self.roots[0]}")
        return block

    def block(self, body: str, known: dict[str, tuple[str, str]]) -> dict[str, Any]:
        """Attributes with type and flags, and nested blocks."""
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        marks = list(MEMBER.finditer(body))
        for mark, following in zip(marks, [*marks[1:], None]):
            text = body[mark.end() : following.start() if following else None]
            name = mark[1]
            flags = {flag: mark[place] == "true" for place, flag in ((2, "computed"), (3, "optional"), (4, "required"))}
            value, type_word = known.get(name, ("", ""))
            if name not in known and not flags["computed"]:
                flags = {"computed": False, "optional": not flags["required"], "required": flags["required"]}
            nested = NESTED.search(text.partition("    get ")[0])
            if nested is None:
                attributes[name] = {"type": plain_type(text, name), **flags}
            elif name in known and is_block(value):
                blocks[name] = self.nested_block(nested, value, type_word, flags["required"])
            else:
                attributes[name] = {"type": self.nested_type(nested), **flags}
        return {"attributes": attributes, "blocks": blocks}

    def nested_block(self, nested: re.Match[str], value: str, type_word: str, required: bool) -> dict[str, Any]:
        nesting = {"struct": "single", "list": "list", "set": "set", "map": "map"}[type_word]
        single = nested[2] == "OutputReference"
        return {
            "nesting": nesting,
            "min": 1 if required and nesting in ("list", "set") else 0,
            "max": 1 if single and nesting in ("list", "set") else 0,
            **self.inner(nested[1]),
        }

    def inner(self, name: str) -> dict[str, Any]:
        """The block of a nested class; a class within itself has no finite schema."""
        if name in self.open:
            raise SchemaError(f"{name} contains itself")
        self.open.append(name)
        try:
            return self.block(self.classes[f"{name}OutputReference"], arguments(self.functions.get(name.lower(), "")))
        finally:
            self.open.pop()

    def nested_type(self, nested: re.Match[str]) -> Any:
        """The type of an attribute that holds objects."""
        block = self.inner(nested[1])
        members = {name: attribute["type"] for name, attribute in block["attributes"].items()}
        if block["blocks"]:
            raise SchemaError(f"the attribute type {nested[1]} holds blocks")
        inside = ["object", members]
        if nested[2] == "OutputReference":
            return inside
        return ["map", inside] if nested[2] == "Map" else ["set" if nested[3] == "true" else "list", inside]

    def written(self, known: dict[str, tuple[str, str]]) -> dict[str, Any]:
        """The provider's block: nothing of it can be read, so only how it is written tells the types."""
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for name, (value, type_word) in known.items():
            function = re.search(r"(?<!cdktn\.)\b(\w+)ToHclTerraform", value)
            if function:
                inner = self.written(arguments(self.functions[function[1].lower()]))
                blocks[name] = {"nesting": "single" if type_word == "struct" else type_word, "min": 0, "max": 0, **inner}
            else:
                attributes[name] = {"type": argument_type(value, type_word), "computed": False, "optional": True, "required": False}
        return {"attributes": attributes, "blocks": blocks}


def arguments(text: str) -> dict[str, tuple[str, str]]:
    """What may be written: name -> (how its value is made, simple | list | set | map | struct)."""
    return {match[1]: (match[2], match[4]) for match in ARGUMENT.finditer(text)}


def is_block(value: str) -> bool:
    """Objects written as `name = [...]` are mapped with `false`; the flag isBlock beside them is true for both."""
    mapped = re.search(r"MapperHcl\(\w+ToHclTerraform, (true|false)\)", value)
    return mapped[1] == "true" if mapped else "ToHclTerraform(" in value


def plain_type(text: str, name: str) -> Any:
    if computed := COMPUTED_MAP.search(text.partition("    get ")[0]):
        return PLAIN_TYPES[f"get{computed[1]}MapAttribute"]
    getter = PLAIN.search(text)
    if getter is None:
        raise SchemaError(f"the type of {name} cannot be read")
    if getter[2] in LISTS:
        return ["set" if getter[1] else "list", LISTS[getter[2]]]
    if getter[2] not in PLAIN_TYPES:
        raise SchemaError(f"{name} is read by {getter[2]}, which is not known")
    return PLAIN_TYPES[getter[2]]


def argument_type(value: str, type_word: str) -> Any:
    inside = "bool" if "boolean" in value else "number" if "number" in value else "string"
    return inside if type_word == "simple" else [type_word, inside]


def main() -> int:
    """archive, list of types (one `resource aws_x` or `data aws_x` a line), output."""
    archive, types, output = map(Path, sys.argv[1:4])
    pairs = [line.split() for line in types.read_text().splitlines() if line]
    schema = extract(archive, [n for kind, n in pairs if kind == "resource"], [n for kind, n in pairs if kind == "data"])
    output.write_text(json.dumps(schema, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
