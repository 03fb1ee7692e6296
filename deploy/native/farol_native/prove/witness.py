"""What else shows that a fault was felt: each service's own metrics, looked at once a second past every link."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..context import Context
from ..http_probe import DIRECT
from . import links, services

SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Sample:
    """What was seen at one moment; None where nobody answered."""

    at: float
    spans: float | None
    """Spans that the collector took."""
    without_redis: float | None
    """Calls to Redis that failed, or were not made because it failed before."""
    stopped: Mapping[str, str]
    """Workers that stand still until somebody acts, and why."""
    assignments: int
    """Times that partitions were given to a worker."""
    fenced: int
    """Batches that came too late: their partitions' ledger was elsewhere."""


class Witness:
    """Looks once a second until it is told to end."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._samples: list[Sample] = []
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def samples(self, first: float, last: float) -> list[Sample]:
        """What was seen within this time."""
        with self._guard:
            return [sample for sample in self._samples if first <= sample.at < last]

    def fenced(self) -> int:
        """Batches that the ledger has kept out so far."""
        with self._guard:
            return max((sample.fenced for sample in self._samples), default=0)

    def stood_still(self) -> list[str]:
        """Workers that called for somebody: no fault of a schedule is one that does not pass by itself."""
        with self._guard:
            return sorted({f"{name} stood still: {why}" for sample in self._samples for name, why in sample.stopped.items()})

    def end(self) -> None:
        self._over.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            sample = self._look()
            with self._guard:
                self._samples.append(sample)

    def _look(self) -> Sample:
        workers = {f"worker-{number}": self._metrics(services.port(number)) for number in links.WORKERS}
        return Sample(
            at=time.time(),
            spans=total(self._metrics("FAROL_COLLECTOR_METRICS_PORT"), accepted_spans),
            without_redis=total(self._metrics("FAROL_GATEWAY_PORT"), call_without_redis),
            stopped={name: why for name, text in workers.items() if (why := reason(text))},
            assignments=sum(self._logged(name, b"partitions assigned") for name in workers),
            fenced=sum(self._logged(name, b"fenced: continuing") for name in workers),
        )

    def _metrics(self, port: str) -> str | None:
        try:
            with DIRECT.open(f"http://{self.ctx.address(port)}/metrics", timeout=0.8) as answer:
                return answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None

    def _logged(self, worker: str, message: bytes) -> int:
        """A counter of the worker's own would begin anew with every one that is killed."""
        log = self.ctx.logs / f"{worker}.log"
        return log.read_bytes().count(message) if log.is_file() else 0


def total(text: str | None, wanted: Callable[[str, str], bool]) -> float | None:
    """The sum of the series that are wanted, in Prometheus' text format."""
    if text is None:
        return None
    found = (SAMPLE.match(line) for line in text.splitlines())
    return sum(float(match[3]) for match in found if match and wanted(match[1], match[2] or ""))


def accepted_spans(name: str, _labels: str) -> bool:
    return name.startswith("otelcol_receiver_accepted_spans")


def call_without_redis(name: str, labels: str) -> bool:
    asked = name == "db_client_operation_duration_seconds_count" and 'db_system_name="redis"' in labels
    # An empty label is one that is not there.
    return asked and re.search(r'error_type="[^"]', labels) is not None or name == "farol_redis_skipped_total"


def reason(text: str | None) -> str | None:
    """Why a worker stands still, if it does."""
    for line in (text or "").splitlines():
        match = SAMPLE.match(line)
        if match and match[1] == "farol_worker_stopped" and float(match[3]) > 0:
            return match[2] or "unknown"
    return None
