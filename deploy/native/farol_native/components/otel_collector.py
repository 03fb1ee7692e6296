"""The OpenTelemetry Collector: our own small distribution, built once per version from otel-collector/builder.yaml."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .. import go
from ..component import Component, Prerequisite, Program, StackError
from ..context import Context
from ..fingerprint import fingerprint
from ..http_probe import not_ready

NAME = "farol-otelcol"


class OtelCollector(Component):
    """Takes spans by OTLP, measures them, and hands them to Jaeger."""

    name = "otel-collector"
    title = "OpenTelemetry Collector (spans in, span metrics out)"
    optional = True
    ports = {
        "FAROL_OTLP_GRPC_PORT": 4317,
        "FAROL_OTLP_HTTP_PORT": 4318,
        "FAROL_COLLECTOR_SPAN_METRICS_PORT": 8889,
        "FAROL_COLLECTOR_METRICS_PORT": 8888,
        "FAROL_COLLECTOR_HEALTH_PORT": 13133,
    }
    after = ("jaeger",)

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return [] if ctx.which(NAME) else [go.go_prerequisite(ctx)]

    def install(self, ctx: Context) -> None:
        self.binary(ctx)

    def binary(self, ctx: Context) -> Path:
        """The collector on PATH, else the cached one, else a new build."""
        return ctx.which(NAME) or distribution(ctx, NAME, ctx.root / "otel-collector" / "builder.yaml")

    def prepare(self, ctx: Context) -> None:
        go.clean(ctx)
        ctx.render(self.name, "config.yaml", (ctx.root / "otel-collector" / "config.yaml").read_text())

    def program(self, ctx: Context) -> Program:
        config = ctx.run_folder(self.name) / "config.yaml"
        own = {variable: str(ctx.port(variable)) for variable in self.ports}
        return Program(
            command=[self.binary(ctx), "--config", config],
            env={
                **own,
                "FAROL_JAEGER_OTLP_ENDPOINT": ctx.address("FAROL_JAEGER_OTLP_GRPC_PORT"),
                # Below the memory limiter's hard limit: the runtime collects before spans are refused.
                "GOMEMLIMIT": "320MiB",
            },
        )

    def ready(self, ctx: Context) -> str | None:
        return not_ready(f"http://{ctx.address('FAROL_COLLECTOR_HEALTH_PORT')}/")

    def exports(self, ctx: Context) -> dict[str, str]:
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint(ctx)}

    def endpoint(self, ctx: Context) -> str:
        """Where services send spans by OTLP over HTTP."""
        return f"http://{ctx.address('FAROL_OTLP_HTTP_PORT')}"


def kubernetes_distribution(ctx: Context) -> Path:
    """The collector that Kubernetes runs: the components of builder-kubernetes.yaml laid over those of builder.yaml."""
    folder = ctx.root / "otel-collector"
    manifest = ctx.output(["awk", "-f", folder / "manifest.awk", folder / "builder-kubernetes.yaml", folder / "builder.yaml"])
    if manifest is None:
        raise StackError("otel-collector/manifest.awk cannot lay builder-kubernetes.yaml over builder.yaml")
    return distribution(ctx, f"{NAME}-kubernetes", ctx.render(COMPONENT.name, "builder-kubernetes.yaml", manifest))


def distribution(ctx: Context, name: str, manifest: Path) -> Path:
    """The program of a builder manifest, from the cache under that name or built into it."""
    return ctx.cached(name, version_of(manifest), lambda place: build(ctx, name, manifest, place)) / NAME


def version_of(manifest: Path) -> str:
    """Collector version and a digest of the manifest's modules, so that a component added means a new build."""
    modules = re.findall(r"gomod:\s*(\S+) v(\S+)", manifest.read_text())
    receiver = next(version for module, version in modules if module.endswith("/otlpreceiver"))
    return f"{receiver}-{fingerprint(*(f'{module} {version}' for module, version in modules))}"


def build(ctx: Context, name: str, manifest: Path, place: Path) -> None:
    """Generates the distribution's sources with the builder of the same version, and compiles them."""
    version = version_of(manifest).partition("-")[0]
    builder = f"go.opentelemetry.io/collector/cmd/builder@v{version}"
    sources = place / "sources"
    sources.mkdir()
    shutil.copy(manifest, sources / "builder.yaml")
    with ctx.step(f"building {name} {version} (2 to 12 minutes, once)"):
        go.build(ctx, [["go", "run", builder, "--config", "builder.yaml"]], cwd=sources, log=f"build-{name}")
    (sources / "build" / NAME).rename(place / NAME)
    shutil.rmtree(sources)


COMPONENT = OtelCollector()
