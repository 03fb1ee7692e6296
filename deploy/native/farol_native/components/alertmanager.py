"""Alertmanager: groups and inhibits the alerts of Prometheus; in a local stack it notifies nobody."""

from __future__ import annotations

from pathlib import Path

from ..component import Component, Prerequisite, Program, StackError
from ..context import Context
from ..http_probe import not_ready

PACKAGE = "prometheus-alertmanager"


class Alertmanager(Component):
    """Alerts, as its API and `amtool` show them."""

    name = "alertmanager"
    title = "Alertmanager (alerts)"
    optional = True
    ports = {"FAROL_ALERTMANAGER_PORT": 9093}

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return [Prerequisite("alertmanager", self.found(ctx) is not None, (PACKAGE,))]

    def install(self, ctx: Context) -> None:
        self.binary(ctx)

    def found(self, ctx: Context) -> Path | None:
        """Debian's name of the program, else its own."""
        return ctx.which(PACKAGE) or ctx.which("alertmanager")

    def binary(self, ctx: Context) -> Path:
        """The program on PATH."""
        found = self.found(ctx)
        if found is None:
            raise StackError(f"alertmanager is not here, so alerts are seen in Prometheus only (Debian: apt-get install {PACKAGE})")
        return found

    def prepare(self, ctx: Context) -> None:
        source = ctx.root / "deploy" / "prometheus" / "alertmanager.yml"
        config = ctx.render(self.name, "alertmanager.yml", source.read_text())
        amtool = ctx.which("amtool")
        if amtool:
            ctx.run([amtool, "check-config", config], log=self.name)

    def program(self, ctx: Context) -> Program:
        return Program(
            command=[
                self.binary(ctx),
                f"--config.file={ctx.run_folder(self.name) / 'alertmanager.yml'}",
                f"--storage.path={ctx.data(self.name)}",
                "--data.retention=24h",
                f"--web.listen-address={ctx.address('FAROL_ALERTMANAGER_PORT')}",
                f"--web.external-url={self.url(ctx)}",
                # There is one of it: no gossip, and no second port.
                "--cluster.listen-address=",
                "--log.format=json",
            ],
        )

    def ready(self, ctx: Context) -> str | None:
        return not_ready(f"{self.url(ctx)}/-/ready")

    def url(self, ctx: Context) -> str:
        """Where a browser finds it."""
        return f"http://{ctx.address('FAROL_ALERTMANAGER_PORT')}"

    def urls(self, ctx: Context) -> dict[str, str]:
        return {"Alertmanager": self.url(ctx)}

    def exports(self, ctx: Context) -> dict[str, str]:
        return {"FAROL_ALERTMANAGER_URL": self.url(ctx)}


COMPONENT = Alertmanager()
