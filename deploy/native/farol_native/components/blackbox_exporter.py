"""Blackbox exporter: asks each part's endpoint from outside when Prometheus tells it to."""

from __future__ import annotations

from ..component import Program
from ..context import Context
from ..exporter import Exporter


class BlackboxExporter(Exporter):
    """Probes."""

    name = "blackbox-exporter"
    title = "blackbox exporter (probes)"
    package = "prometheus-blackbox-exporter"
    upstream = "blackbox_exporter"
    ports = {"FAROL_BLACKBOX_EXPORTER_PORT": 9115}

    def prepare(self, ctx: Context) -> None:
        source = ctx.root / "deploy" / "prometheus" / "blackbox.yml"
        config = ctx.render(self.name, "blackbox.yml", source.read_text())
        ctx.run([self.binary(ctx), "--config.check", f"--config.file={config}"], log=self.name)

    def program(self, ctx: Context) -> Program:
        return Program(
            command=[
                self.binary(ctx),
                f"--config.file={ctx.run_folder(self.name) / 'blackbox.yml'}",
                f"--web.listen-address={self.listen(ctx)}",
                "--log.format=json",
            ],
        )


COMPONENT = BlackboxExporter()
