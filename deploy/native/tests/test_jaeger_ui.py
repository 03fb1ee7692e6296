"""Jaeger's pages link to what is in the stack, and to nothing else."""

from __future__ import annotations

import json
import re
import unittest

from context_fixture import ROOT, ContextTest

from farol_native import jaeger_ui

TEXT = (ROOT / "jaeger" / "ui.json").read_text()
ALL = {"FAROL_JAEGER_URL": "http://j", "FAROL_GRAFANA_URL": "http://g", "FAROL_LOGS_URL": "http://l"}


class Links(ContextTest):
    def patterns(self, env: dict[str, str] | None = None, *components: str) -> list[dict[str, str]]:
        ctx = self.context(env)
        ctx.components = frozenset(components)
        return json.loads(jaeger_ui.rendered(ctx))["linkPatterns"]

    def test_without_grafana_and_logs_none_leads_there(self) -> None:
        urls = [pattern["url"] for pattern in self.patterns()]
        self.assertEqual([url.split("/search")[0] for url in urls], ["http://127.0.0.1:16686"])

    def test_with_grafana_they_lead_to_its_boards(self) -> None:
        urls = [pattern["url"] for pattern in self.patterns(None, "grafana")]
        self.assertIn("http://127.0.0.1:3000/d/farol-golden-signals", urls)

    def test_another_grafana_and_a_search_for_logs_can_be_named(self) -> None:
        env = {"FAROL_GRAFANA_URL": "https://grafana.example/", "FAROL_LOGS_URL": "https://logs.example"}
        patterns = self.patterns(env, "grafana")
        urls = [pattern["url"] for pattern in patterns]
        self.assertIn("https://grafana.example/d/farol-golden-signals", urls)
        self.assertTrue([url for url in urls if url.startswith("https://logs.example/") and "#{traceID}" in url])
        self.assertEqual(len(patterns), len(json.loads(TEXT)["linkPatterns"]))

    def test_in_kubernetes_where_no_address_is_known_there_are_no_links(self) -> None:
        self.assertEqual((ROOT / "jaeger/kubernetes/ui.json").read_text(), jaeger_ui.filled(TEXT, {}))

    def test_every_board_they_name_exists(self) -> None:
        uids = {json.loads(path.read_text())["uid"] for path in (ROOT / "grafana" / "dashboards").glob("*.json")}
        named = set(re.findall(r"/d/([\w-]+)", TEXT))
        self.assertTrue(named)
        self.assertEqual(named - uids, set())

    def test_a_pattern_with_an_address_nobody_knows_is_left_out(self) -> None:
        text = TEXT.replace("${FAROL_LOGS_URL}", "${FAROL_UNKNOWN_URL}")
        self.assertNotIn("UNKNOWN", jaeger_ui.filled(text, ALL))

    def test_what_they_are_found_by_is_on_our_spans(self) -> None:
        sources = [ROOT / "crates" / name for name in ("gateway/src/publisher/span.rs", "gateway/src/observe.rs", "worker/src/trace.rs")]
        spans = "\n".join(path.read_text() for path in sources)
        for pattern in json.loads(TEXT)["linkPatterns"]:
            for key in {pattern.get("key"), *re.findall(r"#\{([^}]+)\}", pattern["url"] + pattern["text"])} - {None, "traceID"}:
                with self.subTest(key):
                    self.assertIn(f"{key} =", spans)


if __name__ == "__main__":
    unittest.main()
