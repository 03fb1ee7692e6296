"""A board: rows of panels laid out from left to right, the variables, annotations and links that every board has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .panel import PROMETHEUS, Panel
from .query import CHOSEN

Json = dict[str, Any]
COLUMNS = 24


@dataclass(frozen=True)
class Row:
    """A heading and what is below it."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Variable:
    """A choice at the top of a board: the values of a label, by default all of them."""

    name: str
    label: str
    query: str

    def json(self) -> Json:
        return {
            "name": self.name,
            "label": self.label,
            "type": "query",
            "datasource": PROMETHEUS,
            "query": {"query": self.query, "refId": self.name},
            "definition": self.query,
            "refresh": 2,
            "multi": True,
            "includeAll": True,
            "allValue": ".+",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
            "options": [],
            "sort": 1,
            "hide": 0,
        }


COPIES = [Variable(name, f"copies of the {name}", f'label_values(up{{job="{name}"}}, instance)') for name in CHOSEN]


@dataclass(frozen=True)
class Board:
    """One board. `of_services` adds the choice among the copies of gateway and worker, and the marks of deployments."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    of_services: bool = True
    variables: Sequence[Variable] = ()
    since: str = "now-15m"
    refresh: str = "5s"

    def json(self) -> Json:
        """As Grafana stores it, and as grafana/dashboards holds it."""
        variables = [*(COPIES if self.of_services else ()), *self.variables]
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["farol"],
            "editable": False,
            "graphTooltip": 1,
            "schemaVersion": 41,
            "version": 1,
            "refresh": self.refresh,
            "time": {"from": self.since, "to": "now"},
            "timezone": "browser",
            "links": [board_list()],
            "annotations": {"list": [alerts(), *(deployments() if self.of_services else [])]},
            "templating": {"list": [datasource_variable(), *(variable.json() for variable in variables)]},
            "panels": placed(self.rows),
        }


def placed(rows: Sequence[Row]) -> list[Json]:
    """The panels with ids in reading order; a panel that does not fit beside the others begins a new line."""
    found: list[Json] = []
    y = 0
    for row in rows:
        heading = {"h": 1, "w": COLUMNS, "x": 0, "y": y}
        found.append({"id": len(found) + 1, "type": "row", "title": row.title, "collapsed": False, "gridPos": heading, "panels": []})
        x, y, tallest = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            found.append(panel.json(len(found) + 1, x, y))
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return found


def datasource_variable() -> Json:
    """Which Prometheus: the provisioned one unless somebody chooses another."""
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "current": {"selected": True, "text": "Prometheus", "value": "prometheus"},
        "regex": "",
        "refresh": 1,
        "multi": False,
        "includeAll": False,
        "options": [],
        "hide": 0,
    }


def board_list() -> Json:
    """The other boards, with the same time and choices."""
    return {
        "type": "dashboards",
        "title": "Farol",
        "tags": ["farol"],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "icon": "external link",
        "url": "",
    }


def annotation(name: str, colour: str, expr: str, title: str, text: str) -> Json:
    return {
        "name": name,
        "datasource": PROMETHEUS,
        "enable": True,
        "hide": False,
        "iconColor": colour,
        "expr": expr,
        "titleFormat": title,
        "textFormat": text,
        "step": "15s",
        "useValueForTime": False,
    }


def alerts() -> Json:
    """What fired, and when."""
    expr = 'ALERTS{alertstate="firing", severity=~"critical|warning"}'
    return annotation("Alerts", "red", expr, "{{alertname}}", "{{severity}} {{job}}")


def deployments() -> list[Json]:
    """Starts of a service, and the first minute of a commit that did not run before."""
    started = 'changes(process_start_time_seconds{job=~"gateway|worker"}[30s]) > 0'
    deployed = (
        'count by (job, version, commit) (farol_build_info{job=~"gateway|worker"})'
        ' unless count by (job, version, commit) (farol_build_info{job=~"gateway|worker"} offset 1m)'
    )
    return [
        annotation("Deployments", "blue", deployed, "{{job}} {{version}}", "commit {{commit}}"),
        annotation("Restarts", "purple", started, "{{job}} started", "{{instance}}"),
    ]
