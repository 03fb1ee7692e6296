"""The broker's own settings: one KRaft node on loopback that is broker and controller."""

from __future__ import annotations

import socket
import struct
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

API_VERSIONS = 18


def properties(broker: str, controller: str, log_folder: Path) -> str:
    """server.properties for a node that listens on two addresses and keeps its data in one folder."""
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{broker},CONTROLLER://{controller}
advertised.listeners=PLAINTEXT://{broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={log_folder}

# A topic exists because somebody created it, never because somebody mistyped it.
auto.create.topics.enable=false
unclean.leader.election.enable=false

# One node: nothing can be replicated.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4

# A lone developer waits for nobody to join the group.
group.initial.rebalance.delay.ms=0
num.recovery.threads.per.data.dir=2
num.network.threads=2
num.io.threads=4
"""


def new_cluster_id() -> str:
    """A random id in the form Kafka gives them; one that starts with a hyphen would be taken for an option."""
    while (cluster := urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        continue
    return cluster


def not_serving(port: int) -> str | None:
    """None if the broker answers a client's first question (API versions, request 18, version 0), else the reason."""
    body = struct.pack(">hhih", API_VERSIONS, 0, 1, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            answer = connection.recv(10)
        _, correlation, error = struct.unpack(">iih", answer)
    except (OSError, struct.error) as reason:
        return f"the broker does not answer yet ({reason})"
    return None if (correlation, error) == (1, 0) else f"the broker answers with error {error}"
