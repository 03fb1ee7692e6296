"""The nodes of a cluster, as their exporters see them."""

from ..board import Row
from ..panel import Bound, lines
from ..query import q

NODE = 'job="node-exporter", instance=~"$node"'

NODES = Row(
    "Nodes",
    [
        lines(
            "CPU",
            "Share of the time that is not idle.",
            "percentunit",
            q(f'1 - avg by (instance) (rate(node_cpu_seconds_total{{{NODE}, mode="idle"}}[~]))', "{{instance}}"),
            Bound(0.8, "orange"),
            high=1,
        ),
        lines(
            "Memory",
            "Share that is not available to a new program.",
            "percentunit",
            q(f"1 - node_memory_MemAvailable_bytes{{{NODE}}} / node_memory_MemTotal_bytes{{{NODE}}}", "{{instance}}"),
            Bound(0.8, "orange"),
            Bound(0.85),
            high=1,
        ),
        lines(
            "Load",
            "Average length of the run queue by core.",
            "none",
            q(f'node_load1{{{NODE}}} / on (instance) count by (instance) (node_cpu_seconds_total{{{NODE}, mode="idle"}})', "{{instance}}"),
            Bound(1, "orange"),
        ),
        lines(
            "File systems",
            "Used.",
            "percentunit",
            q(
                f'max by (instance, mountpoint) (1 - node_filesystem_avail_bytes{{{NODE}, fstype!~"tmpfs|overlay|squashfs"}}'
                f' / node_filesystem_size_bytes{{{NODE}, fstype!~"tmpfs|overlay|squashfs"}})',
                "{{instance}} {{mountpoint}}",
            ),
            Bound(0.8, "orange"),
            Bound(0.9),
            high=1,
        ),
        lines(
            "Disks busy",
            "Share of the time with a request under way.",
            "percentunit",
            q(f"max by (instance, device) (rate(node_disk_io_time_seconds_total{{{NODE}}}[~]))", "{{instance}} {{device}}"),
            Bound(0.9, "orange"),
        ),
        lines(
            "Disk traffic",
            "Bytes a second.",
            "Bps",
            [q(f"sum by (instance) (rate(node_disk_{name}_bytes_total{{{NODE}}}[~]))", "{{instance}} " + name) for name in ("read", "written")],
        ),
        lines(
            "Network",
            "Without loopback and the pods' own interfaces.",
            "Bps",
            [
                q(f'sum by (instance) (rate(node_network_{name}_bytes_total{{{NODE}, device!~"lo|veth.*|eni.*|cali.*"}}[~]))', "{{instance}} " + text)
                for name, text in (("receive", "in"), ("transmit", "out"))
            ],
        ),
        lines(
            "Network errors",
            "Packets with errors and packets dropped.",
            "pps",
            [
                q(f"sum by (instance) (rate(node_network_{name}_total{{{NODE}}}[~]))", "{{instance}} " + name.replace("_", " "))
                for name in ("receive_errs", "receive_drop", "transmit_errs", "transmit_drop")
            ],
            Bound(1, "orange"),
        ),
        lines(
            "Waiting",
            "Share of the time in which something waited for processor, memory or disk.",
            "percentunit",
            [
                q(f"max by (instance) (rate(node_pressure_{name}_waiting_seconds_total{{{NODE}}}[~]))", "{{instance}} " + name)
                for name in ("cpu", "memory", "io")
            ],
            high=1,
        ),
    ],
)
