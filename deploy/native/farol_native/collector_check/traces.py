"""Traces as Farol's programs make them, sent in the parts in which they would come: by OTLP over HTTP, in JSON."""

from __future__ import annotations

import json
import random
import time
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..http_probe import DIRECT

SECOND = 1_000_000_000
ERROR = 2
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
# The gateway's, the worker's while all is well, and one that a worker sends that was behind.
PARTS = {"POST /events": SERVER, "send farol.events": PRODUCER, "process farol.events": CONSUMER}
LATE = "process farol.events, late"


@dataclass(frozen=True)
class Trace:
    """A trace to be sent; what makes it worth keeping is in its second half, which comes by itself."""

    kind: str
    number: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    def span(self, name: str, kind: int) -> dict[str, object]:
        consumer = name.startswith("process")
        slow = self.kind == "slow" and consumer
        start = time.time_ns() - 2 * SECOND
        return {
            "traceId": self.number,
            "spanId": f"{random.getrandbits(64):016x}",
            "name": name,
            "kind": kind,
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(start + (SECOND if slow else SECOND // 1000)),
            "status": {"code": ERROR} if self.kind == "failed" and consumer else {},
            "attributes": attributes({"messaging.system": "kafka", **self.attributes}),
        }


def made(kind: str, count: int, seed: int, more: Mapping[str, str] | None = None) -> list[Trace]:
    """The same ids in each run, because the ratio is chosen by the id."""
    source = random.Random(f"{kind} {seed}")
    return [Trace(kind, f"{source.getrandbits(128):032x}", more or {}) for _ in range(count)]


def attributes(values: Mapping[str, str]) -> list[dict[str, object]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


def send(port: int, traces: Iterable[Trace], name: str, kind: int, resource: Mapping[str, str] | None = None) -> None:
    """One span of each of these traces in one request, as an exporter's batch has spans of many traces."""
    program = "farol-worker" if kind == CONSUMER else "farol-gateway"
    said = {"service.namespace": "farol", "service.name": program, **(resource or {})}
    spans = [trace.span(name, kind) for trace in traces]
    body = {"resourceSpans": [{"resource": {"attributes": attributes(said)}, "scopeSpans": [{"spans": spans}]}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/traces", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with DIRECT.open(request, timeout=10):
        return


def send_parts(port: int, traces: Iterable[Trace], resource: Mapping[str, str] | None = None) -> None:
    """Each part of all traces, one part after the other."""
    every = list(traces)
    for name, kind in PARTS.items():
        send(port, every, name, kind, resource)
