"""deploy/prometheus/metrics.json: which part exposes which metric with which labels, as far as boards and rules ask for it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

# Prometheus gives them to whatever it scrapes.
TARGET_LABELS = frozenset({"job", "instance"})
Series = Mapping[str, Mapping[str, set[str]]]
"""Job -> metric -> the labels of its series."""


@dataclass(frozen=True)
class Inventory:
    """What boards, rules and rule tests may ask for."""

    exposed: Mapping[str, Mapping[str, frozenset[str]]]
    later: Mapping[str, str]
    """`job metric` or `job metric label` that is there only once something has happened -> what."""
    made_by_prometheus: frozenset[str]

    def jobs_of(self, name: str) -> set[str]:
        return {job for job, names in self.exposed.items() if name in names}

    def names(self) -> set[str]:
        return {name for names in self.exposed.values() for name in names} | self.made_by_prometheus

    def labels(self, name: str) -> set[str]:
        """Every label that a series of this name can have."""
        return {label for names in self.exposed.values() for label in names.get(name, ())} | TARGET_LABELS

    def not_found(self, series: Series, jobs: Iterable[str]) -> list[str]:
        """What should be there and is not, of the jobs that are scraped."""
        return [
            wanted
            for job in sorted(set(jobs) & self.exposed.keys())
            for name, labels in self.exposed[job].items()
            if f"{job} {name}" not in self.later
            for wanted in absent(f"{job} {name}", labels, series.get(job, {}).get(name))
            if wanted not in self.later
        ]


def absent(metric: str, labels: Iterable[str], found: set[str] | None) -> list[str]:
    if found is None:
        return [metric]
    return [f"{metric} {label}" for label in sorted(set(labels) - found)]


def load(root: Path) -> Inventory:
    """The file, read."""
    file = json.loads((root / "deploy/prometheus/metrics.json").read_text())
    exposed = {job: {name: frozenset(labels) for name, labels in names.items()} for job, names in file["exposed"].items()}
    return Inventory(exposed, file["later"], frozenset(file["made_by_prometheus"]))


def by_job(series: Iterable[Mapping[str, str]]) -> dict[str, dict[str, set[str]]]:
    """What Prometheus lists at /api/v1/series."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for labels in series:
        found[labels.get("job", "")][labels["__name__"]] |= labels.keys() - {"__name__"}
    return found
