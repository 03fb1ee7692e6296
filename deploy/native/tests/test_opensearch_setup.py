"""deploy/opensearch/setup.sh against a server that remembers what it was given: first run, second run, refusals, signatures."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import unittest
from typing import Any

from context_fixture import ROOT, ContextTest
from remembering_server import ServerTest

FOLDER = ROOT / "deploy/opensearch"


class Setup(ServerTest):
    def run_it(self, **env: str) -> subprocess.CompletedProcess[str]:
        login = {"OPENSEARCH_USER": "admin", "OPENSEARCH_PASSWORD": 'pa"ss\\'} if "AWS_REGION" not in env else {}
        settings = {"PATH": os.environ["PATH"], "OPENSEARCH_URL": self.url, "TMPDIR": str(self.folder), **login, **env}
        return subprocess.run(["sh", str(FOLDER / "setup.sh")], env=settings, capture_output=True, text=True, check=False)

    def headers(self) -> list[dict[str, str]]:
        return [headers for method, path, headers in self.server.seen if method == "PUT"]

    def test_it_puts_everything_and_a_second_run_changes_nothing(self) -> None:
        first = self.run_it(OPENSEARCH_WRITER="arn:aws:iam::123456789012:role/farol-dev-fluent-bit")
        self.assertEqual(first.returncode, 0, first.stderr)
        kept = dict(self.server.kept)
        self.assertEqual(len(kept), 11, sorted(kept))
        self.assertEqual(kept["/fluentbit-k8s-000001"], {"aliases": {"fluentbit-k8s": {"is_write_index": True}}})
        mapping = kept["/_plugins/_security/api/rolesmapping/fluentbit-writer"]
        self.assertEqual(mapping["backend_roles"], ["arn:aws:iam::123456789012:role/farol-dev-fluent-bit"])
        self.assertEqual(kept["/_plugins/_security/api/rolesmapping/logs-reader"]["backend_roles"], [])
        second = self.run_it(OPENSEARCH_WRITER="arn:aws:iam::123456789012:role/farol-dev-fluent-bit")
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertIn("kept fluentbit-k8s", second.stdout)
        self.assertEqual(self.server.kept, kept)

    def test_a_refusal_ends_it_and_is_shown(self) -> None:
        self.server.refused.add("/_plugins/_security/api/roles/fluentbit-writer")
        done = self.run_it()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no permissions", done.stderr)
        self.assertNotIn("ready", done.stdout)

    def test_indices_are_made_last_so_that_they_have_their_template_and_policy(self) -> None:
        self.assertEqual(self.run_it().returncode, 0)
        paths = [path for method, path, _ in self.server.seen if method == "PUT"]
        self.assertEqual(paths[-2:], ["/fluentbit-k8s-000001", "/fluentbit-host-000001"])
        self.assertEqual(paths[0], "/_cluster/settings")

    def test_without_a_login_requests_are_signed_by_the_role_of_the_pod(self) -> None:
        token = self.folder / "token"
        token.write_text("the-token")
        done = self.run_it(
            AWS_REGION="us-east-2", AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{self.url}/credentials", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token)
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        asked = next(headers for method, path, headers in self.server.seen if path == "/credentials")
        self.assertEqual(asked["Authorization"], "the-token")
        for headers in self.headers():
            self.assertRegex(headers["Authorization"], r"^AWS4-HMAC-SHA256 Credential=AKIDTEST/\d{8}/us-east-2/es/aws4_request")
            self.assertEqual({name.lower(): value for name, value in headers.items()}["x-amz-security-token"], "tok=en")

    def test_a_login_is_sent_whole_and_stays_off_the_command_line(self) -> None:
        self.assertEqual(self.run_it(OPENSEARCH_WRITER_PASSWORD="w").returncode, 0)
        self.assertEqual(self.headers()[0]["Authorization"], "Basic " + base64.b64encode(b'admin:pa"ss\\').decode())
        self.assertEqual(self.server.kept["/_plugins/_security/api/internalusers/fluentbit"], {"password": "w"})
        self.assertNotRegex((FOLDER / "setup.sh").read_text(), r"--user |-u ")


class Files(ContextTest):
    def json(self, name: str) -> dict[str, Any]:
        return json.loads((FOLDER / name).read_text())

    def test_logs_are_rolled_daily_read_only_after_seven_days_and_gone_after_thirty(self) -> None:
        policy = self.json("policy-fluentbit.json")["policy"]
        states = {state["name"]: state for state in policy["states"]}
        self.assertEqual(states["hot"]["actions"][0]["rollover"]["min_index_age"], "1d")
        self.assertEqual([states[name]["transitions"][0]["conditions"]["min_index_age"] for name in ("hot", "kept")], ["7d", "30d"])
        self.assertEqual(states["gone"]["actions"], [{"delete": {}}])
        self.assertIn(policy["default_state"], states)
        for state in policy["states"]:
            for transition in state["transitions"]:
                self.assertIn(transition["state_name"], states)

    def test_every_index_that_fluent_bit_writes_to_has_template_alias_policy_and_right_to_write(self) -> None:
        patterns = self.json("policy-fluentbit.json")["policy"]["ism_template"][0]["index_patterns"]
        allowed = self.json("role-fluentbit-writer.json")["index_permissions"][0]["index_patterns"]
        for name in ("fluentbit-k8s", "fluentbit-host"):
            template = self.json(f"template-{name}.json")
            self.assertEqual(template["index_patterns"], [f"{name}-*"])
            self.assertEqual(template["composed_of"], ["fluentbit"])
            self.assertEqual(template["template"]["settings"]["plugins.index_state_management.rollover_alias"], name)
            self.assertIn(f"{name}-*", patterns)
            self.assertLessEqual({name, f"{name}-*"}, set(allowed))

    def test_who_writes_can_delete_nothing(self) -> None:
        actions = self.json("role-fluentbit-writer.json")["index_permissions"][0]["allowed_actions"]
        self.assertFalse([action for action in actions if "delete" in action or action in ("*", "crud", "indices_all", "write")])

    def test_no_field_of_a_program_can_clash_with_anothers(self) -> None:
        mappings = self.json("component-fluentbit.json")["template"]["mappings"]
        self.assertIs(mappings["dynamic"], False)
        self.assertEqual(mappings["properties"]["fields"]["type"], "flat_object")
        self.assertEqual(mappings["properties"]["trace_id"]["type"], "keyword")


if __name__ == "__main__":
    unittest.main()
