"""toxiproxy between the parts: built from its Go module, told over HTTP what to cut, silence or slow down."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from .. import go
from ..component import Component, Prerequisite, Program, StackError
from ..context import Context
from ..fingerprint import fingerprint
from ..http_probe import DIRECT, not_ready
from . import links

PACKAGE = "github.com/Shopify/toxiproxy/v2/cmd/server"


class Toxiproxy(Component):
    """Every link of the stack."""

    name = "toxiproxy"
    title = "toxiproxy (links that can be cut)"
    ports = {"FAROL_TOXIPROXY_PORT": 0, **{link.listen: 0 for link in links.ALL}}

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return [go.go_prerequisite(ctx)]

    def install(self, ctx: Context) -> None:
        self.binary(ctx)

    def binary(self, ctx: Context) -> Path:
        """The cached program, else a new build."""
        module = ctx.root / "deploy/native/toxiproxy"

        def build(place: Path) -> None:
            with ctx.step("building toxiproxy (about a minute, once)"):
                command = ["go", "build", "-ldflags", "-s -w", "-o", str(place / self.name), PACKAGE]
                go.build(ctx, [command], cwd=module, log="build-toxiproxy")

        return ctx.cached(self.name, version_of(module), build) / self.name

    def prepare(self, ctx: Context) -> None:
        go.clean(ctx)
        ctx.render(self.name, "links.json", json.dumps([proxy(ctx, link) for link in links.ALL], indent=2) + "\n")

    def program(self, ctx: Context) -> Program:
        words = ["-host", "127.0.0.1", "-port", str(ctx.port("FAROL_TOXIPROXY_PORT"))]
        config = ctx.run_folder(self.name) / "links.json"
        # Its own log tells of every connection.
        return Program(command=[self.binary(ctx), *words, "-config", config], env={"LOG_LEVEL": "warn"})

    def ready(self, ctx: Context) -> str | None:
        return not_ready(f"http://{ctx.address('FAROL_TOXIPROXY_PORT')}/version")


def version_of(module: Path) -> str:
    """The version that our module names, and a digest of all that goes in."""
    version = re.search(r"toxiproxy/v2 v(\S+)", (module / "go.mod").read_text())
    if version is None:
        raise StackError(f"{module / 'go.mod'} names no version of toxiproxy")
    return f"{version[1]}-{fingerprint((module / 'go.sum').read_text())}"


class Wires:
    """Hands on the links."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.base = f"http://{ctx.address('FAROL_TOXIPROXY_PORT')}"
        self._broken: dict[str, links.Link] = {}

    def cut(self, link: links.Link) -> None:
        """Closes what is open and refuses what is new."""
        self._broken[link.name] = link
        self._ask("POST", f"/proxies/{link.name}", {"enabled": False})

    def silence(self, link: links.Link) -> None:
        """Nothing gets through and nobody is told: connections stay open."""
        self._poison(link, "timeout", {"timeout": 0})

    def slow(self, link: links.Link, milliseconds: int) -> None:
        """Each way takes so much longer, give or take a half."""
        self._poison(link, "latency", {"latency": milliseconds, "jitter": milliseconds // 2})

    def mend(self, link: links.Link) -> None:
        """One link as new: what was open is closed, since bytes that were swallowed must not be missed in a stream."""
        if self._broken.pop(link.name, None) is None:
            return
        # Taking a toxic away from a stream that it holds up can wait for ever; taking the whole proxy away cannot.
        self._ask("DELETE", f"/proxies/{link.name}")
        self._ask("POST", "/proxies", proxy(self.ctx, link))

    def mend_all(self) -> None:
        """Every link as new."""
        for link in list(self._broken.values()):
            self.mend(link)

    def _poison(self, link: links.Link, kind: str, attributes: dict[str, int]) -> None:
        self._broken[link.name] = link
        there = [toxic["name"] for toxic in self._ask("GET", f"/proxies/{link.name}/toxics")]
        for stream in ("upstream", "downstream"):
            name = f"{kind}-{stream}"
            # Two targets of a pair may share a link.
            if name not in there:
                toxic = {"name": name, "type": kind, "stream": stream, "toxicity": 1.0, "attributes": attributes}
                self._ask("POST", f"/proxies/{link.name}/toxics", toxic)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with DIRECT.open(request, timeout=10) as answer:
                said = answer.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            raise StackError(f"toxiproxy answers {method} {path} with {error.code}: {text}") from error
        except OSError as error:
            raise StackError(f"toxiproxy does not answer {method} {path}: {error}") from error
        return json.loads(said) if said else None


def proxy(ctx: Context, link: links.Link) -> dict[str, Any]:
    """What toxiproxy is told of a link."""
    return {"name": link.name, "listen": ctx.address(link.listen), "upstream": ctx.address(link.upstream), "enabled": True}
