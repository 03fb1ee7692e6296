"""`make scaling-plot`: reads the manifests and what was measured, runs a load curve through the arithmetic, prints a table and draws it."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from ..component import StackError
from ..stack import open_stack
from . import manifests, picture
from .simulation import Costs, Moment
from .simulation import run as simulate

# Two quiet minutes, a jump, ten minutes of load, and back: the exercise of docs/SCALING.md.
CURVE = "0:300,120:300,125:8000,720:8000,725:300,1800:300"

# `make bench` on two busy cores, see docs/SCALING.md.
GATEWAY_CPU, WORKER_CPU, WORKER_ROWS = 122.5, 51.0, 3000.0


def run(root: Path, words: Sequence[str]) -> int:
    arguments = parser().parse_args(list(words))
    ctx = open_stack(root, os.environ).ctx
    gateway, worker = manifests.read(ctx, arguments.environment)
    costs = measured(arguments)
    moments = simulate(gateway, worker, costs, points(arguments.curve))
    print(assumed(gateway, worker, costs))
    print(table(moments, arguments.every))
    if arguments.out:
        title = f"HPA and KEDA by arithmetic: {arguments.environment or 'the components as they are'}"
        arguments.out.write_text(picture.draw(moments, title, "no cluster ran this: docs/SCALING.md; " + sentence(costs)))
        print(f"drawn: {arguments.out}")
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="scaling-plot", description=__doc__)
    top.add_argument("--bench", type=Path, help="what `make bench ARGS='--json FILE'` wrote; wins over the three figures below")
    top.add_argument("--gateway-cpu", type=float, default=GATEWAY_CPU, help="CPU seconds of the gateway per million events")
    top.add_argument("--worker-cpu", type=float, default=WORKER_CPU, help="CPU seconds of the worker per million events")
    top.add_argument("--worker-rows", type=float, default=WORKER_ROWS, help="rows per second of one worker")
    top.add_argument("--start-seconds", type=int, default=20, help="from the decision to a pod that is ready")
    top.add_argument("--cores", type=float, default=1.0, help="what one pod can use at most")
    top.add_argument("--curve", default=CURVE, help="second:events/s, comma-separated; straight lines between")
    top.add_argument("--environment", choices=("dev", "staging", "prod"), help="with this overlay's changes")
    top.add_argument("--every", type=int, default=60, help="seconds between the rows of the table")
    top.add_argument("--out", type=Path, help="an SVG file")
    return top


def measured(arguments: argparse.Namespace) -> Costs:
    gateway, worker, rows = arguments.gateway_cpu, arguments.worker_cpu, arguments.worker_rows
    if arguments.bench:
        found = {row["id"]: row["measures"] for row in json.loads(arguments.bench.read_text())["rows"]}
        try:
            cpu, rate = found["whole-path-cpu"], found["whole-path-rate"]
        except KeyError as missing:
            raise StackError(f"{arguments.bench} has no row {missing}: `make bench` measures the whole path") from missing
        gateway, worker, rows = cpu["gateway"]["median"], cpu["worker"]["median"], rate["rows"]["median"]
    if min(gateway, worker, rows, arguments.cores) <= 0:
        raise StackError("CPU seconds per million events, rows per second and cores have to be above 0")
    return Costs(gateway, worker, rows, arguments.start_seconds, arguments.cores)


def points(text: str) -> list[tuple[float, float]]:
    """The load curve, in the order of time."""
    try:
        found = [(float(second), float(rate)) for second, rate in (point.split(":") for point in text.split(","))]
    except ValueError as error:
        raise StackError(f"--curve {text!r} is not second:rate,second:rate,…") from error
    if len(found) < 2 or found != sorted(found) or found[0][0] != 0:
        raise StackError("--curve has to begin at second 0 and go on in time")
    return found


def sentence(costs: Costs) -> str:
    return (
        f"gateway {costs.gateway_cpu_per_million:.0f} and worker {costs.worker_cpu_per_million:.0f} CPU s per million events, "
        f"{costs.worker_rows_per_second:.0f} rows/s a worker, {costs.start_seconds} s to a ready pod"
    )


def assumed(gateway: manifests.GatewayScaling, worker: manifests.WorkerScaling, costs: Costs) -> str:
    """What went in, and what follows from it at once."""
    per_gateway = gateway.request_cores * gateway.utilization / costs.gateway_cpu_per_million * 1e6
    return "\n".join(
        [
            sentence(costs),
            f"gateway: {gateway.least} to {gateway.most} at {gateway.utilization:.0%} of {gateway.request_cores * 1000:.0f}m: "
            f"a pod is full at {per_gateway:.0f} events/s, {gateway.most} pods at {per_gateway * gateway.most:.0f}; "
            "beyond that they burst, for there is no CPU limit",
            f"worker: {worker.least} to {worker.most}, a pod for each {worker.lag_threshold:.0f} records of lag "
            f"or {worker.utilization:.0%} of {worker.request_cores * 1000:.0f}m",
        ]
    )


def table(moments: Sequence[Moment], every: int) -> str:
    head = f"{'time':>6} {'events/s':>9} {'gateways':>9} {'CPU':>7} {'workers':>8} {'lag':>9}"
    rows = [
        f"{moment.second // 60:>3}:{moment.second % 60:02} {moment.events_per_second:>9.0f} {moment.gateways:>9} {moment.gateway_utilization:>7.0%} "
        f"{moment.workers:>8} {moment.lag:>9.0f}{'  refusing' if moment.gateway_saturated else ''}"
        for moment in moments
        if moment.second % every == 0
    ]
    return "\n".join([head, *rows])
