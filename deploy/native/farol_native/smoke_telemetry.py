"""What is promised of traces and boards beyond their being there: found by the event, drawn from spans, no panel empty."""

from __future__ import annotations

import json
import sys
import time
from typing import Any
from urllib.parse import urlencode

from .smoke_session import Session

# The rules of the long windows are evaluated once a minute.
BOARDS_PATIENCE = "90"
LOOKBACK_MS = 15 * 60 * 1000


def event_is_found_in_jaeger(session: Session) -> str:
    """Whoever knows only an event's source and id finds its trace, from either service."""
    source, identifier = session.event
    tags = json.dumps({"cloudevents.event_source": source, "cloudevents.event_id": identifier})
    for service in ("farol-gateway", "farol-worker"):
        query = urlencode({"service": service, "tags": tags, "lookback": "1h", "limit": 20})

        def ask(path: str = f"/api/traces?{query}") -> bool:
            found = json.loads(session.text("FAROL_JAEGER_URL", path))["data"]
            return session.trace_id in [trace["traceID"] for trace in found]

        session.wait(30, f"trace {session.trace_id} found in Jaeger by {tags} of {service}", ask)
    return f"{source} {identifier}"


def jaeger_draws_monitor_and_graph(session: Session) -> str:
    """The monitor asks Prometheus by names that have to be those of the collector; an empty answer is what a mistake looks like."""
    common = {"service": "farol-gateway", "spanKind": "server", "lookback": LOOKBACK_MS, "step": 5000, "ratePer": 60_000}

    def points(what: str, **more: object) -> list[Any]:
        query = urlencode({"endTs": int(time.time() * 1000), **common, **more})
        metrics = json.loads(session.text("FAROL_JAEGER_URL", f"/api/metrics/{what}?{query}"))["metrics"]
        return [point for metric in metrics for point in metric["metricPoints"]]

    for what, more in (("calls", {}), ("errors", {}), ("latencies", {"quantile": 0.95})):
        session.wait(60, f"Jaeger's monitor showing {what} of the gateway", lambda w=what, m=more: bool(points(w, **m)))

    def edges() -> str | None:
        path = f"/api/dependencies?endTs={int(time.time() * 1000)}&lookback={LOOKBACK_MS}"
        found = json.loads(session.text("FAROL_JAEGER_URL", path))["data"]
        calls = {(edge["parent"], edge["child"]): edge["callCount"] for edge in found}
        count = calls.get(("farol-gateway", "farol-worker"))
        return f"calls, errors, latencies; {count} events from gateway to worker" if count else None

    return session.wait(30, "the edge from gateway to worker in Jaeger's graph", edges)


def every_panel_has_data(session: Session) -> str:
    """After a replay that lasted several scrapes: a counter that is there with all its events from its first scrape on has no rate."""
    address = session.addresses["FAROL_PROMETHEUS_URL"]
    said = session.run([sys.executable, str(session.root / "grafana/boards"), "live", "--prometheus", address, "--wait", BOARDS_PATIENCE])
    return said.strip().splitlines()[-1]
