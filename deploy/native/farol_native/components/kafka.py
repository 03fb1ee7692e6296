"""Apache Kafka, one KRaft node from pinned Maven artifacts; owns the events topic."""

from __future__ import annotations

import re
from pathlib import Path

from ..class_archive import class_archive
from ..component import Component, Prerequisite, Program, StackError, command_prerequisite
from ..context import Context
from ..fingerprint import fingerprint
from ..kafka_config import new_cluster_id, not_serving, properties

TOPIC = "farol.events"
PARTITIONS = 6
# For programs that live a second, and for brokers that live as long as one test run.
SHORT_LIVED = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# A quarter of an hour at full load writes more than a disk wants to hold; topics say how much they keep.
FULL_LOAD = "\nlog.retention.check.interval.ms=5000\n"


class Kafka(Component):
    """The log between gateway and worker."""

    name = "kafka"
    title = "Apache Kafka"
    ports = {"FAROL_KAFKA_PORT": 19092, "FAROL_KAFKA_CONTROLLER_PORT": 19093, "FAROL_KAFKA_JMX_PORT": 19404}
    ready_seconds = 120

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        java = command_prerequisite(ctx, "java", "openjdk-17-jre-headless")
        if self._libs(ctx).is_dir():
            return [java]
        return [java, command_prerequisite(ctx, "mvn", "maven")]

    def install(self, ctx: Context) -> None:
        def resolve(folder: Path) -> None:
            with ctx.step("kafka: resolving its jars with Maven"):
                command = ["mvn", "--batch-mode", "--no-transfer-progress", "-f", self._pom(ctx)]
                goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
                ctx.run([*command, *goal], log="kafka-install")

        ctx.cached(self.name, self._version(ctx), resolve)
        self._archive(ctx)

    def prepare(self, ctx: Context) -> None:
        for name in ("log4j2.xml", "jmx-rules.yaml"):
            ctx.render(self.name, name, (ctx.root / "deploy/native/kafka" / name).read_text())
        addresses = ctx.address("FAROL_KAFKA_PORT"), ctx.address("FAROL_KAFKA_CONTROLLER_PORT")
        text = properties(*addresses, self._log_folder(ctx)) + (FULL_LOAD if ctx.measured else "")
        config = ctx.render(self.name, "server.properties", text)
        if not (self._log_folder(ctx) / "meta.properties").is_file():
            # The only way from nothing to a KRaft node.
            identity = ["--config", str(config), f"--cluster-id={new_cluster_id()}"]
            self.tool(ctx, "kafka.tools.StorageTool", "format", *identity)

    def program(self, ctx: Context) -> Program:
        folder = ctx.run_folder(self.name)
        # A pause of the serial collector on so small a heap is shorter than what G1's threads cost two cores.
        options = [f"-Xmx{ctx.env.get('FAROL_KAFKA_HEAP', '512m')}", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"]
        if ctx.throwaway and not ctx.measured:
            options.extend(SHORT_LIVED)
        elif not ctx.throwaway:
            agent = next(self._libs(ctx).glob("jmx_prometheus_javaagent-*.jar"))
            options.append(f"-javaagent:{agent}={ctx.address('FAROL_KAFKA_JMX_PORT')}:{folder / 'jmx-rules.yaml'}")
        return Program(
            command=[*self._java(ctx), *options, "kafka.Kafka", str(folder / "server.properties")],
            reads=[self._libs(ctx), self._archive(ctx)],
            stop_signal="KILL" if ctx.throwaway else "TERM",
            stop_seconds=20,
        )

    def ready(self, ctx: Context) -> str | None:
        return not_serving(ctx.port("FAROL_KAFKA_PORT"))

    def after_ready(self, ctx: Context) -> None:
        if ctx.throwaway or (self._log_folder(ctx) / f"{TOPIC}-{PARTITIONS - 1}").is_dir():
            return
        size = ["--partitions", str(PARTITIONS), "--replication-factor", "1"]
        broker = ["--bootstrap-server", ctx.address("FAROL_KAFKA_PORT")]
        create = ["--create", "--if-not-exists", "--topic", TOPIC, *size]
        self.tool(ctx, "org.apache.kafka.tools.TopicCommand", *broker, *create)

    def exports(self, ctx: Context) -> dict[str, str]:
        return {"FAROL_KAFKA_BROKERS": ctx.address("FAROL_KAFKA_PORT")}

    def classpath(self, ctx: Context) -> str:
        """Its jars, for tests that start a broker of their own."""
        return f"{self._libs(ctx)}/*"

    def _pom(self, ctx: Context) -> Path:
        return ctx.root / "deploy/native/kafka/pom.xml"

    def _version(self, ctx: Context) -> str:
        """Kafka's version and a digest of the pom, so that any change of the pom resolves anew."""
        pom = self._pom(ctx).read_text()
        version = re.search(r"<kafka\.version>(.+?)<", pom)
        if version is None:
            raise StackError(f"{self._pom(ctx)} names no kafka.version")
        return f"{version[1]}-{fingerprint(pom)}"

    def _libs(self, ctx: Context) -> Path:
        return ctx.cache / f"kafka-{self._version(ctx)}"

    def _log_folder(self, ctx: Context) -> Path:
        return ctx.data(self.name) / "log"

    def _archive(self, ctx: Context) -> Path:
        log4j = ctx.root / "deploy/native/kafka/log4j2.xml"
        return class_archive(ctx, self._version(ctx), self._plain_java(ctx, log4j), self._libs(ctx))

    def _plain_java(self, ctx: Context, log4j: Path) -> list[str]:
        java = ctx.which("java")
        if java is None:
            raise StackError("java is not on PATH")
        # Without -UsePerfData every JVM leaves a file in /tmp.
        return [str(java), "-XX:-UsePerfData", f"-Dlog4j2.configurationFile={log4j}", "-cp", self.classpath(ctx)]

    def _java(self, ctx: Context) -> list[str]:
        java, *words = self._plain_java(ctx, ctx.run_folder(self.name) / "log4j2.xml")
        return [java, f"-XX:SharedArchiveFile={self._archive(ctx)}", *words]

    def tool(self, ctx: Context, main: str, *words: str, stdin: str | None = None) -> None:
        """Runs one of Kafka's command-line programs; every one costs the start of a JVM."""
        user = ctx.account if ctx.reaches(self._libs(ctx)) else None
        command = [*self._java(ctx), "-Xmx256m", *SHORT_LIVED, main, *words]
        ctx.run(command, log="kafka-tools", cwd=ctx.run_folder(self.name), stdin=stdin, user=user)


COMPONENT = Kafka()
