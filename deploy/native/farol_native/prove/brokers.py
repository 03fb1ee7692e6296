"""Three Kafka nodes as the promise wants them: replication 3, min ISR 2, no unclean election, a listener for each client."""

from __future__ import annotations

from pathlib import Path

from ..component import Program
from ..components.kafka import COMPONENT as KAFKA
from ..components.kafka import PARTITIONS, TOPIC, Kafka
from ..context import Context
from ..kafka_config import new_cluster_id, not_serving
from . import links

WEEK_MS = 7 * 24 * 3600 * 1000
# What the gateway looks at before it is ready; nothing is waived here.
TOPIC_SETTINGS = {
    "min.insync.replicas": "2",
    "retention.ms": str(WEEK_MS),
    "retention.bytes": "-1",
    "max.message.bytes": "2097152",
    "cleanup.policy": "delete",
    "unclean.leader.election.enable": "false",
}


class Broker(Kafka):
    """One of the nodes, broker and controller."""

    after = ("toxiproxy",)

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"kafka-{number}"
        self.title = f"Apache Kafka, node {number}"
        listeners = {links.listener_port(number, client): 0 for client in links.KAFKA_CLIENTS}
        self.ports = {admin_port(number): 0, controller_port(number): 0, **listeners}

    def install(self, ctx: Context) -> None:
        """The jars are those of the stack's only broker, and are fetched once for all."""
        ctx.once("kafka-install", lambda: KAFKA.install(ctx))

    def prepare(self, ctx: Context) -> None:
        ctx.render(self.name, "log4j2.xml", (ctx.root / "deploy/native/kafka/log4j2.xml").read_text())
        config = ctx.render(self.name, "server.properties", properties(ctx, self.number, self._log_folder(ctx)))
        if not (self._log_folder(ctx) / "meta.properties").is_file():
            cluster = str(ctx.once("cluster-id", new_cluster_id))
            self.tool(ctx, "kafka.tools.StorageTool", "format", "--config", str(config), f"--cluster-id={cluster}")

    def program(self, ctx: Context) -> Program:
        options = [f"-Xmx{ctx.env.get('FAROL_KAFKA_HEAP', '320m')}", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"]
        # Three of them start, and start again, on a few cores: a quick start is worth more than the last optimisation.
        options.append("-XX:TieredStopAtLevel=1")
        return Program(
            command=[*self._java(ctx), *options, "kafka.Kafka", str(ctx.run_folder(self.name) / "server.properties")],
            reads=[self._libs(ctx), self._archive(ctx)],
            stop_seconds=20,
        )

    def ready(self, ctx: Context) -> str | None:
        return not_serving(ctx.port(admin_port(self.number)))

    def after_ready(self, ctx: Context) -> None:
        """Nothing: the topic needs all nodes."""

    def exports(self, ctx: Context) -> dict[str, str]:
        return {}

    def create_topic(self, ctx: Context) -> None:
        """The events topic; all nodes must be up."""
        settings = [word for name, value in TOPIC_SETTINGS.items() for word in ("--config", f"{name}={value}")]
        size = ["--partitions", str(PARTITIONS), "--replication-factor", str(len(links.BROKERS))]
        words = ["--bootstrap-server", admin_addresses(ctx), "--create", "--if-not-exists", "--topic", TOPIC]
        self.tool(ctx, "org.apache.kafka.tools.TopicCommand", *words, *size, *settings)


def admin_port(number: int) -> str:
    """A way past every link, for the proof's own questions."""
    return f"FAROL_KAFKA_{number}_ADMIN_PORT"


def controller_port(number: int) -> str:
    return f"FAROL_KAFKA_{number}_CONTROLLER_PORT"


def admin_addresses(ctx: Context) -> str:
    """Bootstrap servers past every link."""
    return ",".join(ctx.address(admin_port(number)) for number in links.BROKERS)


def addresses(ctx: Context, client: str) -> str:
    """Bootstrap servers over a client's own links."""
    return ",".join(ctx.address(links.kafka(number, client).listen) for number in links.BROKERS)


def properties(ctx: Context, number: int, log_folder: Path) -> str:
    """server.properties of one node: what it advertises to a client is that client's link."""
    names = {client: client.upper().replace("-", "_") for client in links.KAFKA_CLIENTS}
    listens = [f"{name}://{ctx.address(links.listener_port(number, client))}" for client, name in names.items()]
    tells = [f"{name}://{ctx.address(links.kafka(number, client).listen)}" for client, name in names.items()]
    admin = f"ADMIN://{ctx.address(admin_port(number))}"
    controller = f"CONTROLLER://{ctx.address(controller_port(number))}"
    voters = ",".join(f"{node}@{ctx.address(controller_port(node))}" for node in links.BROKERS)
    protocols = ",".join(f"{name}:PLAINTEXT" for name in (*names.values(), "ADMIN", "CONTROLLER"))
    return f"""\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners={",".join([*listens, admin, controller])}
advertised.listeners={",".join([*tells, admin])}
inter.broker.listener.name=REPLICATION
listener.security.protocol.map={protocols}
log.dirs={log_folder}

auto.create.topics.enable=false
unclean.leader.election.enable=false
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0

# Leaders go home soon after a fault, so that the next one meets a node that leads something.
auto.leader.rebalance.enable=true
leader.imbalance.check.interval.seconds=3
leader.imbalance.per.broker.percentage=0
# A frozen node is left behind within seconds: the faults of a proof last no longer.
replica.lag.time.max.ms=6000
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
num.recovery.threads.per.data.dir=2
num.network.threads=2
num.io.threads=4
"""
