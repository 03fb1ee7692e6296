"""`make collector-check`: builds the distribution of Kubernetes, has it judge every configuration, then runs both tiers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .. import go, prerequisites, python_tools
from ..component import Prerequisite, StackError
from ..components import otel_collector
from ..context import Context
from ..stack import open_stack
from . import tier
from .bed import made
from .checks import CHECKS

CONFIGURATIONS = {"local": ("config.yaml",), "agent": tier.AGENT, "gateway": tier.GATEWAY}


def run(root: Path) -> int:
    """The exit code is 1 if a check failed; then the collectors' logs stay."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("FAROL_", "OTEL_"))}
    # grpc would ask a proxy of the user's for 127.0.0.1.
    os.environ["no_grpc_proxy"] = settings["no_grpc_proxy"] = "127.0.0.1"
    with tempfile.TemporaryDirectory(prefix="farol-collector-") as home:
        own = {"FAROL_HOME": home, "FAROL_PORTS": "free", "FAROL_ENV_FILE": os.devnull}
        ctx = open_stack(root, {**settings, **own}).ctx
        ctx.logs.mkdir(parents=True, exist_ok=True)
        failed = checked(ctx)
        if failed:
            kept = Path(tempfile.mkdtemp(prefix="farol-failed-collector-"))
            shutil.copytree(ctx.logs, kept, dirs_exist_ok=True)
            ctx.console.show(f"{len(failed)} failed: {', '.join(failed)}; logs in {kept}")
    return 1 if failed else 0


def checked(ctx: Context) -> list[str]:
    """What failed, of configurations and of behaviour."""
    prerequisites.satisfy(ctx, [], needed)
    program = otel_collector.kubernetes_distribution(ctx)
    go.clean(ctx)
    packages = ctx.root / "deploy/native/collector-check-requirements.txt"
    sys.path.insert(0, str(python_tools.installed(ctx, "collector-check", packages)))
    failed = [name for name, files in CONFIGURATIONS.items() if not accepted(ctx, program, name, files)]
    return failed + behaviour(ctx, program)


def needed(ctx: Context) -> list[Prerequisite]:
    return [go.go_prerequisite(ctx), python_tools.prerequisite()]


def accepted(ctx: Context, program: Path, name: str, files: tuple[str, ...]) -> bool:
    """By the very distribution; a queue's folder must be there."""
    words = [str(program), "validate", *(f"--config={ctx.root / tier.FOLDER / file}" for file in files)]
    env = {**ctx.env, "FAROL_NODE_NAME": "here", "FAROL_COLLECTOR_QUEUE": str(ctx.home)}
    result = subprocess.run(words, capture_output=True, text=True, env=env, check=False)
    said = result.stdout + result.stderr
    good = result.returncode == 0 and not any(word in said.lower() for word in ("error", "warn"))
    ctx.console.show(f"{'passed' if good else 'FAILED'}  {name}: {' + '.join(files)}{'' if good else f': {said}'}")
    return good


def behaviour(ctx: Context, program: Path) -> list[str]:
    """The checks that failed. Each stands on what those before it sent, so the first that fails is the last."""
    name = "start"
    try:
        with made(ctx, program) as bed:
            for check in CHECKS:
                name = check.name
                ctx.console.show(f"passed  {name}: {check.run(bed)}")
    except (StackError, OSError, LookupError) as error:
        ctx.console.show(f"FAILED  {name}: {error}")
        return [name]
    return []
