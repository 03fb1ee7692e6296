"""Mistakes that a real API server refuses, each with whether manifests-check would have found it before."""

from __future__ import annotations

import unittest
from typing import Any

from seeds import Seeds, alone, container
from farol_apiserver import changeover
from farol_verify.render import Manifest


def pod_spec(manifest: Manifest) -> dict[str, Any]:
    return manifest["spec"]["template"]["spec"]


def first_port_twice(manifest: Manifest) -> None:
    container(manifest)["ports"].insert(0, {"name": container(manifest)["ports"][0]["name"], "containerPort": 9999})


def move_to_other_pods(manifest: Manifest) -> None:
    """A selector and its template, which agree with each other and not with what is there."""
    for labels in (manifest["spec"]["selector"]["matchLabels"], manifest["spec"]["template"]["metadata"]["labels"]):
        labels.update(generation="two")


class OfBuiltInKinds(Seeds):
    def test_a_port_name_that_is_there_twice(self) -> None:
        self.only_here("kind", "farol-worker", "Deployment", first_port_twice, "Duplicate value")

    def test_a_selector_that_does_not_match_its_own_template(self) -> None:
        self.here_too("dev", "farol-worker", "Deployment", lambda d: d["spec"]["selector"]["matchLabels"].update(tier="x"), "does not match template")

    def test_an_autoscaler_with_more_at_least_than_at_most(self) -> None:
        self.here_too("prod", "farol-gateway", "HorizontalPodAutoscaler", lambda d: d["spec"].update(minReplicas=9), "maxReplicas")

    def test_a_budget_with_two_contradicting_numbers(self) -> None:
        self.only_here("prod", "farol-worker", "PodDisruptionBudget", lambda d: d["spec"].update(minAvailable=1, maxUnavailable=1), "cannot be both set")

    def test_a_limit_below_its_request(self) -> None:
        self.only_here("dev", "jaeger", "StatefulSet", lambda d: container(d)["resources"]["requests"].update(memory="64Gi"), "memory limit")

    def test_a_quantity_that_is_none(self) -> None:
        self.only_here("dev", "jaeger", "StatefulSet", lambda d: container(d)["resources"]["requests"].update(cpu="100mm"), "parse quantity")

    def test_a_schedule_that_is_none(self) -> None:
        pod = {"restartPolicy": "Never", "containers": [{"name": "one", "image": "one:1"}]}
        source, job = self.source("dev"), {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": "farol"}}
        source.manifests.append(job | {"spec": {"schedule": "every day", "jobTemplate": {"spec": {"template": {"spec": pod}}}}})
        self.refused(alone(source, source.manifests[-1]), "spec.schedule: Invalid value")
        self.assertEqual(self.seen_offline(source, source.manifests[-1]), [])

    def test_a_variable_with_an_impossible_name(self) -> None:
        self.only_here("dev", "jaeger", "StatefulSet", lambda d: container(d).setdefault("env", []).append({"name": "A=B", "value": "x"}), "env[")

    def test_a_port_beyond_all_ports(self) -> None:
        self.here_too("kind", "kafka", "Service", lambda d: d["spec"]["ports"][0].update(targetPort=70000), "between 1 and 65535")

    def test_a_pull_policy_that_does_not_exist(self) -> None:
        self.only_here("prod", "farol-worker", "Deployment", lambda d: container(d).update(imagePullPolicy="Sometimes"), "Unsupported value")

    def test_a_mount_of_a_volume_that_is_not_there(self) -> None:
        self.only_here("prod", "farol-worker", "Deployment", lambda d: container(d)["volumeMounts"].append({"name": "x", "mountPath": "/x"}), "Not found")

    def test_a_network_that_is_none(self) -> None:
        egress = [{"to": [{"ipBlock": {"cidr": "10.0.0.0/33"}}], "ports": [{"port": 443}]}]
        self.only_here("logging loki", "loki", "NetworkPolicy", lambda d: d["spec"].update(egress=egress), "must be a valid")

    def test_a_label_that_is_none(self) -> None:
        self.only_here("prod", "farol-worker", "Deployment", lambda d: d["metadata"]["labels"].update(note="two words"), "label")

    def test_a_field_that_is_deprecated(self) -> None:
        self.only_here("prod", "farol-worker", "Deployment", lambda d: pod_spec(d).update(nodeSelector={"beta.kubernetes.io/arch": "amd64"}), "warning")


class OfCustomResources(Seeds):
    def test_a_redirect_that_also_has_a_backend_by_a_rule_in_cel(self) -> None:
        redirect = [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 301}}]
        expected = "must not be used together with backendRefs"
        self.only_here("prod", "farol-gateway", "HTTPRoute", lambda d: d["spec"]["rules"][0].update(filters=redirect), expected)

    def test_a_certificate_for_plain_http_by_a_rule_in_cel(self) -> None:
        listener = {"name": "plain", "port": 80, "protocol": "HTTP", "tls": {"mode": "Terminate", "certificateRefs": [{"name": "x"}]}}
        self.only_here("prod", "farol-edge", "Gateway", lambda d: d["spec"]["listeners"].append(listener), "tls must not be specified for protocols")

    def test_two_listeners_of_one_name(self) -> None:
        self.only_here("prod", "farol-edge", "Gateway", lambda d: d["spec"]["listeners"].append(d["spec"]["listeners"][0]), "listeners")

    def test_a_rollout_whose_pods_nobody_could_start(self) -> None:
        self.only_here("prod", "farol-gateway", "Rollout", first_port_twice, "Rollout/farol-gateway, its Pod")

    def test_a_misspelt_field_of_a_custom_resource(self) -> None:
        self.here_too("prod", "farol-worker", "ScaledObject", lambda d: d["spec"].update(maxReplicas=9), "field not declared in schema")


class OfAdmission(Seeds):
    def test_without_a_mistake_nothing_is_refused(self) -> None:
        self.assertEqual(self.cluster.rehearse(self.source("prod")).refused, [])

    def test_a_pod_that_the_security_of_its_namespace_refuses(self) -> None:
        self.here_too("dev", "jaeger", "StatefulSet", lambda d: pod_spec(d).update(hostNetwork=True), "jaeger, its Pod: pods")

    def test_a_pod_of_an_account_that_nobody_makes(self) -> None:
        self.here_too("dev", "jaeger", "StatefulSet", lambda d: pod_spec(d).update(serviceAccountName="jeager"), "jeager")

    def test_an_object_in_a_namespace_that_nobody_makes(self) -> None:
        self.here_too("logging loki", "loki", "Service", lambda d: d["metadata"].update(namespace="loging"), "loging is made by nobody")

    def test_a_secret_in_git_that_the_project_does_not_let_in(self) -> None:
        source = self.source("prod")
        source.manifests.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "farol-login", "namespace": "farol"}, "stringData": {"a": "b"}})
        self.refused(alone(source, source.manifests[-1]), 'cannot patch resource "secrets"')
        self.assertNotEqual(self.seen_offline(source, source.manifests[-1]), [])

    def test_a_change_that_an_object_which_is_there_does_not_take(self) -> None:
        sources = self.cluster.sources
        spoilt, manifest = self.spoilt("prod-blue-green", "farol-worker", "Deployment", move_to_other_pods)
        changed = [spoilt if source.name == spoilt.name else source for source in sources]
        found = list(changeover.findings(self.cluster.client, self.cluster.ground, changed))
        self.assertTrue(any("prod-blue-green: Deployment/farol-worker" in text and "immutable" in text for text in found), found)
        self.assertEqual(self.seen_offline(spoilt, manifest), [])


if __name__ == "__main__":
    unittest.main()
