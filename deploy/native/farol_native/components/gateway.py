"""The gateway: built by cargo, with the local key's digest in its keys file."""

from __future__ import annotations

import hashlib
import json

from .. import flag_file, rust
from ..component import Component, Prerequisite, Program
from ..context import Context
from ..http_probe import not_ready
from ..service_settings import service_environment
from .grafana import COMPONENT as GRAFANA
from .jaeger import COMPONENT as JAEGER
from .prometheus import COMPONENT as PROMETHEUS
from .redis import COMPONENT as REDIS


class Gateway(Component):
    name = "gateway"
    title = "Farol gateway (events in)"
    ports = {"FAROL_GATEWAY_PORT": 8080}
    after = ("kafka", "postgres", "redis")

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return rust.prerequisites(ctx)

    def install(self, ctx: Context) -> None:
        rust.build(ctx)

    def prepare(self, ctx: Context) -> None:
        ctx.render(self.name, "keys.json", keys_file(ctx) + "\n")
        flag_file.make(ctx)

    def program(self, ctx: Context) -> Program:
        return Program(
            command=[rust.program(ctx, "farol-gateway")],
            env={
                # Nothing balances load here, so nobody needs time to notice that readiness fell.
                "FAROL_SHUTDOWN_WAIT": "0s",
                **service_environment(ctx),
                **REDIS.exports(ctx),
                **links(ctx),
                "FAROL_HTTP_ADDR": ctx.address("FAROL_GATEWAY_PORT"),
                "FAROL_KEYS_FILE": str(ctx.run_folder(self.name) / "keys.json"),
            },
            stop_seconds=30,
        )

    def ready(self, ctx: Context) -> str | None:
        return not_ready(f"{self.url(ctx)}/ready")

    def urls(self, ctx: Context) -> dict[str, str]:
        return {"Gateway": self.url(ctx)}

    def exports(self, ctx: Context) -> dict[str, str]:
        return {"FAROL_GATEWAY_URL": self.url(ctx), "FAROL_KEY": key(ctx)}

    def url(self, ctx: Context) -> str:
        return f"http://{ctx.address('FAROL_GATEWAY_PORT')}"


def links(ctx: Context) -> dict[str, str]:
    """Where the landing page leads to: only what this start has."""
    places = {"FAROL_TRACES_URL": JAEGER, "FAROL_DASHBOARDS_URL": GRAFANA, "FAROL_METRICS_URL": PROMETHEUS}
    return {name: part.url(ctx) for name, part in places.items() if part.name in ctx.components}


def key(ctx: Context) -> str:
    """The local key that `up` prints; only its digest is configured."""
    return ctx.secret("key", prefix="farol_")


def keys_file(ctx: Context) -> str:
    """The keys file's content, one line of JSON: the local key may do everything."""
    digest = hashlib.sha256(key(ctx).encode()).hexdigest()
    local = {"producer": "local", "sha256": digest, "sources": ["*"], "roles": ["read", "write", "admin"]}
    return json.dumps({"keys": [local]})


COMPONENT = Gateway()
