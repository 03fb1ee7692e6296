"""What is promised of a whole stack, one named check each, in the order in which a newcomer would meet it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from . import inventory, ports, processes, smoke_kills
from .components import jaeger, otel_collector
from .smoke_session import CheckFailed, Session
from .smoke_telemetry import event_is_found_in_jaeger, every_panel_has_data, jaeger_draws_monitor_and_graph

FLIGHTS = 842
PARTS = ("gateway", "worker", "kafka", "postgres", "redis", "otel-collector", "jaeger", "prometheus", "alertmanager")
WARM_START_SECONDS = 30
MEMORY_LIMIT = int(2.5 * 1024**3)


@dataclass(frozen=True)
class Check:
    """A promise in words, and what asks for it; returns a detail worth reading."""

    name: str
    run: Callable[[Session], str]
    needs_stack: bool = True


def require(holds: bool, otherwise: str) -> None:
    """Raises CheckFailed unless it holds."""
    if not holds:
        raise CheckFailed(otherwise)


def comes_up(session: Session) -> str:
    require(session.farol("up") == 0, "`up` failed")
    session.pids = session.processes()
    missing = [name for name in PARTS if name not in session.pids]
    require(not missing, f"not running: {', '.join(missing)}")
    return f"{len(session.pids)} programs run"


def configs_are_accepted(session: Session) -> str:
    """By the very programs that run, which is why no test without a stack can ask."""
    ctx = session.stack.ctx
    for part, config in ((otel_collector.COMPONENT, "otel-collector"), (jaeger.COMPONENT, "jaeger")):
        program = str(part.program(ctx).command[0])
        said = session.run([program, "validate", "--config", str(session.root / config / "config.yaml")], env={})
        require("error" not in said.lower() and "warn" not in said.lower(), f"{config}: {said}")
    return "collector and Jaeger"


def demo_stores_every_flight(session: Session) -> str:
    report = session.farolctl_json("demo")
    require(report["flights"] == FLIGHTS, f"{report['flights']} flights were sent, {FLIGHTS} were expected")
    require(report["rows"] == FLIGHTS, f"{report['rows']} of {FLIGHTS} flights are rows")
    session.rows = FLIGHTS
    session.trace_id = report["receipt"]["traceId"]
    session.event = (report["receipt"]["source"], report["receipt"]["id"])
    return f"{report['rows']} rows, {report['delivery']['rate']:.0f} events/s"


def books_agree_with_rows(session: Session) -> str:
    totals = require_totals(session)
    require(totals["duplicate"] == 0, f"{totals['duplicate']} duplicates, though every event was sent once")
    return f"stored {totals['stored']}, gaps {totals['gaps']}"


def require_totals(session: Session) -> dict[str, int]:
    """The ledger balances, nothing is a dead letter, and PostgreSQL holds as many rows as were accepted."""
    ledger = session.farolctl_json("ledger")
    totals = ledger["totals"]
    rows = int(session.sql("select count(*) from farol.events"))
    require(ledger["balanced"], f"the ledger does not balance: {ledger}")
    require(totals["deadLettered"] == 0, f"{totals['deadLettered']} dead letters")
    require(totals["stored"] == rows == session.rows, f"ledger {totals['stored']}, rows {rows}, accepted {session.rows}")
    return totals


def one_trace_through_both_services(session: Session) -> str:
    def ask() -> str | None:
        traces = json.loads(session.text("FAROL_JAEGER_URL", f"/api/traces/{session.trace_id}"))["data"]
        services = {process["serviceName"] for trace in traces for process in trace["processes"].values()}
        if not {"farol-gateway", "farol-worker"} <= services:
            return None
        return f"{sum(len(trace['spans']) for trace in traces)} spans of {', '.join(sorted(services))}"

    return session.wait(30, f"a trace {session.trace_id} with spans of both services in Jaeger", ask)


def trace_opens_in_a_browser(session: Session) -> str:
    """Only where Farol's own viewer is served: the official UI has its own tests."""
    if "Farol" not in session.text("FAROL_JAEGER_URL", "/"):
        return "Jaeger's own UI is served"
    tests = [sys.executable, str(session.root / "jaeger/viewer/tests/run.py")]
    said = session.run([*tests, "--jaeger", session.addresses["FAROL_JAEGER_URL"], "--trace", session.trace_id])
    return said.strip().splitlines()[-1]


def spans_become_metrics(session: Session) -> str:
    query = f'sum(traces_span_metrics_calls_total{{service_name="farol-gateway"}}) >= {FLIGHTS}'
    calls = session.wait(60, f"span metrics of {FLIGHTS} calls in Prometheus", lambda: session.prometheus(query) or None)
    return f"{calls[0]['value'][1]} spans counted"


def every_target_is_scraped(session: Session) -> str:
    def ask() -> list[dict[str, Any]] | None:
        found = json.loads(session.text("FAROL_PROMETHEUS_URL", "/api/v1/targets?state=active"))["data"]["activeTargets"]
        return found if found and all(target["health"] == "up" for target in found) else None

    targets = session.wait(60, "every scrape target up (/targets of Prometheus says which is not)", ask)
    jobs = {target["labels"]["job"] for target in targets}
    missing = {"gateway", "worker", "kafka", "postgres", "redis", "otel-collector", "span-metrics", "jaeger", "blackbox"} - jobs
    require(not missing, f"not scraped at all: {', '.join(sorted(missing))}")
    return ", ".join(sorted(jobs))


