"""Starts the compose file's own services from the images: an event goes in by farolctl's and comes out as a row.

Kafka, PostgreSQL and Redis are the throw-away servers of the tests, because their images cannot be had everywhere. So
each service is on the machine's network; all else is what compose.yaml says: account, limits, capabilities, root, health."""

from __future__ import annotations

import datetime
import json
import os
import re
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from farol_native import compose, throwaway
from farol_native.component import StackError
from farol_native.components.kafka import TOPIC
from farol_native.stack import Stack, open_stack

from .engine import HERE, Engine

ROOT = HERE.parents[1]
PROJECT = "farol-images-check"
PATIENCE = 60
SOURCE = "/images-check"
# Service, and where it says that it is ready.
READY = {
    "otel-collector": ("FAROL_COLLECTOR_HEALTH_PORT", "/"),
    "gateway": ("FAROL_GATEWAY_PORT", "/ready"),
    "worker": ("FAROL_WORKER_PORT", "/ready"),
}


@dataclass(frozen=True)
class Service:
    """What a started service needed."""

    name: str
    ready_seconds: float
    memory: str


@dataclass
class Started:
    """All services, where the event was found, and what was wrong."""

    services: list[Service] = field(default_factory=list)
    event: str = "nothing"
    wrong: list[str] = field(default_factory=list)


def start(engine: Engine) -> Started:
    """Starts, asks and stops; nothing of it stays."""
    home = Path(tempfile.mkdtemp(prefix="farol-images-", dir="/var/tmp"))
    stack = open_stack(ROOT, {**os.environ, "FAROL_HOME": str(home), "FAROL_PORTS": "free", "FAROL_ENV_FILE": os.devnull})
    started = Started()
    try:
        with throwaway.servers(ROOT, os.environ) as servers:
            create_topic(engine, servers)
            with project(engine, stack, servers) as words:
                run(engine, stack, words, started)
    finally:
        stack.home.remove()
    return started


def create_topic(engine: Engine, servers: dict[str, str]) -> None:
    """The topic with its six partitions, as the compose file's step makes it."""
    broker = ["--bootstrap-server", servers["FAROL_TEST_KAFKA_BROKERS"]]
    command = ["java", "-Xmx128m", "-XX:-UsePerfData", "-cp", servers["FAROL_TEST_KAFKA_CLASSPATH"], "org.apache.kafka.tools.TopicCommand"]
    engine.ctx.run([*command, *broker, "--create", "--topic", TOPIC, "--partitions", "6", "--replication-factor", "1"], log="images-topic")


@contextmanager
def project(engine: Engine, stack: Stack, servers: dict[str, str]) -> Iterator[list[str]]:
    """The words that lead docker to the compose project; it is gone afterwards."""
    compose.write_settings(stack)
    override = stack.home.path / "run" / "compose.override.yaml"
    override.parent.mkdir(parents=True, exist_ok=True)
    override.write_text(json_as_yaml(overrides(stack, servers)))
    files = ["--file", ROOT / "deploy/compose/compose.yaml", "--file", override]
    words = ["compose", "--project-name", PROJECT, "--env-file", compose.env_file(stack.ctx), "--profile", "tools", *map(str, files)]
    try:
        yield [str(word) for word in words]
    finally:
        engine.run(*words, "down", "--volumes", "--timeout", "30", log="images-down")


def overrides(stack: Stack, servers: dict[str, str]) -> dict[str, dict[str, object]]:
    """What differs from compose.yaml for each service: the network, and so the addresses."""
    ctx = stack.ctx
    database = {"FAROL_DATABASE_URL": f"{servers['FAROL_TEST_DATABASE_URL']}?sslmode=disable"}
    spans = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{ctx.address('FAROL_OTLP_HTTP_PORT')}"}
    common = {**database, **spans, "FAROL_KAFKA_BROKERS": servers["FAROL_TEST_KAFKA_BROKERS"]}
    gateway = {"FAROL_HTTP_ADDR": ctx.address("FAROL_GATEWAY_PORT"), "FAROL_REDIS_URL": servers["FAROL_TEST_REDIS_URL"]}
    ports = {name: str(ctx.port(name)) for name in stack.ports.all() if name.startswith(("FAROL_OTLP_", "FAROL_COLLECTOR_"))}
    return {
        "gateway": {**common, **gateway},
        "worker": {**common, "FAROL_MANAGEMENT_ADDR": ctx.address("FAROL_WORKER_PORT")},
        "migrate": database,
        "otel-collector": {**ports, "FAROL_COLLECTOR_HOST": "127.0.0.1", "FAROL_JAEGER_OTLP_ENDPOINT": ctx.address("FAROL_JAEGER_OTLP_GRPC_PORT")},
        "farolctl": database,
    }


