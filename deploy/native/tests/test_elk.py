"""The ELK variant: grok over the recorded lines, whole numbers, the setup script and Grafana's sources against a server that remembers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import unittest

from context_fixture import ROOT
from log_pipeline import CONTAINER, cri, python_regex
from remembering_server import ServerTest

FOLDER = ROOT / "deploy/elk"
RECORDED = ROOT / "deploy/fluent-bit/recorded"
LOGSTASH = (FOLDER / "logstash.conf").read_text()
WHOLE_NUMBERS = ("status", "latency_ms")


def patterns() -> list[re.Pattern[str]]:
    """What grok tries, in its order; the first that fits wins."""
    block = re.search(r'"message" => \[\n(.*?)\n\s+\]', LOGSTASH, re.DOTALL)
    return [python_regex(text) for text in re.findall(r'^\s+"(.+?)",?$', block[1], re.MULTILINE)]


def grok(line: str) -> dict[str, str] | None:
    match = next((found for pattern in patterns() if (found := pattern.search(line))), None)
    return match and {name: value for name, value in match.groupdict().items() if value is not None}


class Grok(unittest.TestCase):
    def test_level_endpoint_status_and_latency_of_a_request(self) -> None:
        found = grok("2026-01-10 00:45:12 INFO GET /v1/events?limit=5 202 13ms trace=1")
        self.assertEqual({name: found[name] for name in ("level", "method", "endpoint", "status", "latency_ms")}, {
            "level": "INFO", "method": "GET", "endpoint": "/v1/events", "status": "202", "latency_ms": "13",
        })

    def test_a_line_that_is_no_request_has_its_level_and_text(self) -> None:
        self.assertEqual(grok("2026-01-10 00:45:12 WARNING GET ready for 3 of 5")["level"], "WARNING")
        self.assertNotIn("status", grok("2026-01-10 00:45:12 WARNING GET ready for 3 of 5"))

    def test_recorded_text_of_kafka_and_postgresql_is_understood(self) -> None:
        seen = {}
        for path in RECORDED.glob("*.log"):
            container = CONTAINER.match(path.name)["container_name"]
            if container in ("kafka", "postgres"):
                lines = [record["log"] for record in cri(path.read_text().splitlines())]
                seen[container] = [found["level"] for line in lines if (found := grok(line))]
        self.assertEqual(seen, {"kafka": ["INFO", "WARN", "INFO", "INFO"], "postgres": ["LOG", "ERROR"]})

    def test_what_it_does_not_understand_is_marked_and_kept(self) -> None:
        self.assertIsNone(grok("[INFO] plugin/reload: Running"))
        self.assertIn('tag_on_failure => ["unknown_format"]', LOGSTASH)
        self.assertNotIn("drop {", LOGSTASH)

    def test_status_and_latency_are_whole_numbers_on_the_way_and_in_the_index(self) -> None:
        properties = json.loads((FOLDER / "template.json").read_text())["template"]["mappings"]["properties"]
        for name in WHOLE_NUMBERS:
            self.assertIn(f'"{name}" => "integer"', LOGSTASH)
            self.assertEqual(properties[name]["type"], "integer")

    def test_every_field_that_is_made_is_a_field_of_the_index(self) -> None:
        properties = json.loads((FOLDER / "template.json").read_text())["template"]["mappings"]["properties"]
        made = set(re.findall(r'=> "(\w+)" \}', LOGSTASH)) | {name for pattern in patterns() for name in pattern.groupindex}
        self.assertEqual(made - properties.keys(), set())

    def test_braces_and_brackets_close(self) -> None:
        text = re.sub(r'"(?:[^"\\]|\\.)*"|/\^[^/]*/|#.*', "", LOGSTASH)
        for opening, closing in ("{}", "[]"):
            self.assertEqual(text.count(opening), text.count(closing))


class Scripts(ServerTest):
    def script(self, path: str, **env: str) -> subprocess.CompletedProcess[str]:
        settings = {"PATH": os.environ["PATH"], "TMPDIR": str(self.folder), **env}
        return subprocess.run(["sh", str(ROOT / path)], env=settings, capture_output=True, text=True, check=False)

    def test_elasticsearch_gets_a_writer_that_can_add_and_nothing_else(self) -> None:
        passwords = {"ELASTIC_PASSWORD": "e", "KIBANA_PASSWORD": "k", "LOGS_WRITER_PASSWORD": "w"}
        for _ in range(2):
            done = self.script("deploy/elk/setup.sh", ELASTIC_URL=self.url, **passwords)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.server.kept["/_security/role/logs_writer"]["indices"][0]["privileges"], ["auto_configure", "create_doc"])
        self.assertEqual(self.server.kept["/_security/user/kibana_system/_password"], {"password": "k"})
        self.assertEqual(self.server.kept["/_index_template/logs-farol"]["template"]["lifecycle"], {"data_retention": "30d"})

    def test_a_refusal_of_elasticsearch_ends_it(self) -> None:
        self.server.refused.add("/_security/role/logs_writer")
        done = self.script("deploy/elk/setup.sh", ELASTIC_URL=self.url, ELASTIC_PASSWORD="e", KIBANA_PASSWORD="k", LOGS_WRITER_PASSWORD="w")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no permissions", done.stderr)

    def test_grafana_gets_both_sources_linked_by_the_trace_id(self) -> None:
        done = self.script("grafana/optional/put.sh", GRAFANA_URL=self.url, GRAFANA_PASSWORD="g")
        self.assertEqual(done.returncode, 0, done.stderr)
        loki, tempo = (self.server.kept[f"/api/datasources/uid/{name}"] for name in ("loki", "tempo"))
        self.assertEqual(loki["jsonData"]["derivedFields"][0]["datasourceUid"], tempo["uid"])
        self.assertEqual(tempo["jsonData"]["tracesToLogsV2"]["datasourceUid"], loki["uid"])
        output = (ROOT / "deploy/fluent-bit/outputs/loki.yaml").read_text()
        self.assertIn(re.search(r'job="([\w-]+)"', tempo["jsonData"]["tracesToLogsV2"]["query"])[1], output)

    def test_a_source_that_grafana_refuses_ends_it(self) -> None:
        self.server.refused.add("/api/datasources/uid/tempo")
        self.assertNotEqual(self.script("grafana/optional/put.sh", GRAFANA_URL=self.url, GRAFANA_PASSWORD="g").returncode, 0)


if __name__ == "__main__":
    unittest.main()
