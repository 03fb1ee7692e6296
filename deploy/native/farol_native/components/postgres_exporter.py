"""PostgreSQL exporter: the server's own statistics, read by a role that may see those and nothing else."""

from __future__ import annotations

from ..component import Program
from ..context import Context
from ..exporter import Exporter


class PostgresExporter(Exporter):
    """Metrics of PostgreSQL."""

    name = "postgres-exporter"
    title = "PostgreSQL exporter"
    package = "prometheus-postgres-exporter"
    upstream = "postgres_exporter"
    ports = {"FAROL_POSTGRES_EXPORTER_PORT": 9187}
    after = ("postgres",)
    needs = after

    def program(self, ctx: Context) -> Program:
        role = f"farol_exporter:{ctx.secret('postgres-exporter')}"
        return Program(
            command=[self.binary(ctx), f"--web.listen-address={self.listen(ctx)}", "--log.format=json"],
            # A command line is readable by every user of the machine, an environment is not.
            env={"DATA_SOURCE_NAME": f"postgresql://{role}@{ctx.address('FAROL_POSTGRES_PORT')}/farol?sslmode=disable"},
        )


COMPONENT = PostgresExporter()
