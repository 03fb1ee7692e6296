"""Nodes and pods of the cluster: what boards 7249, 6417, 3681 and 1860 showed, by the names kube-state-metrics 2 uses.

Its metrics come from kube-state-metrics, the kubelets and the nodes' exporters, which the stack without a cluster lacks:
grafana/external-metrics.json lists them with the reason.
"""

from ..board import Board, Row, Variable
from ..links import GATEWAY, WORKER
from ..panel import Bound, lines, number
from ..query import q
from ..rows.nodes import NODES

KSM = 'job="kube-state-metrics", namespace=~"$namespace"'
CADVISOR = 'job="kubelet", namespace=~"$namespace", container!="", container!="POD"'
PODS = 'job="kubelet", namespace=~"$namespace"'
SERVICES = [*GATEWAY, *WORKER]


def used_of(kind: str, used: str) -> str:
    """What a pod uses of its limit."""
    return f'sum by (namespace, pod) ({used}) / sum by (namespace, pod) (kube_pod_container_resource_limits{{{KSM}, resource="{kind}"}})'


CLUSTER = Row(
    "Cluster",
    [
        number(
            "Nodes ready",
            "Nodes whose kubelet reports ready, of all.",
            "percentunit",
            q('sum(kube_node_status_condition{job="kube-state-metrics", condition="Ready", status="true"}) / count(kube_node_info{job="kube-state-metrics"})'),
            Bound(1, "green"),
        ),
        number("Pods that run", "Pods in the phase Running.", "short", q(f'sum(kube_pod_status_phase{{{KSM}, phase="Running"}})')),
        number(
            "Pods that do not",
            "Pods in the phases Pending, Failed or Unknown.",
            "short",
            q(f'sum(kube_pod_status_phase{{{KSM}, phase=~"Pending|Failed|Unknown"}})'),
            Bound(1, "orange"),
        ),
        number(
            "Containers that wait",
            "For example in CrashLoopBackOff or ImagePullBackOff.",
            "short",
            q(f"sum(kube_pod_container_status_waiting_reason{{{KSM}}}) or 0 * sum(kube_pod_status_phase{{{KSM}}})"),
            Bound(1, "orange"),
        ),
        number(
            "CPU requested",
            "Of what the nodes can give.",
            "percentunit",
            q(
                'sum(kube_pod_container_resource_requests{job="kube-state-metrics", resource="cpu"})'
                ' / sum(kube_node_status_allocatable{job="kube-state-metrics", resource="cpu"})'
            ),
            Bound(0.9, "orange"),
        ),
        number(
            "Memory requested",
            "Of what the nodes can give.",
            "percentunit",
            q(
                'sum(kube_pod_container_resource_requests{job="kube-state-metrics", resource="memory"})'
                ' / sum(kube_node_status_allocatable{job="kube-state-metrics", resource="memory"})'
            ),
            Bound(0.9, "orange"),
        ),
    ],
)

PODS_ROW = Row(
    "Pods",
    [
        lines(
            "CPU",
            "Cores in use, by pod.",
            "none",
            q(f"sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{{{CADVISOR}}}[~]))", "{{pod}}"),
            links=SERVICES,
        ),
        lines(
            "Memory of the limit",
            "Working set of the container's limit. The seeds' alerts ask for 80 % and 85 %.",
            "percentunit",
            q(used_of("memory", f"container_memory_working_set_bytes{{{CADVISOR}}}"), "{{pod}}"),
            Bound(0.8, "orange"),
            Bound(0.85),
            links=SERVICES,
        ),
        lines(
            "CPU of the limit",
            "Only pods that have a limit.",
            "percentunit",
            q(used_of("cpu", f"rate(container_cpu_usage_seconds_total{{{CADVISOR}}}[~])"), "{{pod}}"),
            Bound(0.8, "orange"),
            links=SERVICES,
        ),
        lines(
            "Throttled",
            "Share of the scheduling periods in which a container had to wait for its CPU limit.",
            "percentunit",
            q(
                f"sum by (namespace, pod) (rate(container_cpu_cfs_throttled_periods_total{{{CADVISOR}}}[~]))"
                f" / sum by (namespace, pod) (rate(container_cpu_cfs_periods_total{{{CADVISOR}}}[~]))",
                "{{pod}}",
            ),
            Bound(0.25, "orange"),
            links=SERVICES,
        ),
        lines(
            "Restarts in ten minutes",
            "More than three is the seeds' alert.",
            "short",
            q(f"sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total{{{KSM}}}[10m]))", "{{pod}}"),
            Bound(3),
            links=SERVICES,
        ),
        lines(
            "Ended by",
            "Containers by the reason they last ended, such as OOMKilled.",
            "short",
            q(f"sum by (reason) (kube_pod_container_status_last_terminated_reason{{{KSM}}}) or 0 * sum(kube_pod_status_phase{{{KSM}}})", "{{reason}}"),
            links=SERVICES,
        ),
        lines(
            "Network",
            "Received and sent, by pod.",
            "Bps",
            [
                q(f"sum by (namespace, pod) (rate(container_network_{name}_bytes_total{{{PODS}}}[~]))", "{{pod}} " + text)
                for name, text in (("receive", "in"), ("transmit", "out"))
            ],
            links=SERVICES,
        ),
        lines(
            "Replicas missing",
            "Wanted by a Deployment and not available.",
            "short",
            q(f"kube_deployment_spec_replicas{{{KSM}}} - kube_deployment_status_replicas_available{{{KSM}}}", "{{deployment}}"),
            Bound(1, "orange"),
            links=SERVICES,
        ),
        lines(
            "Autoscaling",
            "Replicas that are there, and the most there may be.",
            "short",
            [
                q(f"kube_horizontalpodautoscaler_status_current_replicas{{{KSM}}}", "{{horizontalpodautoscaler}}"),
                q(f"kube_horizontalpodautoscaler_spec_max_replicas{{{KSM}}}", "{{horizontalpodautoscaler}} at most"),
            ],
            links=SERVICES,
        ),
        lines(
            "Volumes",
            "Used, by claim.",
            "percentunit",
            q(
                'max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes{job="kubelet", '
                'namespace=~"$namespace"} / kubelet_volume_stats_capacity_bytes{job="kubelet", namespace=~"$namespace"})',
                "{{persistentvolumeclaim}}",
            ),
            Bound(0.8, "orange"),
            Bound(0.9),
            high=1,
        ),
    ],
)

BOARD = Board(
    uid="farol-kubernetes",
    title="Farol: nodes and pods",
    description="The cluster below the services: nodes, pods, limits, restarts, volumes, network.",
    rows=[CLUSTER, PODS_ROW, NODES],
    of_services=False,
    variables=[
        Variable("namespace", "namespace", 'label_values(kube_pod_info{job="kube-state-metrics"}, namespace)'),
        Variable("node", "node", 'label_values(node_uname_info{job="node-exporter"}, instance)'),
    ],
    since="now-1h",
    refresh="30s",
)
