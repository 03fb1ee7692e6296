"""Rust files that no module declares: nothing compiles them, and no tool complains."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from .component import StackError
from .context import Context

MANIFESTS = ("Cargo.toml", "fuzz/Cargo.toml")
DECLARATION = re.compile(
    r"""^[ \t]*(?:\#\[(?:path\s*=\s*"(?P<path>[^"]+)"|[^\n]*)\]\s*)*
        (?:pub(?:\([^)]*\))?\s+)?mod\s+(?P<name>\w+)\s*;""",
    re.MULTILINE | re.VERBOSE,
)


def undeclared(ctx: Context, files: Iterable[Path]) -> list[str]:
    """Those of these files, by their names in the checkout, that no module declares."""
    missing = set(files) - declared(targets(ctx))
    return sorted(str(path.relative_to(ctx.root)) for path in missing)


def targets(ctx: Context) -> Iterator[Path]:
    """The files that cargo starts from: of libraries, programs, tests, build scripts."""
    for manifest in MANIFESTS:
        words = ["cargo", "metadata", "--no-deps", "--format-version", "1", "--manifest-path", str(ctx.root / manifest)]
        said = ctx.output(words, cwd=ctx.root)
        if said is None:
            raise StackError(f"`{' '.join(words)}` fails")
        for package in json.loads(said)["packages"]:
            yield from (Path(target["src_path"]) for target in package["targets"])


def declared(roots: Iterable[Path]) -> set[Path]:
    """All files that are reached from these by `mod name;`."""
    # A root's modules are beside it, another file's in a folder of its name.
    open_files = [(root, root.parent) for root in roots]
    reached: set[Path] = set()
    while open_files:
        file, folder = open_files.pop()
        if file in reached:
            continue
        reached.add(file)
        for found in DECLARATION.finditer(file.read_text()):
            open_files += modules_of(found, file, folder)
    return reached


def modules_of(found: re.Match[str], file: Path, folder: Path) -> list[tuple[Path, Path]]:
    """The file of a declared module, and where its own modules are."""
    name, path = found["name"], found["path"]
    if path:
        module = Path(os.path.normpath(file.parent / path))
        return [(module, module.parent)] if module.is_file() else []
    places = [(folder / f"{name}.rs", folder / name), (folder / name / "mod.rs", folder / name)]
    return [(module, inside) for module, inside in places if module.is_file()]
