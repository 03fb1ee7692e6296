"""What the checks run with, fetched from package registries into the user's cache: schema, protocol, stub, moto, checkov."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from farol_native import python_tools
from farol_native.component import StackError
from farol_native.context import Context
from farol_native.fingerprint import fingerprint
from farol_native.stack import open_stack

PACKAGE = "@cdktn/provider-aws"
PACKAGE_VERSION = "25.7.0"  # AWS provider 6.66.0
PROTOCOL_MODULE = "github.com/hashicorp/terraform-plugin-go"
PROTOCOL_VERSION = "v0.29.0"
PROTOCOL_FILE = "tfprotov6/internal/tfplugin6/tfplugin6.proto"
TERRAFORM = (1, 11)
HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parents[2]
BLOCK = re.compile(r'^(resource|data) "(aws_\w+)"', re.MULTILINE)


@dataclass(frozen=True)
class Tools:
    """Folders and programs, all there."""

    ctx: Context
    terraform: str
    terraform_version: str
    schema: Path
    protocol: Path
    stub: Path
    moto: Path
    checkov: Path
    yaml: Path


def prepare(sources: Path) -> Tools:
    """Fetches what is missing; `sources` is the tree whose resource types the schema is cut down to."""
    # The stack's ports, home and settings are of no interest here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAROL_")}
    ctx = open_stack(ROOT, {**environment, "FAROL_STACK": "native"}).ctx
    terraform = needed("terraform", f"Terraform {TERRAFORM[0]}.{TERRAFORM[1]} or later")
    needed("npm", "npm, for the package that holds the provider's schema")
    needed("go", "Go, for the module that holds the plugin protocol")
    if not python_tools.prerequisite().found:
        raise StackError("pip is missing: apt-get install python3-pip")
    version = terraform_version(ctx, terraform)
    stub = python_tools.installed(ctx, "terraform-stub-tools", HERE / "stub-requirements.txt")
    return Tools(
        ctx=ctx,
        terraform=terraform,
        terraform_version=version,
        schema=schema(ctx, sources) / "schema.json",
        protocol=protocol(ctx, stub),
        stub=stub,
        moto=python_tools.installed(ctx, "terraform-moto-tools", HERE / "moto-requirements.txt"),
        checkov=python_tools.installed(ctx, "terraform-checkov", HERE / "checkov-requirements.txt"),
        yaml=python_tools.installed(ctx, "check-tools", ROOT / "deploy/native/check-requirements.txt"),
    )


def needed(program: str, about: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise StackError(f"{about}: `{program}` is not on the PATH, and nothing is checked without it")
    return found


def terraform_version(ctx: Context, terraform: str) -> str:
    text = ctx.output([terraform, "version", "-json"]) or ""
    match = re.search(r'"terraform_version": "(\d+)\.(\d+)\.(\d+)', text)
    if match is None or (int(match[1]), int(match[2])) < TERRAFORM:
        raise StackError(f"Terraform {TERRAFORM[0]}.{TERRAFORM[1]} or later is needed; this says {text[:80] or 'nothing'}")
    return ".".join(match.groups())


def types_in_use(sources: Path) -> str:
    """One `resource aws_x` or `data aws_x` a line."""
    found = {match.groups() for path in sources.rglob("*.tf") for match in BLOCK.finditer(path.read_text())}
    return "".join(f"{kind} {name}\n" for kind, name in sorted(found))


def schema(ctx: Context, sources: Path) -> Path:
    """The provider's schema for the types in use, made again when they or its reader change."""
    types = types_in_use(sources)
    reader = HERE / "farol_terraform/npm_schema.py"
    version = f"{PACKAGE_VERSION}-{fingerprint(types, reader.read_text())}"

    def build(place: Path) -> None:
        with ctx.step(f"schema of {types.count(chr(10))} types from {PACKAGE} {PACKAGE_VERSION}"):
            (place / "types.txt").write_text(types)
            archive = package(ctx)
            ctx.run([sys.executable, "-I", reader, archive, place / "types.txt", place / "schema.json"], log="terraform-schema")

    return ctx.cached("terraform-schema", version, build)


def package(ctx: Context) -> Path:
    """The npm package as it is published; nothing of it is installed or run."""

    def fetch(place: Path) -> None:
        with ctx.step(f"{PACKAGE} {PACKAGE_VERSION}: fetching it (46 MB, once)"):
            ctx.run(["npm", "pack", "--silent", "--pack-destination", place, f"{PACKAGE}@{PACKAGE_VERSION}"], log="terraform-npm", cwd=place)

    archives = list(ctx.cached("terraform-provider-package", PACKAGE_VERSION, fetch).glob("*.tgz"))
    if len(archives) != 1:
        raise StackError(f"npm pack left {len(archives)} archives of {PACKAGE}")
    return archives[0]


def protocol(ctx: Context, stub: Path) -> Path:
    """Terraform's plugin protocol as Python, from the file in its own Go module."""

    def build(place: Path) -> None:
        with ctx.step("Terraform's plugin protocol: compiling it"):
            (place / "go.mod").write_text("module stub\n")
            module = f"{PROTOCOL_MODULE}@{PROTOCOL_VERSION}"
            ctx.run(["go", "mod", "download", module], log="terraform-protocol", cwd=place)
            cache = (ctx.output(["go", "env", "GOMODCACHE"]) or "").strip()
            file = Path(cache) / module / PROTOCOL_FILE
            words = ["-I", file.parent, f"--python_out={place}", f"--grpc_python_out={place}", file]
            command = [sys.executable, "-m", "grpc_tools.protoc", *words]
            ctx.run(command, log="terraform-protocol", env={"PYTHONPATH": str(stub)})

    return ctx.cached("terraform-protocol", f"{PROTOCOL_VERSION}-{fingerprint(stub.name)}", build)
