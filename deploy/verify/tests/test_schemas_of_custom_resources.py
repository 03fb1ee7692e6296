"""Schemas made from CRDs: what they refuse and what they leave open, and that the list of CRDs goes with what is installed."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from mistakes import MistakesTest
from farol_native.component import StackError
from farol_verify import crds, json_schema


class StrictSchemas(MistakesTest):
    def refused(self, spec: dict[str, Any], value: object, **root: object) -> bool:
        import jsonschema

        schema = json_schema.of_resource({"type": "object", "properties": {"spec": {"type": "object", "properties": {"field": spec}}}})
        manifest = {"apiVersion": "example.com/v1", "kind": "Example", "metadata": {"name": "one"}, "spec": {"field": value}} | root
        return not jsonschema.Draft202012Validator(schema).is_valid(manifest)

    def test_an_unknown_field_is_refused_at_the_root_in_metadata_and_below(self) -> None:
        part = {"type": "object", "properties": {"known": {"type": "string"}}}
        self.assertFalse(self.refused(part, {"known": "x"}))
        self.assertTrue(self.refused(part, {"unknown": "x"}))
        self.assertTrue(self.refused(part, {"known": "x"}, specs={}))
        self.assertTrue(self.refused(part, {"known": "x"}, metadata={"name": "one", "label": {}}))

    def test_unknown_fields_pass_only_where_the_crd_keeps_them(self) -> None:
        part = {"type": "object", "properties": {"known": {"type": "string"}}, "x-kubernetes-preserve-unknown-fields": True}
        self.assertFalse(self.refused(part, {"unknown": "x"}))
        self.assertTrue(self.refused(part, {"known": 1}))

    def test_a_branch_of_one_of_adds_a_condition_and_closes_nothing(self) -> None:
        texts = {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}}
        part = {"type": "object", "properties": texts, "oneOf": [{"properties": {"a": {}}, "required": ["a"]}, {"required": ["b"]}]}
        self.assertFalse(self.refused(part, {"a": "x", "c": "x"}))
        self.assertTrue(self.refused(part, {"a": "x", "b": "x"}))
        self.assertTrue(self.refused(part, {"c": "x"}))

    def test_int_or_string_takes_both_and_nothing_else(self) -> None:
        part = {"x-kubernetes-int-or-string": True}
        self.assertEqual([self.refused(part, value) for value in (1, "25%", 1.5, {}, None)], [False, False, True, True, True])

    def test_null_passes_only_where_the_crd_allows_it(self) -> None:
        self.assertTrue(self.refused({"type": "string", "enum": ["a"]}, None))
        self.assertFalse(self.refused({"type": "string", "enum": ["a"], "nullable": True}, None))
        self.assertTrue(self.refused({"type": "string", "enum": ["a"], "nullable": True}, "b"))

    def test_a_field_that_is_called_description_stays_a_field(self) -> None:
        self.assertFalse(self.refused({"type": "object", "properties": {"description": {"type": "string"}}}, {"description": "x"}))

    def test_an_embedded_object_has_a_kind_and_metadata(self) -> None:
        part = {"type": "object", "properties": {"spec": {"type": "object"}}, "x-kubernetes-embedded-resource": True}
        self.assertFalse(self.refused(part, {"kind": "Pod", "metadata": {"labels": {"a": "b"}}, "spec": {}}))
        self.assertTrue(self.refused(part, {"kind": "Pod", "spek": {}}))


class ListOfCrds(MistakesTest):
    def test_a_chart_that_was_raised_without_its_crds_is_found(self) -> None:
        with self.copy_of("deploy") as root:
            self.assertEqual(list(crds.installed(root)), [])
            path = root / "deploy/argocd/applicationsets/platform.yaml"
            path.write_text(path.read_text().replace("chart: keda, version: ", "chart: keda, version: 9"))
            found = list(crds.installed(root))
            self.assertEqual(len(found), 1)
            self.assertIn("chart: keda", found[0])

    def test_a_module_of_another_sum_is_refused(self) -> None:
        pin = {"module": "example.com/crds", "version": "v1.0.0", "sum": "h1:pinned="}

        def fetch(_command: object, *, env: dict[str, str], **_: object) -> None:
            place = Path(env["GOMODCACHE"]) / "cache/download/example.com/crds/@v"
            place.mkdir(parents=True)
            (place / "v1.0.0.ziphash").write_text("h1:other=")

        with self.copy_of() as root, mock.patch.object(crds.go, "toolchain", return_value="go"):
            with self.assertRaisesRegex(StackError, "has the sum"):
                crds.download(mock.Mock(run=fetch, cache=root), root / "fetched", [pin])

    def test_a_misspelt_field_of_a_kind_that_is_described_here_is_found(self) -> None:
        self.misshapen("prod", "farol-edge", "LoadBalancerConfiguration", lambda d: d["spec"].update(schema="internal"), "schema")

    def test_only_versions_that_are_served_have_a_schema(self) -> None:
        versions = [{"name": name, "served": served, "schema": {"openAPIV3Schema": {"type": "object"}}} for name, served in (("v1", True), ("v0", False))]
        with self.copy_of() as root:
            crds.write({"spec": {"group": "example.com", "names": {"kind": "Example"}, "versions": versions}}, root)
            self.assertEqual([path.name for path in (root / "example.com").iterdir()], ["example_v1.json"])


if __name__ == "__main__":
    unittest.main()
