"""Owns what the page stands on: a topic and a database of the tests' own, a worker, and two gateways: one with
everything on one port, whose way to Redis can be cut, and one whose management endpoints are apart."""

import contextlib
import json
import os
import subprocess
import tempfile
import uuid
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from farol_browser.program import Program, free_ports
from kafka_topic import Topic
from relay import Relay

TRACES = "https://traces.example"
ROLES = {"full": ["read", "write"], "write_only": ["write"], "narrow": ["read", "write"]}
SOURCES = {"narrow": ["/elsewhere"]}


@contextlib.contextmanager
def started(programs, addresses):
    """Everything runs while the `with` lasts, and nothing of it stays."""
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="farol-page-tests-")))
        redis = urlsplit(addresses["FAROL_TEST_REDIS_URL"])
        relay = stack.enter_context(Relay(redis.hostname, redis.port))
        topic = stack.enter_context(Topic(addresses["FAROL_TEST_KAFKA_BROKERS"], partitions=3))
        keys = make_keys(programs["farolctl"], home / "keys.json")
        settings = {
            "PATH": os.environ["PATH"],
            "FAROL_KAFKA_BROKERS": addresses["FAROL_TEST_KAFKA_BROKERS"],
            "FAROL_KAFKA_TOPIC": topic.name,
            "FAROL_KAFKA_GROUP": topic.name,
            "FAROL_DATABASE_URL": stack.enter_context(database(addresses["FAROL_TEST_DATABASE_URL"])),
            "FAROL_REDIS_URL": redis._replace(netloc=redis.netloc.replace(f":{redis.port}", f":{relay.port}")).geturl(),
            "FAROL_KEYS_FILE": str(home / "keys.json"),
            "FAROL_TRACES_URL": TRACES,
            "FAROL_DEPLOYED_BY": "the <b>page</b> tests",
            "FAROL_SHUTDOWN_WAIT": "0s",
            "FAROL_DEV": "1",
            # Spans are made, since receipts name their trace; nobody takes them.
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        }
        # Last, so that they are stopped before what they stand on goes away.
        worker, gateway, apart = start_programs(stack, programs, home, settings)
        yield SimpleNamespace(worker=worker, gateway=gateway, apart=apart, relay=relay, keys=keys)


def start_programs(stack, programs, home, settings):
    worker_port, port, apart_port, management_port = free_ports(4)
    worker = {**settings, "FAROL_MANAGEMENT_ADDR": f"127.0.0.1:{worker_port}"}
    subprocess.run([programs["farol-worker"], "migrate"], env=worker, check=True, stdout=subprocess.DEVNULL)
    apart = {**settings, "FAROL_HTTP_ADDR": f"127.0.0.1:{apart_port}", "FAROL_MANAGEMENT_ADDR": f"127.0.0.1:{management_port}"}
    return (
        stack.enter_context(program("farol-worker", programs, worker, home, worker_port)),
        stack.enter_context(program("farol-gateway", programs, {**settings, "FAROL_HTTP_ADDR": f"127.0.0.1:{port}"}, home, port)),
        stack.enter_context(program("farol-gateway", programs, apart, home, management_port, url=f"http://127.0.0.1:{apart_port}")),
    )


def program(name, programs, environment, home, port, url=None):
    running = Program(name, [programs[name]], environment, home / f"{name}-{port}.log", f"http://127.0.0.1:{port}/ready")
    running.url = url or f"http://127.0.0.1:{port}"
    return running


def make_keys(farolctl, file):
    """Keys by name; the file knows only their digests."""
    made = {name: make_key(farolctl, SOURCES.get(name, ["*"]), roles) for name, roles in ROLES.items()}
    file.write_text(json.dumps({"keys": [each["entry"] for each in made.values()]}))
    return SimpleNamespace(**{name: each["key"] for name, each in made.items()})


def make_key(farolctl, sources, roles):
    chosen = [f"--source={source}" for source in sources] + [f"--role={role}" for role in roles]
    command = [farolctl, "--output=json", "key", "new", "--producer=page-tests", *chosen]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


@contextlib.contextmanager
def database(server):
    """The URL of a database that exists while the `with` lasts."""
    name = f"page_{uuid.uuid4().hex}"
    psql(server, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        psql(server, f"DROP DATABASE {name} WITH (FORCE)")


def psql(url, statement):
    subprocess.run(["psql", "-X", "-q", "-d", url, "-c", statement], check=True)
