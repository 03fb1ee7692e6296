"""The JVM's class-data archive of the broker: made once per Java and Kafka version, it halves every later start."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from . import ports
from .component import StackError
from .context import Context
from .fingerprint import fingerprint
from .kafka_config import new_cluster_id, not_serving, properties

START_SECONDS = 120


def class_archive(ctx: Context, version: str, java: Sequence[str], libs: Path) -> Path:
    """The archive's path; made by a broker that is started and stopped once, on free ports in a temporary folder."""
    runtime = ctx.once("java-version", lambda: ctx.output([java[0], "--version"]))
    name = fingerprint(version, str(runtime), str(libs))

    def build(place: Path) -> None:
        with ctx.step("kafka: archiving its classes, so that it starts in half the time"):
            train(ctx, java, place / "broker.jsa")

    return ctx.cached("kafka-classes", name, build) / "broker.jsa"


def train(ctx: Context, java: Sequence[str], archive: Path) -> None:
    """Runs a broker until it serves; the JVM writes the archive when it ends."""
    with tempfile.TemporaryDirectory(prefix="farol-kafka-classes-") as name:
        folder = Path(name)
        broker, controller = ports.choose(2, ())
        config = folder / "server.properties"
        config.write_text(properties(f"127.0.0.1:{broker}", f"127.0.0.1:{controller}", folder / "log"))
        identity = ["--config", str(config), f"--cluster-id={new_cluster_id()}"]
        ctx.run([*java, "kafka.tools.StorageTool", "format", *identity], log="kafka-install")
        with (ctx.logs / "kafka-install.log").open("ab") as log:
            record = f"-XX:ArchiveClassesAtExit={archive}"
            command = [java[0], record, *java[1:], "kafka.Kafka", str(config)]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_serving(process, broker)
            process.terminate()
            process.wait(START_SECONDS)
        finally:
            process.kill()
            process.wait()
    if not archive.is_file():
        raise StackError(f"the JVM wrote no class archive; see {ctx.logs / 'kafka-install.log'}")


def wait_serving(process: subprocess.Popen[bytes], port: int) -> None:
    """Waits for the broker, for a bounded time."""
    deadline = time.monotonic() + START_SECONDS
    while (reason := not_serving(port)) is not None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise StackError(f"the broker that was to record its classes did not come up: {reason}")
        time.sleep(0.1)