def every_metric_asked_for_is_there(session: Session) -> str:
    """What boards, rules and runbooks ask for, by deploy/prometheus/metrics.json: names, and the labels of their series."""
    wanted = inventory.load(session.root)

    def ask() -> tuple[int, list[str]]:
        listed = json.loads(session.text("FAROL_PROMETHEUS_URL", "/api/v1/series?" + urlencode({"match[]": '{job=~".+"}'})))["data"]
        found = inventory.by_job(listed)
        return sum(len(names) for names in found.values()), wanted.not_found(found, found)

    def complete() -> int | None:
        names, missing = ask()
        return None if missing else names

    try:
        names = session.wait(30, "every metric of the inventory", complete)
    except CheckFailed as error:
        raise CheckFailed("not in the scrape: " + ", ".join(ask()[1])) from error
    return f"{sum(len(jobs) for jobs in wanted.exposed.values())} of {names} names, {len(wanted.later)} come later"


def metrics_are_well_formed(session: Session) -> str:
    lines = 0
    for service in ("FAROL_GATEWAY_URL", "FAROL_WORKER_URL"):
        page = session.text(service, "/metrics")
        said = session.run(["promtool", "check", "metrics"], stdin=page)
        require(not said.strip(), f"promtool about {service}: {said}")
        lines += len(page.splitlines())
    return f"{lines} lines"


def killed_parts_lose_and_double_nothing(session: Session) -> str:
    """A repeated event may have reached Kafka before its part died: that is a duplicate in the ledger, never a second row."""
    before = session.processes()
    detail = smoke_kills.every_part_killed_once(session, PARTS)
    after = session.processes()
    spared = [part for part in PARTS if after.get(part) == before[part]]
    require(not spared, f"not killed: {', '.join(spared)}")
    totals = require_totals(session)
    return f"{detail}; {totals['duplicate']} duplicates in the ledger"


def second_demo_adds_nothing(session: Session) -> str:
    report = session.farolctl_json("demo")
    require(report["rows"] == FLIGHTS, f"{report['rows']} rows for {FLIGHTS} flights")
    rows = int(session.sql("select count(*) from farol.events"))
    require(rows == session.rows, f"{rows} rows in all, {session.rows} before")
    return f"{report['delivery']['repeats']} repeats"


def second_up_touches_nothing(session: Session) -> str:
    before = session.processes()
    began = time.monotonic()
    require(session.farol("up") == 0, "the second `up` failed")
    require(session.processes() == before, f"programs were restarted: {before} -> {session.processes()}")
    return f"{time.monotonic() - began:.1f} s"


def memory_stays_below_the_limit(session: Session) -> str:
    used = sum(processes.memory_bytes(pid) for pid in session.processes().values())
    require(used < MEMORY_LIMIT, f"{used / 1024**2:.0f} MiB in use, the limit is {MEMORY_LIMIT / 1024**2:.0f} MiB")
    return f"{used / 1024**2:.0f} MiB"


def warm_start_is_quick_and_keeps_the_rows(session: Session) -> str:
    require(session.farol("down") == 0, "`down` failed")
    began = time.monotonic()
    require(session.farol("up") == 0, "`up` after `down` failed")
    took = time.monotonic() - began
    rows = int(session.sql("select count(*) from farol.events"))
    require(rows == session.rows, f"{rows} rows after the restart, {session.rows} before")
    require(took < WARM_START_SECONDS, f"it took {took:.1f} s, {WARM_START_SECONDS} s are allowed")
    return f"{took:.1f} s"


def nothing_stays_behind(session: Session) -> str:
    used = set(session.stack.ports.all().values())
    require(session.farol("down") == 0, "`down` failed")
    left = processes.marked(session.home)
    require(not left, f"processes still run: {sorted(left)}")
    taken = [number for number in used if not ports.is_free(number)]
    require(not taken, f"ports still taken: {taken}")
    return f"{len(used)} ports free again"


CHECKS = (
    Check("up brings every part of the stack up", comes_up, needs_stack=False),
    Check("the configurations are accepted by the programs themselves", configs_are_accepted),
    Check("the demo's flights become one row each", demo_stores_every_flight),
    Check("ledger and rows agree", books_agree_with_rows),
    Check("one trace leads through both services", one_trace_through_both_services),
    Check("the trace opens in a real browser", trace_opens_in_a_browser),
    Check("the trace is found by its event's source and id", event_is_found_in_jaeger),
    Check("spans become metrics", spans_become_metrics),
    Check("Jaeger has rates, latencies and the graph of the services", jaeger_draws_monitor_and_graph),
    Check("every scrape target is up", every_target_is_scraped),
    Check("both /metrics pass promtool", metrics_are_well_formed),
    Check("every metric that boards and rules ask for is in the scrape", every_metric_asked_for_is_there),
    Check("a second demo adds no row", second_demo_adds_nothing),
    # after the demos: Jaeger keeps its traces in memory
    Check("every part killed once in the middle of a replay loses and doubles nothing", killed_parts_lose_and_double_nothing),
    # after that long replay
    Check("every panel of every board has data", every_panel_has_data),
    Check("a second up restarts nothing", second_up_touches_nothing),
    Check("memory stays below the limit", memory_stays_below_the_limit),
    Check("a warm start is quick and keeps the rows", warm_start_is_quick_and_keeps_the_rows),
    Check("down leaves nothing running", nothing_stays_behind),
)
