"""The kinds of panels, as Grafana's JSON: a number, lines, bars, a heatmap. Knows nothing of what they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .links import Link
from .query import Query

PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
Json = dict[str, Any]


@dataclass(frozen=True)
class Bound:
    """From this value on a panel turns this colour."""

    value: float
    colour: str = "red"


@dataclass(frozen=True)
class Panel:
    """One panel. `looks` is what differs between the kinds; the board gives it an id and a place."""

    kind: str
    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    bounds: Sequence[Bound] = ()
    links: Sequence[Link] = ()
    width: int = 8
    height: int = 8
    instant: bool = False
    looks: Json = field(default_factory=dict)
    options: Json = field(default_factory=dict)
    low: float | None = None
    high: float | None = None

    def json(self, number: int, x: int, y: int) -> Json:
        """As Grafana stores it."""
        defaults: Json = {"unit": self.unit, "thresholds": self.thresholds(), **self.looks}
        if self.low is not None:
            defaults["min"] = self.low
        if self.high is not None:
            defaults["max"] = self.high
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": PROMETHEUS,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "links": [link.json() for link in self.links],
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": self.options,
            "targets": [self.target(index, query) for index, query in enumerate(self.queries)],
        }

    def thresholds(self) -> Json:
        # Where more is better the last bound is the green one, and what is below all bounds is red.
        rising = bool(self.bounds) and self.bounds[-1].colour == "green"
        steps: list[Json] = [{"color": "red" if rising else "green", "value": None}]
        steps += [{"color": bound.colour, "value": bound.value} for bound in self.bounds]
        return {"mode": "absolute", "steps": steps}

    def target(self, index: int, query: Query) -> Json:
        target: Json = {
            "refId": chr(ord("A") + index),
            "datasource": PROMETHEUS,
            "editorMode": "code",
            "expr": query.expr,
            "legendFormat": query.legend,
            "format": "heatmap" if self.kind == "heatmap" else "time_series",
            "range": not self.instant,
            "instant": self.instant,
        }
        return target | ({"exemplar": True} if query.exemplars else {})


def number(title: str, description: str, unit: str, query: Query, *bounds: Bound, **more: Any) -> Panel:
    """The present value, its colour from the bounds."""
    options = {
        "colorMode": "background" if bounds else "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "textMode": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    looks = {"color": {"mode": "thresholds"}}
    size = {"width": 4, "height": 4} | more
    return Panel("stat", title, description, unit, [query], bounds, instant=True, looks=looks, options=options, **size)


def lines(title: str, description: str, unit: str, queries: Query | Sequence[Query], *bounds: Bound, stacked: bool = False, **more: Any) -> Panel:
    """Values over time; each bound is a dashed line."""
    custom = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 25 if stacked else 5,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if bounds else "off"},
    }
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    looks = {"custom": custom, "color": {"mode": "palette-classic"}}
    given = [queries] if isinstance(queries, Query) else list(queries)
    return Panel("timeseries", title, description, unit, given, bounds, looks=looks, options=options, **({"low": 0} | more))


def bars(title: str, description: str, unit: str, query: Query, **more: Any) -> Panel:
    """The largest values of the present, longest bar first as the query sorts them."""
    options = {
        "orientation": "horizontal",
        "displayMode": "gradient",
        "valueMode": "color",
        "showUnfilled": True,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    looks = {"color": {"mode": "continuous-BlPu"}}
    return Panel("bargauge", title, description, unit, [query], instant=True, looks=looks, options=options, **({"low": 0} | more))


def heatmap(title: str, description: str, unit: str, query: Query, **more: Any) -> Panel:
    """How a histogram's buckets fill over time."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5, "fill": "dark-orange", "reverse": False},
        "exemplars": {"color": "rgba(31, 120, 193, 0.9)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "unit": unit},
    }
    return Panel("heatmap", title, description, unit, [query], options=options, **more)
