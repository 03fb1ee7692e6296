"""Every connection that can be cut: its name, where it listens, what is behind it. Knows no proxy and no server."""

from __future__ import annotations

from dataclasses import dataclass

BROKERS = (1, 2, 3)
WORKERS = (1, 2)
# Who reaches a broker over a listener, and so over a link, of its own.
KAFKA_CLIENTS = ("gateway", *(f"worker-{number}" for number in WORKERS), "replication")
DATABASE_CLIENTS = ("gateway", *(f"worker-{number}" for number in WORKERS))


@dataclass(frozen=True)
class Link:
    """One proxied connection; both ends are variables of `ctx.port`."""

    name: str
    listen: str
    upstream: str


def listener_port(broker: int, client: str) -> str:
    """Where a broker listens for one client."""
    return f"FAROL_KAFKA_{broker}_{client.upper().replace('-', '_')}_PORT"


def kafka(broker: int, client: str) -> Link:
    """A client's way to one broker; `replication` is the other brokers' way."""
    variable = listener_port(broker, client)
    return Link(f"kafka-{broker}.{client}", variable.replace("FAROL_", "FAROL_LINK_"), variable)


def postgres(client: str) -> Link:
    """A client's way to PostgreSQL."""
    variable = f"FAROL_LINK_POSTGRES_{client.upper().replace('-', '_')}_PORT"
    return Link(f"postgres.{client}", variable, "FAROL_POSTGRES_PORT")


REDIS = Link("redis", "FAROL_LINK_REDIS_PORT", "FAROL_REDIS_PORT")
COLLECTOR = Link("collector", "FAROL_LINK_COLLECTOR_PORT", "FAROL_OTLP_HTTP_PORT")
GATEWAY = Link("gateway", "FAROL_LINK_GATEWAY_PORT", "FAROL_GATEWAY_PORT")

ALL = (
    *(kafka(broker, client) for broker in BROKERS for client in KAFKA_CLIENTS),
    *(postgres(client) for client in DATABASE_CLIENTS),
    REDIS,
    COLLECTOR,
    GATEWAY,
)
