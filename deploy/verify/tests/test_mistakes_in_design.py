"""Mistakes in the network, in decisions and figures, in Argo CD and in the files: each is found by name."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from mistakes import MistakesTest, ROOT
from farol_native.component import StackError
from farol_verify import judge, render
from farol_verify.render import Manifest


class MistakesInDesign(MistakesTest):
    def test_a_policy_that_is_forgotten_is_found(self) -> None:
        def forget(manifest: Manifest) -> None:
            manifest["spec"]["podSelector"] = {"matchLabels": {"app.kubernetes.io/component": "nobody"}}

        self.found("prod", "farol-to-postgres", "NetworkPolicy", forget, "data subnets TCP/5432 is needed and closed")

    def test_an_opening_to_everybody_is_found(self) -> None:
        self.found("prod", "farol-to-kafka", "NetworkPolicy", lambda d: d["spec"]["egress"][0].pop("to"), "everybody TCP/9098 is open and nobody needs it")

    def test_one_port_too_many_is_found(self) -> None:
        def open_ssh(manifest: Manifest) -> None:
            manifest["spec"]["egress"][0]["ports"].append({"port": 22})

        self.found("kind", "farol-to-kafka", "NetworkPolicy", open_ssh, "TCP/22 is open")

    def test_a_namespace_without_default_deny_is_found(self) -> None:
        self.found("kind", "kafka-from-farol", "NetworkPolicy", lambda d: d["spec"].update(ingress=[{}]), "everybody TCP/every port is open")

    def test_replicas_beside_an_autoscaler_are_found(self) -> None:
        self.found("prod", "farol-worker", "Deployment", lambda d: d["spec"].update(replicas=3), "owns the number")

    def test_other_figures_than_the_seeds_are_found(self) -> None:
        self.found("prod", "farol-gateway", "HorizontalPodAutoscaler", lambda d: d["spec"].update(maxReplicas=10), "HPA: (2, 10, 70)")

    def test_a_scaler_of_the_deployment_that_became_a_rollout_is_found(self) -> None:
        self.found("prod", "farol-gateway", "HorizontalPodAutoscaler", lambda d: d["spec"]["scaleTargetRef"].update(kind="Deployment"), "is a Rollout")

    def test_tokens_whose_role_nobody_can_ask_for_are_found(self) -> None:
        self.found("prod", "services-to-pod-identity", "NetworkPolicy", lambda d: d["spec"].update(egress=[]), "169.254.170.23/32 TCP/80 is needed and closed")

    def test_keda_counting_another_group_is_found(self) -> None:
        self.found("dev", "farol-worker", "ScaledObject", lambda d: d["spec"]["triggers"][0]["metadata"].update(consumerGroup="worker"), "what KEDA counts")

    def test_an_analysis_that_aborts_without_traffic_is_found(self) -> None:
        self.found("prod", "farol-gateway", "AnalysisTemplate", lambda d: d["spec"]["metrics"][0].update(failureCondition="result[0] >= 0.05"), "not guarded")

    def test_a_secret_of_another_environment_is_found(self) -> None:
        self.found("staging", "farol-redis", "ExternalSecret", lambda d: d["spec"]["dataFrom"][0]["extract"].update(key="farol/prod/redis"), "not farol/staging")

    def test_a_database_whose_name_is_not_verified_is_found(self) -> None:
        self.found("prod", "farol-database", "ExternalSecret", lambda d: d["spec"]["target"]["template"]["data"].update(url="postgres://h/d?sslmode=require"), "not verified")

    def test_a_route_to_the_management_port_is_found(self) -> None:
        self.found("dev", "farol-gateway", "HTTPRoute", lambda d: d["spec"]["rules"][0]["backendRefs"][0].update(port=8081), "not a port for requests")

    def test_a_namespace_that_allows_privilege_is_found(self) -> None:
        self.found("prod", "farol", "Namespace", lambda d: d["metadata"]["labels"].update({"pod-security.kubernetes.io/enforce": "privileged"}), "pod security is privileged")

    def test_a_chart_without_a_pinned_version_is_found(self) -> None:
        def loosen(manifest: Manifest) -> None:
            manifest["spec"]["generators"][0]["matrix"]["generators"][1]["list"]["elements"][0]["version"] = "2.*"

        self.found("argocd applicationsets", "platform", "ApplicationSet", loosen, "is not pinned")

    def test_a_folder_that_is_not_there_is_found(self) -> None:
        def move(manifest: Manifest) -> None:
            manifest["spec"]["generators"][0]["list"]["elements"][0]["overlay"] = "develop"

        self.found("argocd applicationsets", "farol", "ApplicationSet", move, "there is no folder deploy/kubernetes/overlays/develop")

    def test_a_kind_that_the_project_refuses_is_found(self) -> None:
        self.found("argocd bootstrap", "farol", "AppProject", lambda d: d["spec"]["clusterResourceWhitelist"].pop(0), "does not let a Namespace in")

    def test_a_set_that_takes_away_what_leaves_its_list_is_found(self) -> None:
        self.found("argocd applicationsets", "farol", "ApplicationSet", lambda d: d["spec"].pop("syncPolicy"), "takes what runs with it")

    def test_a_file_from_outside_its_folder_is_refused(self) -> None:
        """What `--load-restrictor` would have to switch off."""
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "outside.yaml").write_text("a: 1\n")
            inside = Path(place) / "inside"
            inside.mkdir()
            (inside / "kustomization.yaml").write_text("configMapGenerator: [{name: x, files: [../outside.yaml]}]\n")
            with self.assertRaises(StackError):
                render.kustomize(self.tools, inside)

    def test_a_board_that_kubernetes_would_not_get_is_found(self) -> None:
        with self.copy_of("grafana", "deploy/prometheus", "deploy/kubernetes") as root:
            (root / "grafana/dashboards/another.json").write_text("{}")
            (root / "deploy/prometheus/rules/another.yml").write_text("groups: []\n")
            found = list(judge.check_repository.one_source(root))
        self.assertEqual([finding.split(":")[0] for finding in found], ["grafana/kustomization.yaml", "deploy/prometheus/prometheus-rules.jsonnet"])

    def test_rules_that_differ_are_found(self) -> None:
        sources = self.copied("rules")
        rule = self.object(sources, "rules", "farol-events", "PrometheusRule")
        rule["spec"]["groups"][0]["rules"].pop()
        self.assertTrue(any("farol-events is not" in finding for finding in judge.findings(sources, ROOT)))

    def test_a_manifest_without_a_word_is_found(self) -> None:
        with self.copy_of("deploy/kubernetes") as root:
            (root / "deploy/kubernetes/base/mute.yaml").write_text("apiVersion: v1\nkind: Service\n")
            self.assertTrue(any("mute.yaml" in finding for finding in judge.check_repository.comments(root)))


if __name__ == "__main__":
    unittest.main()
