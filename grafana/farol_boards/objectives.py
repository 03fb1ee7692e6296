"""The service level objectives as deploy/prometheus/slo.yml states them, so that a line on a board is the line of an alert."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "deploy" / "prometheus" / "slo.yml"


@dataclass(frozen=True)
class Objective:
    """One objective; `bound` is its number of seconds where it is about time."""

    name: str
    title: str
    per_cent: float
    bound: float | None

    @property
    def budget(self) -> float:
        """The share of events that may be bad."""
        return round(1 - self.per_cent / 100, 9)


def read(path: Path = FILE) -> dict[str, Objective]:
    """By name. The file is plain enough for a pattern, and boards need no more of it than four fields."""
    found: dict[str, Objective] = {}
    for block in re.split(r"^ *- name: ", path.read_text(), flags=re.MULTILINE)[1:]:
        name = block.split("\n", 1)[0].strip()
        per_cent, bound, title = (field(block, key) for key in ("objective", "bound", "title"))
        if not per_cent or not title:
            raise ValueError(f"{path}: {name} has no objective or no title")
        found[name] = Objective(name, title, float(per_cent), float(bound) if bound else None)
    return found


def field(block: str, key: str) -> str | None:
    match = re.search(rf"^ +{key}: (.+)$", block, flags=re.MULTILINE)
    return match[1].strip() if match else None


OBJECTIVES = read()
AVAILABILITY, LATENCY, FRESHNESS, DEAD_LETTERS = (OBJECTIVES[name] for name in ("availability", "latency", "freshness", "dead-letters"))


def seconds(objective: Objective) -> float:
    """The bound of an objective about time."""
    if objective.bound is None:
        raise ValueError(f"the objective {objective.name} has no bound in seconds")
    return objective.bound
