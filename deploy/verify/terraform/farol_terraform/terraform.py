"""Runs Terraform against the stub: one provider process for everybody, each working folder with data of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .tools import HERE, Tools

# Tests on two cores must leave room for what else runs there.
NICE = ["nice", "-n", "10"]


class Failed(Exception):
    """A check that failed, with what it said."""


def run(command: list[str], cwd: Path, env: Mapping[str, str], expect: tuple[int, ...] = (0,)) -> str:
    """Both outputs of a command; another exit code than expected fails."""
    result = subprocess.run(
        [*NICE, *command], cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    said = result.stdout + result.stderr
    if result.returncode not in expect:
        raise Failed(f"`{' '.join(command[:4])}` in {cwd.name} ended with {result.returncode}:\n{said.strip()}")
    return said


class Terraform:
    """Terraform with the stub attached."""

    def __init__(self, tools: Tools, reattach: str, folder: Path) -> None:
        self.tools = tools
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
        self.env = {
            **kept,
            "TF_REATTACH_PROVIDERS": reattach,
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(self.empty_settings()),
        }

    def empty_settings(self) -> Path:
        """A user's own mirrors and overrides have no say."""
        path = self.folder / "terraformrc"
        path.touch()
        return path

    def __call__(self, cwd: Path, *words: str, env: Mapping[str, str] | None = None, expect: tuple[int, ...] = (0,)) -> str:
        merged = {**self.env, "TF_DATA_DIR": str(self.data(cwd, env or {})), **(env or {})}
        return run([self.tools.terraform, *words], cwd, merged, expect)

    def data(self, cwd: Path, env: Mapping[str, str]) -> Path:
        """Terraform's own folder, beside the tree and not in it: a check leaves nothing in a checkout."""
        name = hashlib.sha256(f"{cwd}{sorted(env.items())}".encode()).hexdigest()[:16]
        place = self.folder / "data" / name
        place.mkdir(parents=True, exist_ok=True)
        return place

    def test_module(self, module: Path) -> str:
        """init, validate and test of one module; the number of tests is what it says."""
        self(module, "init", "-backend=false", "-no-color")
        self(module, "validate", "-no-color")
        said = self(module, "test", "-no-color")
        last = [line for line in said.splitlines() if line.startswith("Success!")]
        if not last or last[0].startswith("Success! 0 passed"):
            raise Failed(f"{module.name} has no test:\n{said}")
        return last[0].removeprefix("Success! ")

    def validate(self, folder: Path) -> None:
        self(folder, "init", "-backend=false", "-no-color")
        self(folder, "validate", "-no-color")


@contextmanager
def attached(tools: Tools) -> Iterator[Terraform]:
    """The stub as a child that ends with us: its standard input is ours to close."""
    with tempfile.TemporaryDirectory(prefix="farol-terraform-") as name:
        folder = Path(name)
        socket = folder / "stub.sock"
        command = [sys.executable, "-m", "farol_terraform.stub", tools.protocol, tools.schema, socket]
        path = os.pathsep.join([str(tools.stub), str(HERE)])
        with subprocess.Popen(
            [*NICE, *map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        ) as stub:
            assert stub.stdin is not None and stub.stdout is not None  # both are pipes
            reattach = stub.stdout.readline().strip()
            if not reattach:
                raise Failed("the provider stub did not start; what it says stands above")
            try:
                yield Terraform(tools, reattach, folder)
            finally:
                stub.stdin.close()
