"""The stack in containers has the parts, versions and settings of the native one; what differs is named here."""

from __future__ import annotations

import json
import re
import tomllib
import unittest
from pathlib import Path

from compose_fixture import DOCKERFILE, FOLDER, ComposeTest, written_settings
from context_fixture import ROOT

from farol_native import components
from farol_native.components import blackbox_exporter, grafana, jaeger, kafka, node_exporter, postgres, prometheus, redis
from farol_native.components.alertmanager import COMPONENT as ALERTMANAGER
from farol_native.kafka_config import properties

# Read from the environment by crates/telemetry, whoever starts it.
EVERYWHERE = {"FAROL_DEV", "FAROL_LOG"}
# How to reach what both programs need is read in one place for both.
CONNECTIONS = ("kafka", "postgres")
# Steps that a native start does itself, and the tool that it runs from the checkout.
ONLY_HERE = {"migrate", "kafka-topic", "postgres-roles", "farolctl"}


def read_by(crate: str) -> tuple[set[str], set[str]]:
    """(all, required) variables of a service's config.rs and its parts, and of the connections it makes."""
    folder = ROOT / "crates" / crate / "src"
    files = [[folder / "config.rs", *sorted((folder / "config").glob("*.rs"))]]
    files += [sorted((ROOT / "crates" / connection / "src").glob("*.rs")) for connection in CONNECTIONS]
    found = [reads(paths) for paths in files]
    return set().union(*(all_names for all_names, _ in found)), set().union(*(required for _, required in found))


def reads(files: list[Path]) -> tuple[set[str], set[str]]:
    """(all, required) variables that these files of one crate read; their tests are not counted."""
    text = "".join(path.read_text().partition("#[cfg(test)]")[0] for path in files)
    for constant, name in re.findall(r'const (\w+): &str = ("FAROL_\w+")', text):
        text = re.sub(rf"\b{constant}\b", name, text)
    calls = re.findall(r'env\s*\.(\w+)(?:::<[^>]+>)?\(\s*"(FAROL_\w+)"', text)
    # What reads a file that a variable names.
    calls += re.findall(r'\b(read|readable)\(env, "(FAROL_\w+)"', text)
    return {name for _, name in calls}, {name for how, name in calls if how in ("required", "secret")}


