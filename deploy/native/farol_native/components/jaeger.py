"""Jaeger: traces are kept and shown here. Built from its Go module unless an official binary is on PATH."""

from __future__ import annotations

from pathlib import Path

from .. import go, jaeger_ui
from ..component import Component, Prerequisite, Program
from ..context import Context
from ..fingerprint import fingerprint
from ..http_probe import not_ready
from ..jaeger_pages import pages

VERSION = "2.13.0"
PACKAGE = "github.com/jaegertracing/jaeger/cmd/jaeger"
VERSION_VARIABLE = "github.com/jaegertracing/jaeger/internal/version.latestVersion"


class Jaeger(Component):
    """Store, query API and UI for traces."""

    name = "jaeger"
    title = "Jaeger (traces)"
    optional = True
    ports = {
        "FAROL_JAEGER_PORT": 16686,
        "FAROL_JAEGER_GRPC_PORT": 16685,
        "FAROL_JAEGER_OTLP_GRPC_PORT": 14317,
        "FAROL_JAEGER_OTLP_HTTP_PORT": 14318,
        "FAROL_JAEGER_METRICS_PORT": 18888,
        "FAROL_JAEGER_HEALTH_PORT": 18133,
    }

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return [] if official(ctx) else [go.go_prerequisite(ctx)]

    def install(self, ctx: Context) -> None:
        self.binary(ctx)
        self.pages(ctx)

    def binary(self, ctx: Context) -> Path:
        """The official program on PATH, else the cached one, else a new build."""
        found = official(ctx)
        if found:
            return found
        return ctx.cached("jaeger", version_of(ctx), lambda place: build(ctx, place)) / "jaeger"

    def pages(self, ctx: Context) -> Path | None:
        """The folder of the UI's pages; None where the program has them inside."""
        return None if official(ctx) else pages(ctx)

    def prepare(self, ctx: Context) -> None:
        go.clean(ctx)
        ctx.render(self.name, "config.yaml", (ctx.root / "jaeger" / "config.yaml").read_text())
        ctx.render(self.name, "ui.json", jaeger_ui.rendered(ctx))

    def program(self, ctx: Context) -> Program:
        folder = ctx.run_folder(self.name)
        shown = self.pages(ctx)
        own = {variable: str(ctx.port(variable)) for variable in self.ports}
        return Program(
            command=[self.binary(ctx), "--config", folder / "config.yaml"],
            reads=[shown] if shown else [],
            env={
                **own,
                "FAROL_PROMETHEUS_URL": f"http://{ctx.address('FAROL_PROMETHEUS_PORT')}",
                "FAROL_JAEGER_UI_CONFIG": str(folder / "ui.json"),
                "FAROL_JAEGER_UI_ASSETS": str(shown) if shown else "",
                # It would trace itself to the collector's default port, and be a service in its own data.
                "OTEL_TRACES_SAMPLER": "always_off",
                "GOMEMLIMIT": "900MiB",
            },
        )

    def ready(self, ctx: Context) -> str | None:
        return not_ready(f"http://{ctx.address('FAROL_JAEGER_HEALTH_PORT')}/status")

    def url(self, ctx: Context) -> str:
        """Where a browser finds it."""
        return f"http://{ctx.address('FAROL_JAEGER_PORT')}"

    def urls(self, ctx: Context) -> dict[str, str]:
        return {"Jaeger": self.url(ctx)}

    def exports(self, ctx: Context) -> dict[str, str]:
        return {"FAROL_JAEGER_URL": self.url(ctx)}


def official(ctx: Context) -> Path | None:
    """A released Jaeger 2 on PATH: those say their version, and have the UI inside."""

    def look() -> Path | None:
        found = ctx.which("jaeger")
        said = ctx.output([found, "version"]) if found else None
        return found if said and '"gitVersion":"v2.' in said else None

    found = ctx.once("jaeger-official", look)
    return found if isinstance(found, Path) else None


def module(ctx: Context) -> Path:
    """Our module, which names Jaeger as a tool and all that goes into it."""
    return ctx.root / "deploy" / "native" / "jaeger"


def version_of(ctx: Context) -> str:
    """Jaeger's version and a digest of the modules, so that an updated one means a new build."""
    return f"{VERSION}-{fingerprint((module(ctx) / 'go.sum').read_text())}"


def build(ctx: Context, place: Path) -> None:
    """Compiles Jaeger from our module, whose go.sum holds the checksum of everything that goes in."""
    flags = f"-s -w -X {VERSION_VARIABLE}=v{VERSION}"
    command = ["go", "build", "-ldflags", flags, "-o", str(place / "jaeger"), PACKAGE]
    with ctx.step(f"building Jaeger {VERSION} (4 to 12 minutes, once)"):
        go.build(ctx, [command], cwd=module(ctx), log="build-jaeger")


COMPONENT = Jaeger()
