"""A record that holds no event, put straight into the topic past the gateway, with Kafka's own console producer."""

from __future__ import annotations

from .components.kafka import COMPONENT as KAFKA
from .components.kafka import TOPIC
from .context import Context

VALUE = "this is no event\n"


def produce(ctx: Context) -> None:
    """One of them; returns when Kafka has acknowledged it."""
    broker = ["--bootstrap-server", ctx.address("FAROL_KAFKA_PORT")]
    KAFKA.tool(ctx, "org.apache.kafka.tools.ConsoleProducer", *broker, "--topic", TOPIC, stdin=VALUE)
