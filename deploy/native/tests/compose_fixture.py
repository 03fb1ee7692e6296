"""deploy/compose/compose.yaml as data, without interpolation, and the settings that `make up` writes for it; for tests."""

from __future__ import annotations

import functools
import importlib
import os
import re
import sys
from pathlib import Path
from typing import Any

from context_fixture import ROOT, ContextTest, users_cache

from farol_native import compose, python_tools, settings
from farol_native.context import Context
from farol_native.stack import open_stack

FOLDER = ROOT / "deploy" / "compose"
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
FILE = FOLDER / "compose.yaml"
INTERPOLATION = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?P<rest>[^}]*)\}")


class ComposeTest(ContextTest):
    """A test that reads the compose file."""

    def setUp(self) -> None:
        super().setUp()
        self.file: dict[str, Any] = parsed(self.tools("check-tools", ROOT / "deploy/native/check-requirements.txt"))
        self.services: dict[str, dict[str, Any]] = self.file["services"]

    def tools(self, name: str, requirements: Path) -> Path:
        """Python packages of a requirements file, in the user's cache; fetched with the user's own pip settings."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith("FAROL_")}
        return python_tools.installed(self.context(outside, cache=users_cache()), name, requirements)

    def environment(self, service: str) -> dict[str, str | None]:
        """What a service's program gets; None is passed on from outside."""
        return self.services[service].get("environment", {})

    def volumes(self, service: str) -> list[list[str]]:
        """[source, target, mode] of what is mounted; a source that `make up` chooses is its variable, $NAME."""
        return [INTERPOLATION.sub(r"$\g<name>", mount).split(":") for mount in self.services[service].get("volumes", [])]


@functools.cache
def parsed(tools: Path) -> dict[str, Any]:
    """The file by PyYAML, which is not part of Python."""
    sys.path.insert(0, str(tools))
    try:
        return importlib.import_module("yaml").safe_load(FILE.read_text())
    finally:
        sys.path.remove(str(tools))


def written_settings(folder: Path) -> tuple[Context, dict[str, str]]:
    """A stack on default ports, and what `make up` hands compose for it."""
    stack = open_stack(ROOT, {"PATH": os.environ["PATH"], "FAROL_HOME": str(folder), "FAROL_ENV_FILE": os.devnull})
    compose.write_settings(stack)
    path = compose.env_file(stack.ctx)
    return stack.ctx, settings.parse(path.read_text(), str(path))


def mebibytes(limit: str) -> int:
    """The compose file's memory limits have one form."""
    match = re.fullmatch(r"(\d+)m", limit)
    if match is None:
        raise ValueError(f"{limit!r} is not a number of MiB such as 256m")
    return int(match[1])