def json_as_yaml(services: dict[str, dict[str, object]]) -> str:
    """The override file. `!reset` takes away what the host's network makes impossible; the images are built already."""
    lines = ["services:"]
    for name, environment in services.items():
        lines += [f"  {name}:", "    network_mode: host", "    pull_policy: never", "    depends_on: !reset {}", "    ports: !reset []"]
        lines += [f"    environment: {json.dumps(environment)}"]
    return "\n".join(lines) + "\n"


def run(engine: Engine, stack: Stack, words: list[str], started: Started) -> None:
    """Migrates, starts one service after the other, and sends an event through them."""
    ctx = engine.ctx
    with ctx.step("migrating the database by the worker's image"):
        engine.run(*words, "run", "--rm", "-T", "migrate", log="images-migrate")
    for name, (port, path) in READY.items():
        with ctx.step(f"starting {name}"):
            engine.run(*words, "up", "--detach", "--no-deps", name, log=f"images-{name}")
            container = (engine.output(*words, "ps", "--all", "--quiet", name) or "").strip()
            seconds = ready(engine, container, f"http://{stack.ctx.address(port)}{path}")
        healthy(engine, container, name, started)
        started.services.append(Service(name, seconds, memory(engine, container)))
    send(engine, words, started)


def ready(engine: Engine, container: str, url: str) -> float:
    """Seconds from the container's start to the first 200."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2):
                now = datetime.datetime.now(datetime.UTC)
                return (now - started_at(engine, container)).total_seconds()
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    _, said = engine.said("logs", "--tail", "20", container)
    raise StackError(f"{url} was not ready within {PATIENCE} s:\n{said}")


def started_at(engine: Engine, container: str) -> datetime.datetime:
    """When the engine started it."""
    text = (engine.output("inspect", "--format", "{{.State.StartedAt}}", container) or "").strip()
    return datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z$", r"\1+00:00", text))


def healthy(engine: Engine, container: str, name: str, started: Started) -> None:
    """The engine finds it healthy by the image's own check, and its root cannot be written."""
    facts = json.loads(engine.output("inspect", container) or "[{}]")[0]
    if not facts["HostConfig"]["ReadonlyRootfs"]:
        started.wrong.append(f"{name}: its root can be written")
    if not facts["HostConfig"]["Memory"]:
        started.wrong.append(f"{name}: its memory is not limited")
    until = time.monotonic() + PATIENCE
    while "Health" in facts["State"] and facts["State"]["Health"]["Status"] != "healthy":
        if time.monotonic() > until:
            last = facts["State"]["Health"]["Log"][-1:]
            started.wrong.append(f"{name}: the engine finds it {facts['State']['Health']['Status']}: {last}")
            return
        time.sleep(0.2)
        facts = json.loads(engine.output("inspect", container) or "[{}]")[0]


def memory(engine: Engine, container: str) -> str:
    """What it uses, and its limit."""
    return (engine.output("stats", "--no-stream", "--format", "{{.MemUsage}}", container) or "unknown").strip()


def send(engine: Engine, words: list[str], started: Started) -> None:
    """One event by the operator's image, until the gateway finds its row."""
    event = str(uuid.uuid4())
    tool = [*words, "run", "--rm", "-T", "farolctl"]
    code, said = engine.said(*tool, "send", "--source", SOURCE, "--type", "check.ran", "--id", event)
    if code != 0:
        started.wrong.append(f"farolctl send ends with {code}: {said.strip()}")
        return
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        code, said = engine.said(*tool, "--output", "json", "event", SOURCE, event)
        if code == 0 and '"stored"' in said:
            started.event = "stored"
            return
    started.wrong.append(f"the event was not found as a row within {PATIENCE} s: {said.strip()}")
