"""Fluent Bit's configuration: its shape, and what it makes of recorded lines of our own programs and of those around them."""

from __future__ import annotations

import fnmatch
import importlib
import json
import re
import sys
import unittest
from typing import Any

import log_pipeline
from compose_fixture import ComposeTest
from context_fixture import ROOT

FOLDER = ROOT / "deploy/fluent-bit"
SOURCES = ("kubernetes", "compose")
OUTPUTS = ("opensearch", "opensearch-aws", "loki")
NOTHING = {f"FAROL_LOGS_DROP_{name}": "none" for name in ("NAMESPACES", "PODS", "CONTAINERS", "SEVERITIES")}


class FluentBitTest(ComposeTest):
    def setUp(self) -> None:
        super().setUp()
        self.lua = self.tools("fluent-bit-check-tools", FOLDER / "check-requirements.txt")
        tools = self.tools("check-tools", ROOT / "deploy/native/check-requirements.txt")
        sys.path.insert(0, str(tools))
        self.addCleanup(sys.path.remove, str(tools))
        self.yaml = importlib.import_module("yaml")

    def config(self, source: str = "kubernetes", output: str = "opensearch-aws") -> dict[str, Any]:
        return log_pipeline.load(self.yaml, FOLDER, source, output)

    def records(self, container: str, **drop: str) -> list[dict[str, Any]]:
        """What the recorded file of a container becomes."""
        environment = NOTHING | {f"FAROL_LOGS_DROP_{name.upper()}": value for name, value in drop.items()}
        pipeline = log_pipeline.Pipeline(self.config(), (FOLDER / "record.lua").read_text(), self.lua, environment)
        (path,) = (FOLDER / "recorded").glob(f"*_{container}-*.log")
        return pipeline.file(path.name, path.read_text().splitlines())


class Lines(FluentBitTest):
    def test_our_json_keeps_its_ids_and_is_one_record_also_where_the_runtime_cut_it(self) -> None:
        records = self.records("gateway")
        traced = [record for record in records if "trace_id" in record]
        self.assertEqual([record["trace_id"] for record in traced], ["a87c2f7e7a61b560fc499f59902b0472", "c1b9d9bde37a1b6f12c85579b77e8c17"])
        for record in traced:
            self.assertRegex(record["span_id"], r"^[0-9a-f]{16}$")
            self.assertEqual((record["severity"], record["message"]), ("warn", "an event was not acknowledged"))
            self.assertIn("MessageTimedOut", record["fields"]["error"])
        serves = records[1]
        self.assertEqual((serves["target"], serves["severity"], serves["timestamp"]), ("gateway::startup", "info", "2026-11-21T10:08:05.624812Z"))
        self.assertEqual(serves["fields"], {"addr": "127.0.0.1:22937", "dev": False, "topic": "farol.events"})

    def test_a_record_says_whose_it_is(self) -> None:
        for container, namespace in (("worker", "farol"), ("otel-agent", "tracing"), ("coredns", "kube-system")):
            for record in self.records(container):
                self.assertEqual((record["kubernetes"]["container_name"], record["kubernetes"]["namespace_name"]), (container, namespace))

    def test_a_panic_is_one_record_and_fatal(self) -> None:
        panics = [record for record in self.records("gateway") if "panicked at" in record["message"]]
        self.assertEqual(len(panics), 1)
        self.assertEqual((panics[0]["severity"], len(panics[0]["message"].splitlines())), ("fatal", 3))

    def test_an_exception_of_the_broker_is_one_record_with_its_message(self) -> None:
        records = self.records("kafka")
        self.assertEqual([record["severity"] for record in records], ["info", "warn", "info", "info"])
        self.assertIn("\njava.io.IOException: ", records[2]["message"])
        self.assertEqual(records[2]["message"].count("\n\tat "), 10)

    def test_the_text_of_postgresql_and_redis_has_a_severity_and_loses_nothing(self) -> None:
        started, failed = self.records("postgres")
        self.assertEqual((started["severity"], failed["severity"]), ("info", "error"))
        self.assertEqual((failed["fields"]["user"], failed["fields"]["database"]), ("farol", "farol"))
        self.assertTrue(failed["message"].startswith("new row for relation"))
        self.assertEqual([record["severity"] for record in self.records("redis")], ["warn", "info"])

    def test_the_collectors_other_names_become_ours(self) -> None:
        (record,) = self.records("otel-agent")
        self.assertEqual((record["message"], record["severity"]), ("Internal trace telemetry disabled", "info"))
        self.assertTrue(record["timestamp"].startswith("2026-11-21T10:32:25"))

    def test_a_line_that_no_parser_knows_is_kept_as_it_is(self) -> None:
        (record,) = self.records("coredns")
        self.assertEqual(record["severity"], "unknown")
        self.assertTrue(record["message"].startswith("[INFO] plugin/reload"))

    def test_no_recorded_line_is_lost_and_every_record_has_the_fields_of_the_index(self) -> None:
        template = json.loads((ROOT / "deploy/opensearch/component-fluentbit.json").read_text())
        known = template["template"]["mappings"]["properties"].keys()
        for path in (FOLDER / "recorded").glob("*.log"):
            container = log_pipeline.CONTAINER.match(path.name)["container_name"]
            records = self.records(container)
            text = "\n".join(json.dumps(record) for record in records)
            for line in path.read_text().splitlines():
                self.assertIn(re.findall(r"\w{4,}", line)[-1], text)
            for record in records:
                self.assertEqual(record.keys() - known, set(), container)
                self.assertLessEqual({"message", "severity", "kubernetes"}, record.keys())


