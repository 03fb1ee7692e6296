"""The same stack in containers, where a Docker engine answers: decides between the two and hands compose its settings."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from . import flag_file, jaeger_ui
from .component import StackError
from .components.gateway import key, keys_file
from .context import Context
from .stack import Stack
from .supervisor import write_private

KINDS = ("native", "compose")
# Of optional.yaml; COMPOSE_PROFILES switches them on. `tools` is farolctl.
PROFILES = ("tools", "logs", "elk", "loki", "adminer", "jenkins")
ENGINE = (["docker", "info"], ["docker", "compose", "version"])


def choose(ctx: Context) -> str:
    """`native` or `compose`: FAROL_STACK, else compose if the engine and the compose plugin both answer."""
    given = ctx.env.get("FAROL_STACK")
    if given and given not in KINDS:
        raise StackError(f"FAROL_STACK is {given!r}; it can be {' or '.join(KINDS)}")
    if given:
        return given
    return "compose" if all(ctx.output(command) is not None for command in ENGINE) else "native"


def up(stack: Stack) -> None:
    """Builds what has changed, starts, and returns when every container is healthy."""
    for command in ENGINE:
        if stack.ctx.output(command) is None:
            raise StackError(f"`{' '.join(command)}` fails, so there is no compose here; FAROL_STACK=native goes without it")
    write_settings(stack)
    stack.home.record("compose")
    compose(stack.ctx, "up", "--detach", "--build", "--wait", "--remove-orphans")


def down(stack: Stack, *, volumes: bool = False) -> None:
    """Removes the containers; their data only with `volumes`."""
    write_settings(stack)
    # With all profiles: what one of them started goes too, and with its volumes.
    compose(stack.ctx, *(f"--profile={name}" for name in PROFILES), "down", "--remove-orphans", *(["--volumes"] if volumes else []))
    stack.home.record(None)


def compose(ctx: Context, *words: str) -> None:
    """Runs docker compose with its own progress on the terminal."""
    folder = ctx.root / "deploy/compose"
    files = ["--env-file", str(env_file(ctx)), "-f", str(folder / "compose.yaml"), "-f", str(folder / "optional.yaml")]
    result = subprocess.run(["docker", "compose", *files, *words], env={**os.environ, **ctx.env}, check=False)
    if result.returncode != 0:
        raise StackError(f"`docker compose {' '.join(words)}` failed with {result.returncode}; what it says stands above")


def env_file(ctx: Context) -> Path:
    """The file with compose's settings."""
    return ctx.home / "compose.env"


def jaeger_ui_file(stack: Stack) -> Path:
    """The UI's settings with the addresses that a browser on this machine uses, readable for the container's user."""
    path = stack.home.path / "jaeger-ui.json"
    stack.home.make()
    stack.ctx.components = frozenset(part.name for part in stack.components)
    path.write_text(jaeger_ui.rendered(stack.ctx))
    path.chmod(0o644)
    return path


def keys_path(ctx: Context) -> Path:
    """The file that is mounted into the gateway."""
    return ctx.home / "compose-keys.json"


def write_settings(stack: Stack) -> None:
    """compose.env (0600): every port, the passwords, the key and where the keys file is; and the keys file."""
    ctx = stack.ctx
    values = {variable: str(number) for variable, number in stack.ports.all().items()} | {
        "COMPOSE_PROJECT_NAME": f"farol-{hashlib.sha256(str(ctx.home).encode()).hexdigest()[:8]}",
        "FAROL_KEY": key(ctx),
        "FAROL_KEYS_PATH": str(keys_path(ctx)),
        "FAROL_FLAGS_FOLDER": str(flag_file.folder(ctx)),
        "FAROL_POSTGRES_SUPERUSER_PASSWORD": ctx.secret("postgres-superuser"),
        "FAROL_POSTGRES_PASSWORD": ctx.secret("postgres-owner"),
        "FAROL_POSTGRES_EXPORTER_PASSWORD": ctx.secret("postgres-exporter"),
        "FAROL_REDIS_PASSWORD": ctx.secret("redis"),
        "FAROL_GRAFANA_PASSWORD": ctx.secret("grafana-admin"),
        "FAROL_GRAFANA_SECRET_KEY": ctx.secret("grafana-key"),
        # OpenSearch asks for four kinds of characters.
        "FAROL_OPENSEARCH_PASSWORD": ctx.secret("opensearch-admin", "Aa1."),
        "FAROL_OPENSEARCH_WRITER_PASSWORD": ctx.secret("opensearch-writer", "Aa1."),
        "FAROL_ELASTIC_PASSWORD": ctx.secret("elastic"),
        "FAROL_KIBANA_PASSWORD": ctx.secret("kibana"),
        "FAROL_KIBANA_KEY": ctx.secret("kibana-key", "key-of-saved-objects-"),
        "FAROL_LOGS_WRITER_PASSWORD": ctx.secret("logs-writer"),
        "FAROL_JAEGER_UI_FILE": str(jaeger_ui_file(stack)),
    }
    lines = [f"{name}='{value}'\n" for name, value in sorted(values.items())]
    stack.home.make()
    write_private(env_file(ctx), "".join(lines))
    # It holds digests, no key: the container's account, of which this machine knows nothing, may read it.
    keys_path(ctx).write_text(keys_file(ctx) + "\n")
    keys_path(ctx).chmod(0o644)
    flag_file.make(ctx)
