"""Prometheus: renders deploy/prometheus as it stands, and beside it one targets file for each part that is in this stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ..component import Component, Prerequisite, Program, StackError, command_prerequisite
from ..context import Context
from ..http_probe import not_ready

# Scrape job -> the component that must be in the stack, and the port where it exposes metrics.
TARGETS = {
    "gateway": ("gateway", "FAROL_GATEWAY_PORT"),
    "worker": ("worker", "FAROL_WORKER_PORT"),
    "kafka": ("kafka", "FAROL_KAFKA_JMX_PORT"),
    "postgres": ("postgres-exporter", "FAROL_POSTGRES_EXPORTER_PORT"),
    "redis": ("redis-exporter", "FAROL_REDIS_EXPORTER_PORT"),
    "node": ("node-exporter", "FAROL_NODE_EXPORTER_PORT"),
    "otel-collector": ("otel-collector", "FAROL_COLLECTOR_METRICS_PORT"),
    "span-metrics": ("otel-collector", "FAROL_COLLECTOR_SPAN_METRICS_PORT"),
    "jaeger": ("jaeger", "FAROL_JAEGER_METRICS_PORT"),
    "prometheus": ("prometheus", "FAROL_PROMETHEUS_PORT"),
    "alertmanager": ("alertmanager", "FAROL_ALERTMANAGER_PORT"),
    "grafana": ("grafana", "FAROL_GRAFANA_PORT"),
}
# What is asked from outside too: part -> where it answers, and the paths that must be 2xx. Each is a target of the job
# `blackbox`: the exporter is what is scraped, the address it shall ask is a parameter.
BLACKBOX = ("blackbox-exporter", "FAROL_BLACKBOX_EXPORTER_PORT")
PROBES = {
    "gateway": ("FAROL_GATEWAY_PORT", ("/health", "/ready")),
    "worker": ("FAROL_WORKER_PORT", ("/health", "/ready")),
    "otel-collector": ("FAROL_COLLECTOR_HEALTH_PORT", ("/",)),
    "jaeger": ("FAROL_JAEGER_PORT", ("/",)),
    "prometheus": ("FAROL_PROMETHEUS_PORT", ("/-/ready",)),
    "alertmanager": ("FAROL_ALERTMANAGER_PORT", ("/-/ready",)),
    "grafana": ("FAROL_GRAFANA_PORT", ("/api/health",)),
}


class Prometheus(Component):
    """Scrapes every part, evaluates the rules, keeps exemplars."""

    name = "prometheus"
    title = "Prometheus (metrics)"
    optional = True
    ports = {"FAROL_PROMETHEUS_PORT": 9090}

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return [command_prerequisite(ctx, "prometheus", "prometheus")]

    def install(self, ctx: Context) -> None:
        self.binary(ctx)

    def binary(self, ctx: Context) -> Path:
        """The program on PATH."""
        found = ctx.which("prometheus")
        if found is None:
            raise StackError("prometheus is not here; install Prometheus 2.42 or later (Debian: apt-get install prometheus)")
        return found

    def prepare(self, ctx: Context) -> None:
        source = ctx.root / "deploy" / "prometheus"
        config = ctx.render(self.name, "prometheus.yml", (source / "prometheus.yml").read_text())
        self.render_rules(ctx, source / "rules")
        for job, text in targets(ctx).items():
            ctx.render(self.name, f"targets/{job}.json", text)
        promtool = ctx.which("promtool")
        if promtool:
            ctx.run([promtool, "check", "config", config], log=self.name)

    def render_rules(self, ctx: Context, source: Path) -> None:
        """The rules of the checkout and no others: a rule file that was removed there is removed here."""
        kept = {path.name for path in source.glob("*.yml")}
        for name in kept:
            ctx.render(self.name, f"rules/{name}", (source / name).read_text())
        for path in (ctx.run_folder(self.name) / "rules").glob("*.yml"):
            if path.name not in kept:
                path.unlink()

    def program(self, ctx: Context) -> Program:
        return Program(
            command=[
                self.binary(ctx),
                f"--config.file={ctx.run_folder(self.name) / 'prometheus.yml'}",
                f"--storage.tsdb.path={ctx.data(self.name)}",
                "--storage.tsdb.retention.time=7d",
                "--storage.tsdb.retention.size=2GB",
                "--enable-feature=exemplar-storage",
                f"--web.listen-address={ctx.address('FAROL_PROMETHEUS_PORT')}",
                f"--web.external-url={self.url(ctx)}",
                "--log.format=json",
            ],
            stop_seconds=20,
        )

    def ready(self, ctx: Context) -> str | None:
        return not_ready(f"{self.url(ctx)}/-/ready")

    def url(self, ctx: Context) -> str:
        """Where a browser finds it."""
        return f"http://{ctx.address('FAROL_PROMETHEUS_PORT')}"

    def urls(self, ctx: Context) -> dict[str, str]:
        return {"Prometheus": self.url(ctx)}

    def exports(self, ctx: Context) -> dict[str, str]:
        return {"FAROL_PROMETHEUS_URL": self.url(ctx)}


def targets(ctx: Context) -> dict[str, str]:
    """Job -> content of its targets file; empty for a part that is not in this stack, so that nothing stale stays."""
    found: dict[str, str] = {}
    for job, (component, variable) in TARGETS.items():
        addresses = [ctx.address(variable)] if component in ctx.components else []
        found[job] = json.dumps([{"targets": addresses}] if addresses else []) + "\n"
    component, variable = BLACKBOX
    present = [part for part in PROBES if part in ctx.components] if component in ctx.components else []
    found["blackbox"] = probes(ctx.address(variable), {part: ctx.address(PROBES[part][0]) for part in present})
    return found


def probes(exporter: str, parts: Mapping[str, str]) -> str:
    """The targets file of the job `blackbox`: part -> address, each of its paths by way of the exporter."""
    urls = [(part, f"http://{address}{path}") for part, address in parts.items() for path in PROBES[part][1]]
    labels = [{"part": part, "instance": url, "__param_target": url} for part, url in urls]
    return json.dumps([{"targets": [exporter], "labels": own} for own in labels], indent=2) + "\n"


COMPONENT = Prometheus()
