"""Mistakes in what is off by default, logs and mesh: each is found by name."""

from __future__ import annotations

import unittest

from mistakes import MistakesTest, container
from farol_verify.render import Manifest

LOGS = "logging opensearch"


class MistakesInLogging(MistakesTest):
    def test_log_mounts_without_a_security_context_are_found(self) -> None:
        self.found(LOGS, "fluent-bit", "DaemonSet", lambda d: container(d).pop("securityContext"), "has log mounts and no security context")

    def test_a_user_that_is_left_to_the_image_is_found(self) -> None:
        self.found(LOGS, "fluent-bit", "DaemonSet", lambda d: d["spec"]["template"]["spec"].pop("securityContext"), "its user is not said to be root")

    def test_logs_that_can_be_written_are_found(self) -> None:
        def writable(manifest: Manifest) -> None:
            next(mount for mount in container(manifest)["volumeMounts"] if mount["name"] == "logs").pop("readOnly")

        self.found(LOGS, "fluent-bit", "DaemonSet", writable, "can write to /var/log of the node")

    def test_another_folder_of_the_node_is_found(self) -> None:
        def whole_node(manifest: Manifest) -> None:
            manifest["spec"]["template"]["spec"]["volumes"].append({"name": "root", "hostPath": {"path": "/"}})

        self.found(LOGS, "fluent-bit", "DaemonSet", whole_node, "volume root is a hostPath")
        self.found("logging elk", "filebeat", "DaemonSet", whole_node, "/ of the node is mounted")

    def test_a_capability_of_who_reads_logs_is_found(self) -> None:
        def capable(manifest: Manifest) -> None:
            container(manifest)["securityContext"]["capabilities"]["add"] = ["DAC_READ_SEARCH"]

        self.found(LOGS, "fluent-bit", "DaemonSet", capable, "keeps capabilities")

    def test_root_for_anybody_else_is_found(self) -> None:
        self.found("logging elk", "kibana", "Deployment", lambda d: d["spec"]["template"]["spec"]["securityContext"].update(runAsNonRoot=False), "may run as root")

    def test_an_account_of_another_name_than_the_role_is_found(self) -> None:
        self.found(LOGS, "fluent-bit", "DaemonSet", lambda d: d["spec"]["template"]["spec"].update(serviceAccountName="logs"), "account logs is not made here")

    def test_an_account_that_terraform_gives_no_role_is_found(self) -> None:
        self.found(LOGS, "fluent-bit", "ServiceAccount", lambda d: d["metadata"].update(namespace="farol"), "has no role: Terraform binds")

    def test_a_place_for_logs_that_is_open_to_all_is_found(self) -> None:
        self.found("logging loki", "loki", "NetworkPolicy", lambda d: d["spec"]["ingress"][0].pop("from"), "open to everybody")

    def test_a_collector_that_is_told_a_file_it_has_not_is_found(self) -> None:
        self.found("component tempo", "otel-gateway", "StatefulSet", lambda d: container(d)["args"].append("--config=/etc/otel/zipkin.yaml"), "is told to read zipkin.yaml")

    def test_an_output_that_is_not_made_is_found(self) -> None:
        def other(manifest: Manifest) -> None:
            manifest["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"][1]["configMap"]["name"] = "fluent-bit-output-splunk"

        self.found("logging loki", "fluent-bit", "DaemonSet", other, "ConfigMap fluent-bit-output-splunk is not made")


class MistakesInTools(MistakesTest):
    def test_an_adminer_that_reaches_no_database_is_found(self) -> None:
        def forget(manifest: Manifest) -> None:
            manifest["spec"]["podSelector"]["matchExpressions"][0]["values"].remove("adminer")

        self.found("prod", "farol-to-postgres", "NetworkPolicy", forget, "does not let adminer through")

    def test_an_optional_chart_from_a_place_that_the_project_refuses_is_found(self) -> None:
        self.found("argocd bootstrap", "platform", "AppProject", lambda d: d["spec"]["sourceRepos"].remove("https://kiali.org/helm-charts"), "allows nothing from https://kiali.org")

    def test_a_place_for_logs_that_is_no_folder_is_found(self) -> None:
        def elsewhere(manifest: Manifest) -> None:
            manifest["spec"]["generators"][0]["list"]["elements"][0]["place"] = "splunk"

        self.found("argocd optional logging", "logging", "ApplicationSet", elsewhere, "there is no folder deploy/kubernetes/logging/splunk")


class MistakesInMesh(MistakesTest):
    def test_a_tunnel_that_a_network_policy_closes_is_found(self) -> None:
        self.found("mesh kind", "hbone-kafka", "NetworkPolicy", lambda d: d["spec"]["ingress"][0]["ports"].clear(), "15008 to it is not")
        self.found("mesh prod", "hbone-otel-gateway", "NetworkPolicy", lambda d: d["spec"].pop("egress"), "Egress jaeger is open and 15008 to it is not")

    def test_a_tunnel_that_nobody_needs_is_found(self) -> None:
        def everybody(manifest: Manifest) -> None:
            manifest["spec"]["ingress"][0]["from"] = [{"podSelector": {}}]

        self.found("mesh kind", "hbone-redis", "NetworkPolicy", everybody, "Ingress farol-worker 15008 is open and nobody needs it")

    def test_probes_that_reach_nobody_are_found(self) -> None:
        self.found("mesh prod", "kubelet-probes", "NetworkPolicy", lambda d: d["spec"]["ingress"].clear(), "the kubelet's probes")

    def test_a_namespace_that_left_the_mesh_is_found(self) -> None:
        self.found("mesh prod", "farol", "Namespace", lambda d: d["metadata"]["labels"].pop("istio.io/dataplane-mode"), "is not in the ambient mesh")

    def test_plain_connections_where_they_must_not_be_are_found(self) -> None:
        self.found("mesh prod", "strict", "PeerAuthentication", lambda d: d["spec"]["mtls"].update(mode="PERMISSIVE"), "mutual TLS is not a must")

        def plain(manifest: Manifest) -> None:
            manifest["spec"]["portLevelMtls"]["14317"] = {"mode": "PERMISSIVE"}

        self.found("mesh prod", "jaeger", "PeerAuthentication", plain, "takes plain connections at [14317, 16686, 18888]")

    def test_an_account_that_may_too_much_or_too_little_is_found(self) -> None:
        def anybody(manifest: Manifest) -> None:
            manifest["spec"]["rules"][0].pop("from")

        self.found("mesh kind", "postgres", "AuthorizationPolicy", anybody, "farol-gateway may not reach 5432")
        self.found("mesh kind", "postgres", "AuthorizationPolicy", anybody, "outside may reach 5432")
        self.found("mesh prod", "allow-nothing", "AuthorizationPolicy", lambda d: d["spec"].update(action="DENY"), "what no policy names is allowed")

    def test_a_misspelt_field_of_istio_is_found(self) -> None:
        self.misshapen("mesh prod", "jaeger", "AuthorizationPolicy", lambda d: d["spec"].update(rule=[]), "rule")


if __name__ == "__main__":
    unittest.main()