def assignments(text: str) -> dict[str, str]:
    """key=value or key = value lines without comments."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("'") for key, _, value in pairs}


class Programs(ComposeTest):
    def test_gateway_and_worker_are_given_all_that_they_read_and_nothing_else(self) -> None:
        image = set(re.findall(r"^ENV (FAROL_\w+)=", DOCKERFILE.read_text(), flags=re.MULTILINE))
        for crate in ("gateway", "worker"):
            known, required = read_by(crate)
            given = {name for name in self.environment(crate) if name.startswith("FAROL_")}
            with self.subTest(crate):
                self.assertGreaterEqual(len(known), 8)
                self.assertEqual(sorted(given - known - EVERYWHERE), [])
                self.assertEqual(sorted(known - given - image), [])
                self.assertEqual(sorted(name for name in required if self.environment(crate).get(name) is None), [])

    def test_the_step_that_migrates_is_given_what_it_reads(self) -> None:
        known, required = reads(sorted((ROOT / "crates/postgres/src").glob("*.rs")))
        self.assertIn("Server::read(&mut env)", (ROOT / "crates/worker/src/main.rs").read_text())
        self.assertEqual(set(self.environment("migrate")), known)
        self.assertIsNotNone(self.environment("migrate")[required.pop()])

    def test_farolctl_is_given_only_what_it_reads_and_the_addresses_of_the_env_file(self) -> None:
        sources = "".join(path.read_text() for path in (ROOT / "crates/farolctl/src").rglob("*.rs"))
        ctx, _ = written_settings(self.folder / "home")
        given = {name for name in self.environment("farolctl") if name.startswith("FAROL_")}
        self.assertEqual(sorted(name for name in given if f'"{name}"' not in sources), [])
        exports = {name: value for part in components.load() for name, value in part.exports(ctx).items()}
        for name in given - {"FAROL_KEY", "FAROL_DATABASE_URL"}:
            with self.subTest(name):
                self.assertEqual(re.sub(r"\$\{\w+:-(\d+)\}", r"\1", self.environment("farolctl")[name]), exports[name])

    def test_collector_and_jaeger_are_given_only_variables_of_their_configs(self) -> None:
        also = sorted((ROOT / "otel-collector/also").glob("*.yaml"))
        for name, paths in (("otel-collector", [ROOT / "otel-collector/config.yaml", *also]), ("jaeger", [ROOT / "jaeger/config.yaml"])):
            used = {variable for path in paths for variable in re.findall(r"\$\{env:(\w+)", path.read_text())}
            given = {variable for variable in self.environment(name) if variable.startswith("FAROL_")}
            with self.subTest(name):
                self.assertEqual(sorted(given - used), [])


class Parts(ComposeTest):
    def test_every_part_of_the_native_stack_is_here_and_nothing_else(self) -> None:
        self.assertEqual(set(self.services) - ONLY_HERE, {part.name for part in components.load()})

    def test_versions_are_those_of_the_native_stack(self) -> None:
        pom = (ROOT / "deploy/native/kafka/pom.xml").read_text()
        toolchain = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
        workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
        broker = re.search(r"<kafka\.version>(.+?)<", pom)[1]
        self.assertTrue(self.services["kafka"]["image"].endswith(f":{broker}"))
        self.assertIn(f"ARG KAFKA_IMAGE=apache/kafka:{broker}@", DOCKERFILE.read_text())
        self.assertIn(f"ARG RUST_IMAGE=rust:{toolchain}-", DOCKERFILE.read_text())
        self.assertTrue(self.services["jaeger"]["image"].endswith(f":{jaeger.VERSION}"))
        self.assertTrue(self.services["grafana"]["image"].endswith(f":{grafana.VERSION}"))
        for name in ("gateway", "worker", "farolctl", "otel-collector"):
            self.assertEqual(self.services[name]["image"], f"farol/{name}:{workspace}")

    def test_prometheus_has_one_target_for_each_job_where_that_part_listens(self) -> None:
        defaults = {variable: port for part in components.load() for variable, port in part.ports.items()}
        found = {path.stem: json.loads(path.read_text()) for path in (FOLDER / "prometheus-targets").iterdir()}
        expected = {job: [{"targets": [f"{part}:{defaults[port]}"]}] for job, (part, port) in prometheus.TARGETS.items()}
        component, port = prometheus.BLACKBOX
        addresses = {part: f"{part}:{defaults[own]}" for part, (own, _) in prometheus.PROBES.items()}
        expected["blackbox"] = json.loads(prometheus.probes(f"{component}:{defaults[port]}", addresses))
        self.assertEqual(found, expected)


class SameSettings(ComposeTest):
    def test_the_broker(self) -> None:
        listeners = {"controller.quorum.voters", "listeners", "advertised.listeners", "listener.security.protocol.map"}
        listeners |= {"inter.broker.listener.name", "log.dirs"}
        here = assignments((FOLDER / "kafka/server.properties").read_text())
        there = assignments(properties("127.0.0.1:19092", "127.0.0.1:19093", Path("/log")))
        self.assertEqual({k: v for k, v in here.items() if k not in listeners}, {k: v for k, v in there.items() if k not in listeners})
        words = self.services["kafka-topic"]["command"]
        self.assertIn(f"--topic={kafka.TOPIC}", words)
        self.assertIn(f"--partitions={kafka.PARTITIONS}", words)

    def test_the_roles(self) -> None:
        roles = postgres.ROLES.replace("\\\\", "\\").format(
            owner=postgres.OWNER, exporter=postgres.EXPORTER, owner_password="P", exporter_password="P"
        )
        here = re.sub(r":'\w+_password'", "'P'", (FOLDER / "postgres/roles.sql").read_text())
        statements = [line for line in here.splitlines() if not line.startswith(("--", "\\set", "\\getenv"))]
        self.assertEqual(statements, roles.splitlines())

    def test_postgres(self) -> None:
        ctx, _ = written_settings(self.folder / "home")
        there = assignments(postgres.COMPONENT._config(ctx, Path("/hba")))
        words = self.services["postgres"]["command"][1:]
        here = dict(word.removeprefix("-c").split("=", 1) for word in words)
        # Where it listens and keeps its data is the image's, the rest is PostgreSQL's own default.
        for name in ("data_directory", "hba_file", "ident_file", "listen_addresses", "port", "unix_socket_directories"):
            del there[name]
        for name, default in (("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")):
            self.assertEqual(there.pop(name), default)
        self.assertEqual(there.pop("password_encryption"), "scram-sha-256")
        self.assertEqual(here, there)

    def test_redis(self) -> None:
        ctx, _ = written_settings(self.folder / "home")
        own = {"bind", "port", "requirepass", "set-proc-title", "dir", "include"}

        def lines(text: str) -> set[str]:
            return {line for line in text.splitlines() if line and line[0] != "#" and line.split()[0] not in own}

        self.assertEqual(lines((FOLDER / "redis/redis.conf").read_text()), lines(redis.COMPONENT._config(ctx)))

    def test_grafana(self) -> None:
        ctx, written = written_settings(self.folder / "home")
        here = {name: value for name, value in self.environment("grafana").items() if name.startswith("GF_")}
        there = grafana.COMPONENT.settings(ctx)
        # Where it listens and keeps its data is the image's.
        image = {"GF_SERVER_HTTP_ADDR", "GF_SERVER_HTTP_PORT", "GF_PATHS_DATA", "GF_PATHS_LOGS", "GF_PATHS_PLUGINS"}
        self.assertEqual(here.keys(), there.keys() - image)
        for name, value in here.items():
            with self.subTest(name):
                if value.startswith("$"):
                    self.assertEqual(written[re.match(r"\$\{(\w+)", value)[1]], there[name])
                elif value.startswith("/"):
                    self.assertEqual(Path(value).name, Path(there[name]).name)
                else:
                    self.assertEqual(value, there[name])

    def test_flags(self) -> None:
        path = self.program_on_path("prometheus", "")
        self.program_on_path("alertmanager", "")
        self.program_on_path("prometheus-node-exporter", "")
        self.program_on_path("prometheus-blackbox-exporter", "")
        ctx = self.context(path)
        own = ("--config.file", "--storage.tsdb.path", "--storage.path", "--web.listen-address", "--path.", "--collector.netdev")
        for part in (prometheus.COMPONENT, ALERTMANAGER, node_exporter.COMPONENT, blackbox_exporter.COMPONENT):
            there = {str(word) for word in part.program(ctx).command[1:]} - {"--collector.filesystem"}
            here = {re.sub(r"\$\{\w+:-(\d+)\}", r"\1", word) for word in self.services[part.name]["command"]}
            with self.subTest(part.name):
                self.assertEqual(
                    {word for word in here if not word.startswith(own)},
                    {word for word in there if not word.startswith(own)},
                )


if __name__ == "__main__":
    unittest.main()
