"""Asks a running Prometheus what Grafana would ask: each query of each panel must have data, each exemplar query a trace."""

from __future__ import annotations

import json
import math
import time
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from .. import files
from . import promql
from .offline import Known, jobs_of, read_known

Json = dict[str, Any]
SPAN_SECONDS = 15 * 60
STEP_SECONDS = 5
# A proxy of the environment is not on the way to a stack of one's own.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Answer:
    """What was asked and found; `external` is reason -> panels that can have no data here or now."""

    panels: int = 0
    asked: int = 0
    failures: list[str] = field(default_factory=list)
    external: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def ask(address: str, patience: float = 0, boards: Mapping[str, Json] | None = None, known: Known | None = None, stopped: str = "") -> Answer:
    """Asks until everything has data or patience is at its end; only what failed is asked again. A job that was stopped tells nothing of itself."""
    deadline = time.monotonic() + patience
    chosen = files.committed() if boards is None else boards
    known = known or read_known()
    answer = Answer()
    waiting: list[tuple[str, Json, Json]] = []
    for name, board in chosen.items():
        for panel in files.panels(board):
            reason = why_external(panel, known)
            if reason:
                answer.external[reason].append(f"{name}: {panel['title']}")
                continue
            answer.panels += 1
            for target in panel["targets"]:
                if jobs_of({"targets": [target]}) == {stopped}:
                    answer.external[f"the job `{stopped}` is stopped."].append(f"{name}: {panel['title']}")
                else:
                    waiting.append((f"{name}: {panel['title']}", board, target))
    answer.asked = len(waiting)
    while True:
        waiting = [item for item in waiting if missing(address, *item[1:])]
        if not waiting or time.monotonic() > deadline:
            break
        time.sleep(STEP_SECONDS)
    answer.failures = [f"{where}: {missing(address, board, target) or 'had no data until now'}: {target['expr']}" for where, board, target in waiting]
    return answer


def why_external(panel: Json, known: Known) -> str:
    """The reason why a panel has no data without a cluster; nothing for all others."""
    jobs = jobs_of(panel)
    return "; ".join(sorted({known.external[job]["reason"] for job in jobs})) if jobs and jobs <= known.external.keys() else ""


def missing(address: str, board: Json, target: Json) -> str:
    """What a query lacks; nothing if it has all it should."""
    expr = promql.filled(target["expr"], board)
    now = time.time()
    span = {"start": now - SPAN_SECONDS, "end": now}
    if target.get("instant"):
        result = get(address, "query", {"query": expr, "time": now})["result"]
        samples = [series["value"] for series in result]
    else:
        result = get(address, "query_range", {"query": expr, "step": STEP_SECONDS, **span})["result"]
        samples = [sample for series in result for sample in series["values"]]
    if not any(math.isfinite(float(value)) for _, value in samples):
        return "only NaN" if samples else "no data"
    if target.get("exemplar") and not exemplars(get(address, "query_exemplars", {"query": expr, **span})):
        return "no exemplar that names a trace"
    return ""


def exemplars(found: Any) -> list[str]:
    """The traces that exemplars name."""
    return [exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"] if exemplar["labels"].get("trace_id")]


def get(address: str, path: str, parameters: Mapping[str, object]) -> Any:
    """The data of an answer; OSError if Prometheus refuses."""
    with DIRECT.open(f"{address}/api/v1/{path}?{urlencode(parameters)}", timeout=30) as said:
        return json.loads(said.read())["data"]
