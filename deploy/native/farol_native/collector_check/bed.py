"""What the checks share: an agent, two collectors behind it, and a store behind each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..context import Context
from ..ports import choose
from . import tier
from .store import Store, Stored
from .tier import Collector, wait

SENT = "otelcol_exporter_sent_spans_total"
QUEUED = "otelcol_exporter_queue_size"
RECEIVED = "otelcol_receiver_accepted_spans_total"
NEW_TRACES = "otelcol_processor_tail_sampling_new_trace_id_received_total"
DECIDED = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
FROM_CACHE = "otelcol_processor_tail_sampling_early_releases_from_cache_decision_total"


@dataclass
class Bed:
    ctx: Context
    program: Path
    stores: list[Store]
    gateways: list[Collector]
    agent: Collector

    def total(self, metric: str) -> int:
        """Over both collectors."""
        return round(sum(gateway.metrics()[metric] for gateway in self.gateways))

    def stored(self) -> list[Stored]:
        return [span for store in self.stores for span in store.spans()]

    def trace(self, number: str) -> set[str]:
        """The names of a trace's spans, wherever they are."""
        return {span.name for span in self.stored() if span.trace == number}

    def wait_for_decisions(self, before: int, traces: int) -> None:
        """Until all are judged, and what was kept has been stored."""
        wait(f"{traces} decisions", lambda: self.total(DECIDED) >= before + traces)
        wait("the queues being empty", lambda: self.total(QUEUED) == 0 and self.total(SENT) == len(self.stored()))


@contextmanager
def made(ctx: Context, program: Path) -> Iterator[Bed]:
    """All of it running; nothing of it stays."""
    stores = [Store(port) for port in choose(2, [])]
    taken = [store.port for store in stores]
    gateways: list[Collector] = []
    for number, store in enumerate(stores, 1):
        gateways.append(tier.gateway(ctx, program, f"otel-gateway-{number}", store.port, taken))
        taken += gateways[-1].ports.values()
    agent = tier.agent(ctx, program, "otel-agent", [gateway.otlp_grpc for gateway in gateways])
    collectors = [*gateways, agent]
    try:
        for part in stores:
            part.open()
        for collector in collectors:
            collector.start()
        yield Bed(ctx, program, stores, gateways, agent)
    finally:
        for collector in collectors:
            collector.kill()
        for part in stores:
            part.close()
