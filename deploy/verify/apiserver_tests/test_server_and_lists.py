"""What is told when the server cannot start, warnings that are tolerated, and what is made of workloads and of our own schemas."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import seeds  # noqa: F401  the path to what is imported below
from farol_apiserver import client, definitions, made_pods, rehearsal, rights, server
from farol_apiserver.client import Answer
from farol_apiserver.programs import Programs
from farol_apiserver.tolerated import LIST, Tolerated
from farol_native.component import StackError
from farol_verify.render import Source


class Server(unittest.TestCase):
    def test_a_program_that_ends_at_once_is_told_and_nothing_stays(self) -> None:
        home = Path(tempfile.mkdtemp())
        false = Path("/bin/false")
        with mock.patch.object(server.throwaway, "folder", return_value=home), self.assertRaisesRegex(StackError, "ended with 1"):
            with server.running(Programs(apiserver=false, etcd=false)):
                self.fail("nothing is running")
        self.assertFalse(home.exists())

    def test_a_warning_is_read_with_its_quotes(self) -> None:
        found = [client.text_of(match) for match in client.WARNING.finditer(r'299 - "unknown field \"spec.x\"", 299 - "two"')]
        self.assertEqual(found, ['unknown field "spec.x"', "two"])


class Warnings(unittest.TestCase):
    def tolerated(self, text: str) -> Tolerated:
        place = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (place / LIST).parent.mkdir(parents=True)
        (place / LIST).write_text(text)
        return Tolerated(place)

    def test_a_warning_fails_unless_it_is_listed_for_this_object(self) -> None:
        listed = self.tolerated("- { source: prod, object: Pod/.*, warning: it is old, because: of a reason }")
        answer = Answer(200, {}, ["it is old"])
        self.assertEqual(rehearsal.verdict("Pod/one", answer, "prod", listed), [])
        self.assertEqual(rehearsal.verdict("Job/one", answer, "prod", listed), ["Job/one: warning: it is old"])
        self.assertEqual(rehearsal.verdict("Pod/one", answer, "dev", listed), ["Pod/one: warning: it is old"])

    def test_an_entry_that_nothing_needs_is_found(self) -> None:
        listed = self.tolerated("- { source: prod, object: Pod/.*, warning: it is old, because: of a reason }")
        self.assertEqual(len(list(listed.unmet())), 1)
        listed.covers("prod", "Pod/one", "it is old")
        self.assertEqual(list(listed.unmet()), [])


class Made(unittest.TestCase):
    def test_a_pod_of_a_set_has_the_volumes_of_its_claims(self) -> None:
        claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}
        workload = {"kind": "StatefulSet", "metadata": {"name": "db", "namespace": "farol"}, "spec": {"template": template, "volumeClaimTemplates": [claim]}}
        pod, disk = [made for _, made in made_pods.of(Source("one", [workload]))]
        self.assertEqual(pod["spec"]["volumes"], [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}])
        self.assertEqual((pod["metadata"]["labels"], pod["metadata"]["namespace"], disk["kind"]), ({"a": "b"}, "farol", "PersistentVolumeClaim"))
        self.assertNotIn("volumes", template["spec"])

    def test_a_schema_of_ours_becomes_a_crd_whose_nodes_all_have_a_type(self) -> None:
        spec = {"type": "object", "properties": {"mode": {"enum": ["x"]}}}
        crd = definitions.as_definition({"properties": {"apiVersion": {"enum": ["a.example/v1"]}, "kind": {"enum": ["Thing"]}, "spec": spec}})
        self.assertEqual(crd["metadata"]["name"], "things.a.example")
        found = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["mode"]
        self.assertEqual(found, {"enum": ["x"], "type": "string"})

    def test_the_folder_that_an_application_names_leads_to_its_source(self) -> None:
        self.assertEqual(rights.source_of("deploy/kubernetes/overlays/dev"), "dev")
        self.assertEqual(rights.source_of("deploy/prometheus"), "rules")
        self.assertIsNone(rights.source_of("somewhere/else"))


class Roles(unittest.TestCase):
    def test_a_project_allows_what_it_names_and_roles_may_be_written_by_who_may_bind(self) -> None:
        role = {"group": "rbac.authorization.k8s.io", "kind": "ClusterRole"}
        self.assertTrue(rights.allowed(role, [{"group": "*", "kind": "*"}]))
        self.assertTrue(rights.allowed(role, [role]))
        self.assertFalse(rights.allowed(role, [{"group": "", "kind": "ClusterRole"}]))
        self.assertIn("escalate", rights.verbs(role))
        self.assertNotIn("escalate", rights.verbs({"group": "apps"}))

    def test_roles_that_never_take_effect_are_told(self) -> None:
        deaf = mock.Mock()
        deaf.create.return_value = Answer(201, {"status": {"allowed": False}})
        with mock.patch.object(rights, "EFFECTIVE_SECONDS", 0.2), self.assertRaisesRegex(StackError, "no effect"):
            rights.wait_effective(deaf, "farol", {"group": "apps", "name": "deployments"})


if __name__ == "__main__":
    unittest.main()