class Dropping(FluentBitTest):
    def test_by_severity(self) -> None:
        self.assertEqual({record["severity"] for record in self.records("gateway", severities="info|debug|trace")}, {"warn", "fatal"})

    def test_by_namespace_pod_and_container(self) -> None:
        self.assertEqual(self.records("coredns", namespaces="kube-system|istio-system"), [])
        self.assertEqual(self.records("worker", pods="farol-worker-"), [])
        self.assertEqual(self.records("redis", containers="redis"), [])
        self.assertEqual(len(self.records("redis", containers="red")), 2)

    def test_nothing_is_dropped_unless_somebody_says_so(self) -> None:
        self.assertEqual(len(self.records("coredns")), 1)


class Script(FluentBitTest):
    def made(self, record: dict[str, Any]) -> dict[str, Any]:
        pipeline = log_pipeline.Pipeline(self.config(), (FOLDER / "record.lua").read_text(), self.lua, NOTHING)
        return pipeline.filter_lua({"call": "record"}, "", [record])[0]

    def test_an_id_that_is_none_is_left_out(self) -> None:
        for wrong in ("", "0" * 32, "xyz", "ab" * 15, 7):
            self.assertNotIn("trace_id", self.made({"message": "m", "trace_id": wrong}))
        self.assertEqual(self.made({"message": "m", "traceId": "AB" * 16})["trace_id"], "ab" * 16)

    def test_docker_lines_are_named_by_the_part_of_the_compose_file(self) -> None:
        made = self.made({"log": "text\n", "attrs": {"com.docker.compose.service": "gateway"}})
        self.assertEqual((made["kubernetes"]["container_name"], made["message"]), ("gateway", "text"))

    def test_a_programs_own_field_can_take_no_place_of_ours(self) -> None:
        made = self.made({"message": "m", "error": {"code": 1}, "node_id": 3})
        self.assertEqual(made["fields"], {"error": {"code": 1}, "node_id": 3})

    def test_the_journals_priorities_are_severities(self) -> None:
        made = self.made({"message": "m", "priority": "3", "systemd_unit": "kubelet.service", "hostname": "n1"})
        self.assertEqual((made["severity"], made["unit"], made["node"]), ("error", "kubelet.service", "n1"))


class Shape(FluentBitTest):
    def test_every_record_has_an_input_and_an_output(self) -> None:
        for source in SOURCES:
            for output in OUTPUTS:
                pipeline = self.config(source, output)["pipeline"]
                tags = [entry["tag"] for entry in pipeline["inputs"]]
                for tag in tags:
                    self.assertEqual(sum(fnmatch.fnmatch(tag, entry["match"]) for entry in pipeline["outputs"]), 1, f"{source} {output} {tag}")
                for entry in [*pipeline["outputs"], *pipeline["filters"]]:
                    self.assertTrue(any(fnmatch.fnmatch(tag, entry["match"]) for tag in tags), entry)

    def test_every_parser_that_is_named_is_there_and_none_for_nothing(self) -> None:
        config = self.config()
        filters = config["pipeline"]["filters"]
        self.assertEqual([entry["parser"] for entry in filters if entry["name"] == "parser"], [parser["name"] for parser in config["parsers"]])
        named = {name.strip() for entry in filters if entry["name"] == "multiline" for name in entry["multiline.parser"].split(",")}
        self.assertEqual(named - log_pipeline.BUILT_IN, {parser["name"] for parser in config["multiline_parsers"]})
        self.assertEqual(filters[0]["name"], "multiline")

    def test_what_waits_is_on_disk_and_bounded(self) -> None:
        for source in SOURCES:
            for output in OUTPUTS:
                config = self.config(source, output)
                path = config["service"]["storage.path"]
                for entry in config["pipeline"]["inputs"]:
                    self.assertEqual(entry["storage.type"], "filesystem")
                    self.assertTrue(entry["db"].startswith(path.rpartition("/")[0]))
                for entry in config["pipeline"]["outputs"]:
                    self.assertRegex(entry["storage.total_limit_size"], r"^\d+M$")

    def test_the_indices_and_how_they_are_written_to(self) -> None:
        for output in ("opensearch", "opensearch-aws"):
            entries = self.config(output=output)["pipeline"]["outputs"]
            self.assertEqual({entry["match"]: entry["index"] for entry in entries}, {"kube.*": "fluentbit-k8s", "host.*": "fluentbit-host"})
            for entry in entries:
                self.assertEqual((entry["suppress_type_name"], entry["tls"], entry["generate_id"]), (True, True, True))
                self.assertEqual("aws_auth" in entry, output == "opensearch-aws")

    def test_its_own_lines_do_not_come_back_to_it(self) -> None:
        (tail,) = (entry for entry in self.config()["pipeline"]["inputs"] if entry["name"] == "tail")
        self.assertTrue(fnmatch.fnmatch("/var/log/containers/fluent-bit-x7k2p_logging_fluent-bit-0a.log", tail["exclude_path"]))

    def test_trace_ids_reach_loki_as_metadata_and_never_as_labels(self) -> None:
        entry = self.config(output="loki")["pipeline"]["outputs"][0]
        self.assertIn("trace_id=$trace_id", entry["structured_metadata"])
        self.assertNotRegex(entry["label_keys"], r"trace|pod_name")

    def test_no_password_is_written_out(self) -> None:
        for path in FOLDER.rglob("*.yaml"):
            for value in re.findall(r"(?:passwd|token): (.+)", path.read_text()):
                self.assertRegex(value, r"^\$\{\w+\}$", path.name)


if __name__ == "__main__":
    unittest.main()
