"""What Prometheus and Alertmanager say about one alert, and how long one has to wait until they say something else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..smoke_session import Session


@dataclass(frozen=True)
class Expected:
    """An alert by its name and some of its labels."""

    alert: str
    labels: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, alert: str, **labels: str) -> Expected:
        return cls(alert, tuple(labels.items()))

    def matches(self, labels: dict[str, str]) -> bool:
        return labels.get("alertname") == self.alert and all(labels.get(name) == value for name, value in self.labels)

    def __str__(self) -> str:
        return f"{self.alert}{{{', '.join(f'{name}={value}' for name, value in self.labels)}}}"


class Watch:
    """Asks both."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def fires(self, expected: Expected) -> bool:
        """By Prometheus; `pending` is not yet firing."""
        found = json.loads(self.session.text("FAROL_PROMETHEUS_URL", "/api/v1/alerts"))["data"]["alerts"]
        return any(expected.matches(alert["labels"]) and alert["state"] == "firing" for alert in found)

    def state(self, expected: Expected) -> str | None:
        """By Alertmanager: `active`, `suppressed` (another one explains it), or nothing."""
        found = json.loads(self.session.text("FAROL_ALERTMANAGER_URL", "/api/v2/alerts"))
        states = {alert["status"]["state"] for alert in found if expected.matches(alert["labels"])}
        return "active" if "active" in states else next(iter(states), None)

    def until_told(self, expected: Expected, seconds: float) -> tuple[float, float]:
        """Waits until both have it; how long each took."""
        began = time.monotonic()
        fired = self._after(began, seconds, f"{expected} fires in Prometheus", lambda: self.fires(expected))
        told = self._after(began, seconds + 30, f"{expected} is active in Alertmanager", lambda: self.state(expected) == "active")
        return fired, told

    def until_over(self, expected: Expected, seconds: float, began: float) -> tuple[float, float]:
        """Waits until neither has it; how long each took since `began`."""
        over = self._after(began, seconds, f"{expected} no longer fires in Prometheus", lambda: not self.fires(expected))
        gone = self._after(began, seconds + 60, f"{expected} is resolved in Alertmanager", lambda: self.state(expected) is None)
        return over, gone

    def _after(self, began: float, seconds: float, what: str, holds: Callable[[], bool]) -> float:
        self.session.wait(began + seconds - time.monotonic(), what, lambda: holds() or None)
        return time.monotonic() - began
