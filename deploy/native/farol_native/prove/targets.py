"""What can be broken: the process behind each target, and the links that lead to it."""

from __future__ import annotations

from dataclasses import dataclass

from . import links


@dataclass(frozen=True)
class Target:
    """One part of the stack under fire."""

    name: str
    part: str
    """What it is one of: coverage is counted by this."""
    process: str
    """Its name at the supervisor."""
    ways: tuple[links.Link, ...]
    """What is cut when it is cut off."""
    stop_signal: str = "TERM"


def broker(number: int) -> Target:
    """Cut off from its clients and from the other brokers' replication; it still reaches the others."""
    ways = tuple(links.kafka(number, client) for client in links.KAFKA_CLIENTS)
    return Target(f"broker-{number}", "broker", f"kafka-{number}", ways)


def worker(number: int) -> Target:
    """Cut off from Kafka alone: with PostgreSQL still in reach it is the zombie that the ledger has to fence."""
    name = f"worker-{number}"
    return Target(name, "worker", name, tuple(links.kafka(number, name) for number in links.BROKERS))


TARGETS = {
    target.name: target
    for target in (
        *(broker(number) for number in links.BROKERS),
        *(worker(number) for number in links.WORKERS),
        Target("postgres", "postgres", "postgres", tuple(map(links.postgres, links.DATABASE_CLIENTS)), "INT"),
        Target("redis", "redis", "redis", (links.REDIS,)),
        Target("collector", "collector", "otel-collector", (links.COLLECTOR,)),
        Target("gateway", "gateway", "gateway", (links.GATEWAY,)),
    )
}
PARTS = tuple(dict.fromkeys(target.part for target in TARGETS.values()))


def of_part(part: str) -> list[str]:
    """Names of the targets of one part."""
    return [name for name, target in TARGETS.items() if target.part == part]
