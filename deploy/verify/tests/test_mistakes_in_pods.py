"""Mistakes of shape, against the programs, and in pods: each is found by name."""

from __future__ import annotations

import copy
import unittest

from mistakes import MistakesTest, ROOT, container
from farol_verify import judge
from farol_verify.render import Source


class MistakesInPods(MistakesTest):
    def test_without_a_mistake_nothing_is_found(self) -> None:
        self.assertEqual(judge.findings(self.sources, ROOT), [])

    def test_a_misspelt_field_is_found(self) -> None:
        self.misshapen("prod", "farol-worker", "Deployment", lambda d: d["spec"]["template"]["spec"].update(terminationGracePeriod=5), "terminationGracePeriod")

    def test_a_field_of_the_wrong_type_is_found(self) -> None:
        self.misshapen("kind", "farol-gateway", "Deployment", lambda d: d["spec"].update(replicas="three"), "replicas")

    def test_a_version_that_kubernetes_does_not_have_is_found(self) -> None:
        self.misshapen("prod", "farol-gateway", "PodDisruptionBudget", lambda d: d.update(apiVersion="policy/v1beta1"), "unknown")

    def test_a_misspelt_field_of_a_custom_resource_is_found(self) -> None:
        self.misshapen("prod", "farol-worker", "ScaledObject", lambda d: d["spec"].update(maxReplicas=9), "maxReplicas")

    def test_a_custom_resource_of_an_unknown_version_is_found(self) -> None:
        self.misshapen("prod", "farol-gateway", "HTTPRoute", lambda d: d.update(apiVersion="gateway.networking.k8s.io/v9"), "HTTPRoute")

    def test_a_misspelt_field_of_a_rollout_is_found(self) -> None:
        self.misshapen("prod", "farol-gateway", "Rollout", lambda d: d["spec"]["strategy"]["canary"].update(stepz=[]), "stepz")

    def test_a_probe_of_a_path_that_is_not_served_is_found(self) -> None:
        self.found("prod", "farol-worker", "Deployment", lambda d: container(d)["readinessProbe"]["httpGet"].update(path="/readyz"), "serves /ready")

    def test_a_probe_on_the_port_of_clients_is_found(self) -> None:
        self.found("prod", "farol-gateway", "Rollout", lambda d: container(d)["livenessProbe"]["httpGet"].update(port="http"), "asks port http")

    def test_a_missing_startup_probe_is_found(self) -> None:
        self.found("dev", "farol-gateway", "Deployment", lambda d: container(d).pop("startupProbe"), "startupProbe asks None")

    def test_a_variable_that_no_code_reads_is_found(self) -> None:
        self.found("dev", "farol-worker", "Deployment", lambda d: container(d)["env"].append({"name": "FAROL_KAFKA_TOPICS", "value": "x"}), "FAROL_KAFKA_TOPICS")

    def test_a_variable_of_the_other_program_is_found(self) -> None:
        self.found("dev", "farol-gateway", "Deployment", lambda d: container(d)["env"].append({"name": "FAROL_KAFKA_GROUP", "value": "x"}), "gateway does not read")

    def test_a_variable_that_nobody_sets_and_nobody_explains_is_found(self) -> None:
        def forget(source: Source) -> None:
            for config in source.of("ConfigMap"):
                config.get("data", {}).pop("FAROL_UNIQUENESS_WINDOW", None)

        sources = copy.deepcopy(self.sources)
        for source in sources:
            forget(source)
        self.assertTrue(any("FAROL_UNIQUENESS_WINDOW is read by the code" in finding for finding in judge.findings(sources, ROOT)))

    def test_a_port_that_the_program_does_not_listen_on_is_found(self) -> None:
        self.found("kind", "farol-gateway", "Deployment", lambda d: container(d)["ports"][1].update(containerPort=9091), "port management is 9091")

    def test_a_monitor_of_the_wrong_port_is_found(self) -> None:
        self.found("prod", "farol-gateway", "ServiceMonitor", lambda d: d["spec"]["endpoints"][0].update(port="http"), "metrics are on the management listener")

    def test_a_kill_in_the_middle_of_the_drain_is_found(self) -> None:
        self.found("prod", "farol-gateway", "Rollout", lambda d: d["spec"]["template"]["spec"].update(terminationGracePeriodSeconds=30), "killed after 30 s")

    def test_a_missing_limit_is_found(self) -> None:
        self.found("prod", "farol-worker", "Deployment", lambda d: container(d)["resources"].pop("limits"), "no memory in its limits")

    def test_another_image_name_is_found(self) -> None:
        self.found("prod", "farol-worker", "Deployment", lambda d: container(d).update(image="registry.example/worker@sha256:" + "1" * 64), "is not farol/worker")

    def test_an_image_without_a_digest_is_found(self) -> None:
        self.found("prod", "farol-gateway", "Rollout", lambda d: container(d).update(image="x/farol/gateway:1.2.3"), "not named by its digest")

    def test_a_migration_of_another_version_is_found(self) -> None:
        self.found("dev", "farol-migrate", "Job", lambda d: container(d).update(image="x/farol/worker@sha256:" + "2" * 64), "must be one image")

    def test_latest_is_found(self) -> None:
        self.found("kind", "redis", "Deployment", lambda d: container(d).update(image="redis:latest"), "has no version")

    def test_root_is_found(self) -> None:
        self.found("prod", "farol-worker", "Deployment", lambda d: d["spec"]["template"]["spec"]["securityContext"].update(runAsNonRoot=False), "may run as root")

    def test_a_writable_root_is_found(self) -> None:
        self.found("prod", "farol-gateway", "Rollout", lambda d: container(d)["securityContext"].pop("readOnlyRootFilesystem"), "write to its root")

    def test_a_token_is_found(self) -> None:
        self.found("prod", "farol-worker", "Deployment", lambda d: d["spec"]["template"]["spec"].update(automountServiceAccountToken=True), "get a token")

    def test_a_selector_that_misses_its_pods_is_found(self) -> None:
        self.found("prod", "farol-gateway", "Service", lambda d: d["spec"]["selector"].update({"app.kubernetes.io/component": "gatway"}), "chooses no pod")

    def test_pods_on_one_node_are_found(self) -> None:
        self.found("prod", "farol-worker", "Deployment", lambda d: d["spec"]["template"]["spec"].pop("topologySpreadConstraints"), "on one node")

    def test_a_budget_that_chooses_nothing_is_found(self) -> None:
        self.found("prod", "farol-worker", "PodDisruptionBudget", lambda d: d["spec"].update(selector={"matchLabels": {"a": "b"}}), "0 disruption budgets")

    def test_a_secret_that_nobody_makes_is_found(self) -> None:
        self.found("prod", "farol-redis", "ExternalSecret", lambda d: d["spec"]["target"].update(name="farol-cache"), "Secret farol-redis is not made")

    def test_a_key_that_a_secret_lacks_is_found(self) -> None:
        self.found("prod", "farol-database", "ExternalSecret", lambda d: d["spec"]["target"]["template"]["data"].pop("ca.pem"), "no key ca.pem")

    def test_a_secret_after_the_migration_is_found(self) -> None:
        self.found("prod", "farol-database", "ExternalSecret", lambda d: d["metadata"].pop("annotations"), "not before -1")


if __name__ == "__main__":
    unittest.main()
