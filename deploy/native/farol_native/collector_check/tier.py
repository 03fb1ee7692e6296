"""Collectors as processes: each with the files that Kubernetes gives it, and what must differ on loopback laid over them."""

from __future__ import annotations

import re
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .. import commands
from ..component import StackError
from ..context import Context
from ..http_probe import DIRECT, not_ready
from ..ports import choose

PATIENCE = 60
PORTS = ("FAROL_OTLP_GRPC_PORT", "FAROL_OTLP_HTTP_PORT", "FAROL_COLLECTOR_SPAN_METRICS_PORT", "FAROL_COLLECTOR_METRICS_PORT", "FAROL_COLLECTOR_HEALTH_PORT")
FOLDER = "otel-collector"
AGENT = ("kubernetes/agent.yaml", "kubernetes/redaction.yaml")
GATEWAY = ("config.yaml", "kubernetes/gateway.yaml", "kubernetes/redaction.yaml")
# k8s_attributes is left out: only inside a cluster is there an API server to ask for pods. Nor have the collectors names here.
AGENT_HERE = """\
exporters: {{ load_balancing: {{ resolver: {{ static: {{ hostnames: [{addresses}] }} }} }} }}
service: {{ pipelines: {{ traces: {{ processors: [memory_limiter, redaction/secrets] }} }} }}
"""
# The wait alone is shorter, so that the check is.
GATEWAY_HERE = "processors: { tail_sampling: { decision_wait: 3s } }\n"


@dataclass
class Collector:
    """One process, which can be killed and started again with what it left on its disk."""

    ctx: Context
    program: Path
    name: str
    files: tuple[str, ...]
    here: list[str]
    env: dict[str, str]
    ports: dict[str, int]
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        overlays = [self.ctx.logs.parent / f"{self.name}-{number}.yaml" for number in range(len(self.here))]
        for path, text in zip(overlays, self.here, strict=True):
            path.write_text(text)
        paths = [*(self.ctx.root / FOLDER / file for file in self.files), *overlays]
        words = [str(self.program), *(f"--config={path}" for path in paths)]
        ports = {variable: str(port) for variable, port in self.ports.items()}
        environment = {**self.ctx.env, "FAROL_COLLECTOR_HOST": "127.0.0.1", "FAROL_NODE_NAME": "here", **ports, **self.env}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment)
        wait(f"{self.name} being ready", self.is_ready)

    @property
    def log(self) -> Path:
        return self.ctx.logs / f"{self.name}.log"

    def is_ready(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise StackError(f"{self.name} ended with {self.process.returncode}; the end of its log:\n{commands.tail(self.log)}")
        return not_ready(f"http://127.0.0.1:{self.ports['FAROL_COLLECTOR_HEALTH_PORT']}/") is None

    def kill(self) -> None:
        """As a node's memory or its end does it: nothing is said goodbye to."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def otlp_http(self) -> int:
        return self.ports["FAROL_OTLP_HTTP_PORT"]

    @property
    def otlp_grpc(self) -> int:
        return self.ports["FAROL_OTLP_GRPC_PORT"]

    def page(self, port: str = "FAROL_COLLECTOR_METRICS_PORT") -> str:
        with DIRECT.open(f"http://127.0.0.1:{self.ports[port]}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def metrics(self) -> dict[str, float]:
        """Name -> sum over its series."""
        found: dict[str, float] = defaultdict(float)
        for name, value in re.findall(r"^(\w+)(?:\{.*\})? ([-+.\deE]+|NaN)$", self.page(), re.MULTILINE):
            found[name] += float(value)
        return found


def agent(ctx: Context, program: Path, name: str, behind: list[int]) -> Collector:
    """An agent that shares traces out among the collectors on these ports."""
    here = AGENT_HERE.format(addresses=", ".join(f'"127.0.0.1:{port}"' for port in behind))
    return Collector(ctx, program, name, AGENT, [here], {}, dict(zip(PORTS, choose(len(PORTS), behind), strict=True)))


def gateway(ctx: Context, program: Path, name: str, store: int, taken: list[int]) -> Collector:
    """A collector of the second tier with a disk of its own."""
    disk = ctx.logs.parent / f"{name}-queue"
    disk.mkdir()
    env = {"FAROL_JAEGER_OTLP_ENDPOINT": f"127.0.0.1:{store}", "FAROL_COLLECTOR_QUEUE": str(disk)}
    return Collector(ctx, program, name, GATEWAY, [GATEWAY_HERE], env, dict(zip(PORTS, choose(len(PORTS), taken), strict=True)))


def wait(what: str, is_so: Callable[[], bool]) -> None:
    """Until it is so; what is not so after a minute is a finding."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            raise StackError(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.1)
