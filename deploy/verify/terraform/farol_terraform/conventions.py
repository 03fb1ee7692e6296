"""Rules that Terraform itself does not know: the same files everywhere, everything described, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .documents import named
from .live import environments, stacks
from .terraform import Failed

FILES = {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md"}
LONGEST = 250


def held(tree: Path, modules: list[Path]) -> str:
    wrong = [*in_modules(modules), *in_stacks(tree / "live"), *in_sources(tree)]
    if wrong:
        raise Failed("\n".join(wrong))
    return f"{len(modules)} modules and {len(stacks(tree / 'live'))} stacks in order"


def in_modules(modules: list[Path]) -> Iterator[str]:
    for module in modules:
        files = {path.name for path in module.iterdir() if path.is_file()}
        if files != FILES:
            yield f"{module.name}: has {sorted(files)}, not {sorted(FILES)}"
        if not list((module / "tests").glob("*.tftest.hcl")):
            yield f"{module.name}: has no *.tftest.hcl"
        for kind, needs in (("variable", {"description", "type"}), ("output", {"description", "value"})):
            for name, arguments in named(module / f"{kind}s.tf", kind):
                if missing := needs - set(arguments):
                    yield f"{module.name}: {kind} {name} has no {', '.join(sorted(missing))}"
        if 'provider "aws"' in (module / "main.tf").read_text():
            yield f"{module.name}: a module takes the provider of its caller"


def in_stacks(live: Path) -> Iterator[str]:
    folders = [path.name for path in stacks(live)]
    if [name[:2] for name in folders] != [f"{number:02}" for number in range(14)]:
        yield f"stacks are not 00 to 13: {folders}"
    shared = (live / "stacks/context.tf").read_text()
    for needed in ("use_lockfile = true", "default_tags", '"farol:environment"'):
        if needed not in shared:
            yield f"stacks/context.tf lacks {needed}"
    if sorted(environments(live)) != ["dev", "prod"]:
        yield f"environments are {environments(live)}"
    for environment in environments(live):
        given = {path.name for path in (live / environment).iterdir()} - {"exceptions.txt"}
        wanted = {f"{name}.tfvars" for name in folders} | {"common.tfvars", "backend.hcl"}
        if given != wanted:
            yield f"{environment}: has not one file per stack, common.tfvars and backend.hcl, but {sorted(given ^ wanted)}"
        bucket = re.search(r'bucket\s*= "(.+)"', (live / environment / "backend.hcl").read_text())
        if bucket is None or f'"{bucket[1]}"' not in (live / environment / "common.tfvars").read_text():
            yield f"{environment}: backend.hcl and common.tfvars name different buckets"


def in_sources(tree: Path) -> Iterator[str]:
    for path in sorted([*tree.rglob("*.tf"), *tree.rglob("*.tftest.hcl")]):
        text = path.read_text()
        if text.count("\n") > LONGEST:
            yield f"{path.relative_to(tree)}: {text.count(chr(10))} lines, more than {LONGEST}"
        for source in re.findall(r'^\s+source\s*= "(?!hashicorp/)([^"]+)"', text, re.MULTILINE):
            if not source.startswith("../"):
                yield f"{path.relative_to(tree)}: the source {source} needs the network"
        for skip in re.findall(r"#\s*checkov:skip=\S*", text):
            if ":" not in skip.split("=", 1)[1].rstrip(":"):
                yield f"{path.relative_to(tree)}: {skip} has no reason"
