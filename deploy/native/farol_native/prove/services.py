"""Gateway and two workers as they are shipped, with nothing waived, each over links of its own."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from .. import rust
from ..component import Program
from ..components.gateway import Gateway, keys_file
from ..components.kafka import TOPIC
from ..components.otel_collector import OtelCollector
from ..components.postgres import COMPONENT as POSTGRES
from ..components.postgres import OWNER
from ..components.redis import COMPONENT as REDIS
from ..components.worker import Worker
from ..context import Context
from . import brokers, links

# Less than one client's connections: a burst has to be refused, not queued.
MAX_IN_FLIGHT = "256"
KAFKA = tuple(f"kafka-{number}" for number in links.BROKERS)


# Nobody keeps the spans of a proof. Left to a Jaeger that is not there they would fill the exporter's queue within
# minutes, and what shows a broken collector, that it takes no more spans, would be the collector's daily life.
NO_STORE = """\
exporters:
  debug:
service:
  pipelines:
    traces/store:
      exporters: [debug]
"""


class Collector(OtelCollector):
    """The collector as it is, but for where its spans go."""

    optional = False
    after = ()
    ports = {**OtelCollector.ports, "FAROL_JAEGER_OTLP_GRPC_PORT": 0}

    def prepare(self, ctx: Context) -> None:
        super().prepare(ctx)
        ctx.render(self.name, "no-store.yaml", NO_STORE)

    def program(self, ctx: Context) -> Program:
        program = super().program(ctx)
        return replace(program, command=[*program.command, "--config", ctx.run_folder(self.name) / "no-store.yaml"])

    def exports(self, ctx: Context) -> dict[str, str]:
        return {}


class ProvedGateway(Gateway):
    """The gateway behind its link."""

    after = ("worker-1", "redis", "otel-collector")

    def program(self, ctx: Context) -> Program:
        own = {
            "FAROL_REDIS_URL": moved(ctx, REDIS.exports(ctx)["FAROL_REDIS_URL"], links.REDIS),
            "FAROL_HTTP_ADDR": ctx.address("FAROL_GATEWAY_PORT"),
            "FAROL_KEYS_FILE": str(ctx.run_folder(self.name) / "keys.json"),
            "FAROL_MAX_IN_FLIGHT_REQUESTS": MAX_IN_FLIGHT,
            "FAROL_SHUTDOWN_WAIT": "0s",
        }
        return Program([rust.program(ctx, "farol-gateway")], env={**settings(ctx, "gateway"), **own}, stop_seconds=30)

    def prepare(self, ctx: Context) -> None:
        ctx.render(self.name, "keys.json", keys_file(ctx) + "\n")


class ProvedWorker(Worker):
    """One of the workers; the first makes topic and schema."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"worker-{number}"
        self.title = f"Farol worker {number}"
        self.ports = {port(number): 0}
        self.after = (*KAFKA, "postgres", "toxiproxy") if number == 1 else ("worker-1",)

    def before_start(self, ctx: Context) -> None:
        if self.number == 1:
            brokers.Broker(1).create_topic(ctx)
            super().before_start(ctx)

    def url(self, ctx: Context) -> str:
        return f"http://{ctx.address(port(self.number))}"

    def exports(self, ctx: Context) -> dict[str, str]:
        return {}

    def _environment(self, ctx: Context) -> dict[str, str]:
        own = {"FAROL_KAFKA_INSTANCE_ID": self.name, "FAROL_MANAGEMENT_ADDR": ctx.address(port(self.number))}
        return {**settings(ctx, self.name), **own}


def port(number: int) -> str:
    """Where a worker's management listens."""
    return f"FAROL_WORKER_{number}_PORT"


def settings(ctx: Context, client: str) -> dict[str, str]:
    """What both kinds of service are told; FAROL_DEV is not among it."""
    return {
        **{name: value for name, value in ctx.env.items() if name.startswith("OTEL_")},
        "FAROL_KAFKA_BROKERS": brokers.addresses(ctx, client),
        "FAROL_KAFKA_TOPIC": TOPIC,
        "FAROL_DATABASE_URL": moved(ctx, database_url(ctx), links.postgres(client)),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{ctx.address(links.COLLECTOR.listen)}",
        # A collector that takes nothing shows within a second.
        "OTEL_BSP_SCHEDULE_DELAY": "500",
    }


def database_url(ctx: Context) -> str:
    """PostgreSQL past every link."""
    return POSTGRES.url(ctx, OWNER, "postgres-owner", "farol")


def moved(ctx: Context, url: str, link: links.Link) -> str:
    """The same address over a link."""
    return url.replace(f":{urlsplit(url).port}/", f":{ctx.port(link.listen)}/")
