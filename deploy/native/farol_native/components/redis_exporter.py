"""Redis exporter: memory, evictions, hits and latency of the receipt store."""

from __future__ import annotations

from ..component import Program
from ..context import Context
from ..exporter import Exporter


class RedisExporter(Exporter):
    """Metrics of Redis."""

    name = "redis-exporter"
    title = "Redis exporter"
    package = "prometheus-redis-exporter"
    upstream = "redis_exporter"
    ports = {"FAROL_REDIS_EXPORTER_PORT": 9121}
    after = ("redis",)
    needs = after

    def program(self, ctx: Context) -> Program:
        return Program(
            command=[self.binary(ctx), "-web.listen-address", self.listen(ctx), "-log-format", "json"],
            # A command line is readable by every user of the machine, an environment is not.
            env={"REDIS_ADDR": f"redis://{ctx.address('FAROL_REDIS_PORT')}", "REDIS_PASSWORD": ctx.secret("redis")},
        )


COMPONENT = RedisExporter()
