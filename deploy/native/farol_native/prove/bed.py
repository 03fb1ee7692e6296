"""A stack of the proof's own: three brokers, two workers, toxiproxy between all parts, in a folder that is removed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from .. import processes, rust
from ..cache import Cache, cache_path
from ..component import Component, StackError
from ..components import ordered
from ..components.gateway import key
from ..components.kafka import TOPIC
from ..components.postgres import COMPONENT as POSTGRES
from ..components.redis import COMPONENT as REDIS
from ..console import Console
from ..context import Context
from ..home import Home
from ..http_probe import DIRECT
from ..ports import Ports
from ..stack import Stack
from . import brokers, links
from .services import Collector, ProvedGateway, ProvedWorker, database_url
from .toxiproxy import Toxiproxy

# What of the shell's settings a proof heeds: where programs come from, not where a stack is or what it waives.
HEEDED = ("FAROL_PROFILE", rust.NOT_BUILT_HERE, "FAROL_KAFKA_HEAP")


def parts() -> list[Component]:
    """Everything, in start order."""
    return ordered(
        [
            Toxiproxy(),
            *(brokers.Broker(number) for number in links.BROKERS),
            POSTGRES,
            REDIS,
            Collector(),
            *(ProvedWorker(number) for number in links.WORKERS),
            ProvedGateway(),
        ]
    )


def open_bed(root: Path, environ: Mapping[str, str], home_path: Path, console: Console) -> Stack:
    """The stack in `home_path`, on free ports."""
    chosen = parts()
    env = {name: value for name, value in environ.items() if not name.startswith(("FAROL_", "OTEL_")) or name in HEEDED}
    defaults = {variable: port for part in chosen for variable, port in part.ports.items()}
    ports = Ports(defaults, {"FAROL_PORTS": "free"}, home_path / "ports.json")
    home = Home(home_path)
    ctx = Context(root, home, Cache(cache_path(env)), ports, env, console)
    return Stack(ctx, home, ports, chosen)


def load_command(ctx: Context, journal: Path, seed: int, rate: int) -> list[str]:
    """farolctl, loading."""
    words = ["--output", "json", "prove", "load", "--journal", str(journal), "--rate", str(rate), "--run", f"p{seed}"]
    return [str(rust.program(ctx, "farolctl")), *words]


def verify_command(ctx: Context, journal: Path) -> list[str]:
    """farolctl, comparing."""
    return [str(rust.program(ctx, "farolctl")), "--output", "json", "prove", "verify", "--journal", str(journal)]


def farolctl_environment(ctx: Context) -> dict[str, str]:
    """The gateway over its link, everything else past all links."""
    return {
        "PATH": ctx.env.get("PATH", os.defpath),
        "FAROL_GATEWAY_URL": f"http://{ctx.address(links.GATEWAY.listen)}",
        "FAROL_KEY": key(ctx),
        "FAROL_KAFKA_BROKERS": brokers.admin_addresses(ctx),
        "FAROL_KAFKA_TOPIC": TOPIC,
        "FAROL_DATABASE_URL": database_url(ctx),
        processes.MARK: str(ctx.home),
    }


def refuse_waived(ctx: Context) -> None:
    """A gateway that waives a check proves nothing."""
    with DIRECT.open(f"http://{ctx.address('FAROL_GATEWAY_PORT')}/version", timeout=5) as answer:
        said = json.load(answer)
    if said["waivedChecks"] != []:
        raise StackError(f"the gateway waives checks: {said}")
