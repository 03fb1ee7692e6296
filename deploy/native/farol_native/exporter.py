"""What the Prometheus exporters of Debian have in common: a program that may be missing, one port, `/metrics`."""

from __future__ import annotations

from pathlib import Path

from .component import Component, Prerequisite, StackError
from .context import Context
from .http_probe import not_ready


class Exporter(Component):
    """A subclass names its programs and its one port, and says how it is started."""

    optional = True
    package: str
    """The Debian package, whose program has the same name."""
    upstream: str
    """The program's name where it does not come from Debian."""

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return [Prerequisite(self.upstream, self.found(ctx) is not None, (self.package,))]

    def install(self, ctx: Context) -> None:
        self.binary(ctx)

    def found(self, ctx: Context) -> Path | None:
        """Debian's program, else the one of the upstream release."""
        return ctx.which(self.package) or ctx.which(self.upstream)

    def binary(self, ctx: Context) -> Path:
        """The program on PATH."""
        found = self.found(ctx)
        if found is None:
            raise StackError(f"{self.upstream} is not here, so its metrics are missing (Debian: apt-get install {self.package})")
        return found

    def listen(self, ctx: Context) -> str:
        """The address of its one port."""
        (variable,) = self.ports
        return ctx.address(variable)

    def ready(self, ctx: Context) -> str | None:
        # Not /metrics: that would wait for the system it asks.
        return not_ready(f"http://{self.listen(ctx)}/")
