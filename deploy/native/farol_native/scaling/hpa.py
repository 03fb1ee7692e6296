"""The Horizontal Pod Autoscaler as Kubernetes documents it: tolerance, stabilization windows, scaling policies. Knows no metric."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

# The controller's defaults, and those of managed control planes.
SYNC_SECONDS = 15
TOLERANCE = 0.1 + 1e-9


@dataclass(frozen=True)
class Policy:
    """How many pods may come or go within a period."""

    kind: str
    value: int
    period: int


@dataclass(frozen=True)
class Rules:
    """One direction."""

    window: int
    policies: tuple[Policy, ...]


@dataclass(frozen=True)
class Behavior:
    """Both directions."""

    up: Rules
    down: Rules


def by_ratio(replicas: int, ratio: float) -> int:
    """What a metric asks for: `ratio` is what is, against what shall be; within the tolerance nothing changes."""
    return replicas if abs(ratio - 1.0) <= TOLERANCE else math.ceil(replicas * ratio - 1e-9)


@dataclass
class Autoscaler:
    """One HPA over time: asked every SYNC_SECONDS, it answers with the number of replicas from then on."""

    least: int
    most: int
    behavior: Behavior
    replicas: int
    recommended: list[tuple[float, int]] = field(default_factory=list)
    changes: list[tuple[float, int]] = field(default_factory=list)

    def sync(self, now: float, proposed: int) -> int:
        """Takes the largest of the metrics' proposals through windows, policies and bounds."""
        wanted = self._stabilized(now, proposed)
        if wanted > self.replicas:
            wanted = min(wanted, self._limit_up(now))
        elif wanted < self.replicas:
            wanted = max(wanted, self._limit_down(now))
        wanted = min(max(wanted, self.least), self.most)
        if wanted != self.replicas:
            self.changes.append((now, wanted - self.replicas))
            self.replicas = wanted
        return wanted

    def _stabilized(self, now: float, proposed: int) -> int:
        """Up: the smallest of the window; down: the largest; between the two nothing moves."""
        up, down = self.behavior.up.window, self.behavior.down.window
        self.recommended.append((now, proposed))
        self.recommended = [(at, count) for at, count in self.recommended if at > now - max(up, down, 1)]
        smallest = min(count for at, count in self.recommended if at > now - max(up, 1))
        largest = max(count for at, count in self.recommended if at > now - max(down, 1))
        return min(max(self.replicas, smallest), max(largest, smallest))

    def _limit_up(self, now: float) -> int:
        """The policy that lets the most come decides."""
        limits = []
        for policy in self.behavior.up.policies:
            start = self.replicas - sum(count for at, count in self.changes if at > now - policy.period and count > 0)
            limits.append(start + policy.value if policy.kind == "Pods" else math.ceil(start * (1 + policy.value / 100)))
        return max(self.replicas, *limits)

    def _limit_down(self, now: float) -> int:
        """The policy that lets the most go decides."""
        limits = []
        for policy in self.behavior.down.policies:
            start = self.replicas - sum(count for at, count in self.changes if at > now - policy.period and count < 0)
            limits.append(start - policy.value if policy.kind == "Pods" else math.floor(start * (1 - policy.value / 100)))
        return min(self.replicas, *limits)
