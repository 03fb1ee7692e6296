"""Node exporter: processor, memory, disks and network of this machine."""

from __future__ import annotations

from ..component import Program
from ..context import Context
from ..exporter import Exporter

# The rest is for servers; on a laptop it is a thousand series that no board shows.
COLLECTORS = ("cpu", "diskstats", "filesystem", "loadavg", "meminfo", "netdev", "pressure", "stat", "time", "uname", "vmstat")


class NodeExporter(Exporter):
    """Metrics of the machine."""

    name = "node-exporter"
    title = "node exporter (machine metrics)"
    package = "prometheus-node-exporter"
    upstream = "node_exporter"
    ports = {"FAROL_NODE_EXPORTER_PORT": 9100}

    def program(self, ctx: Context) -> Program:
        chosen = [f"--collector.{name}" for name in COLLECTORS]
        return Program(
            command=[
                self.binary(ctx),
                f"--web.listen-address={self.listen(ctx)}",
                "--collector.disable-defaults",
                *chosen,
                "--log.format=json",
            ],
        )


COMPONENT = NodeExporter()
