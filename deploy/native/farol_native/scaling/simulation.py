"""A load curve against both autoscalers, second by second: CPU and lag follow from the load, replicas from CPU and lag."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from .hpa import SYNC_SECONDS, TOLERANCE, Autoscaler, by_ratio
from .manifests import GatewayScaling, WorkerScaling

# Usage that metrics-server hands out is the mean of its last resolution, and as old again.
METRIC_SECONDS = 15


@dataclass(frozen=True)
class Costs:
    """What was measured: of an event, and of a pod that starts."""

    gateway_cpu_per_million: float
    worker_cpu_per_million: float
    worker_rows_per_second: float
    """Of one worker alone."""
    start_seconds: int
    """From the decision to a pod that is ready."""
    cores: float
    """What a pod can use at most: its own need, its threads, or the node's room. There is no CPU limit."""


@dataclass(frozen=True)
class Moment:
    """One second."""

    second: int
    events_per_second: float
    gateways: int
    gateway_utilization: float
    """Of the request, over the ready pods."""
    gateway_saturated: bool
    workers: int
    lag: float


@dataclass
class Pods:
    """Replicas that were asked for, and from when on each serves."""

    ready_at: list[int]
    start_seconds: int

    def scale(self, now: int, replicas: int) -> None:
        while len(self.ready_at) < replicas:
            self.ready_at.append(now + self.start_seconds)
        while len(self.ready_at) > replicas:
            self.ready_at.remove(max(self.ready_at))

    def ready(self, now: int) -> int:
        return sum(at <= now for at in self.ready_at)


def load_at(curve: list[tuple[float, float]], second: float) -> float:
    """Events per second: straight lines between the points, level outside of them."""
    if second <= curve[0][0]:
        return curve[0][1]
    for (start, before), (end, after) in zip(curve, curve[1:]):
        if second <= end:
            return before + (after - before) * (second - start) / (end - start) if end > start else after
    return curve[-1][1]


def run(gateway: GatewayScaling, worker: WorkerScaling, costs: Costs, curve: list[tuple[float, float]]) -> list[Moment]:
    """Every second of the curve, from both autoscalers at their least."""
    gateways, workers = Pods([0] * gateway.least, costs.start_seconds), Pods([0] * worker.least, costs.start_seconds)
    front = Autoscaler(gateway.least, gateway.most, gateway.behavior, gateway.least)
    back = Autoscaler(worker.least, worker.most, worker.behavior, worker.least)
    front_usage: deque[float] = deque(maxlen=METRIC_SECONDS)
    back_usage: deque[float] = deque(maxlen=METRIC_SECONDS)
    lag, moments = 0.0, []
    for second in range(int(curve[-1][0]) + 1):
        rate = load_at(curve, second)
        serving, consuming = gateways.ready(second), workers.ready(second)
        # What the gateways cannot take is refused, and comes again later: it is not counted twice here.
        taken = min(rate, serving * costs.cores / costs.gateway_cpu_per_million * 1e6)
        stored = min(lag + taken, consuming * costs.worker_rows_per_second)
        lag += taken - stored
        front_usage.append(taken * costs.gateway_cpu_per_million / 1e6)
        back_usage.append(stored * costs.worker_cpu_per_million / 1e6)
        mean = sum(front_usage) / len(front_usage)
        moments.append(Moment(second, rate, len(gateways.ready_at), mean / (serving * gateway.request_cores), taken < rate, len(workers.ready_at), lag))
        if second and second % SYNC_SECONDS == 0:
            gateways.scale(second, front.sync(second, by_cpu(front.replicas, serving, mean, gateway.request_cores, gateway.utilization)))
            by_usage = by_cpu(back.replicas, consuming, sum(back_usage) / len(back_usage), worker.request_cores, worker.utilization)
            workers.scale(second, back.sync(second, max(by_usage, by_lag(back.replicas, lag, worker))))
    return moments


def by_cpu(replicas: int, ready: int, cores: float, request: float, target: float) -> int:
    """A resource metric: the mean over the ready pods. Where that asks for more, pods that start count as idle, and may not turn it around."""
    ratio = cores / (ready * request) / target
    if ready == replicas or ratio <= 1.0:
        return replicas if ready < replicas and ratio <= 1.0 else by_ratio(replicas, ratio)
    with_idle = cores / (replicas * request) / target
    return max(replicas, by_ratio(replicas, with_idle)) if with_idle > 1.0 else replicas


def by_lag(replicas: int, lag: float, worker: WorkerScaling) -> int:
    """An external metric with AverageValue; KEDA tells no more lag than the partitions' worth (allowIdleConsumers: false)."""
    told = min(math.ceil(lag), worker.most * worker.lag_threshold)
    ratio = told / (replicas * worker.lag_threshold)
    return replicas if abs(ratio - 1.0) <= TOLERANCE else math.ceil(told / worker.lag_threshold)
