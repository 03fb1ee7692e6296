"""What every board has to keep, rule by rule: those of Grafana's dashboard linter that fit, and ours. A finding is words.

Each rule takes a board's JSON and yields (panel or variable, what is wrong). `offline` runs them and knows exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ..files import panels
from ..objectives import AVAILABILITY, DEAD_LETTERS, FRESHNESS, LATENCY
from ..query import CHOSEN
from .promql import Selector, selectors

Json = dict[str, Any]
Findings = Iterator[tuple[str, str]]
BOARD = "the board"
UNITS = {"none", "short", "percentunit", "s", "ms", "bytes", "Bps", "cps", "reqps", "pps"}
# Prometheus writes these about its targets and alerts; they have the job of what they are about, or none.
ABOUT_ALL = {"up", "ALERTS", "scrape_duration_seconds", "scrape_samples_post_metric_relabeling"}
COUNTER = re.compile(r"_(total|count|sum|bucket)$")
# Named like the counter of a histogram, and a number that goes up and down.
GAUGES = {"db_client_connection_count", "pg_stat_activity_count", "pg_locks_count"}
# A ratio or a number of series, or a change of a counter: all other uses of a counter only show that it grows.
OVER_TIME = re.compile(r"\b(rate|increase|irate|changes|count|topk)\s*(by \([^)]*\)\s*)?\(\s*$")


def queries(board: Json) -> Iterator[tuple[Json, Json]]:
    """(panel, target) of everything that is asked."""
    return ((panel, target) for panel in panels(board) for target in panel.get("targets", []))


def asked(board: Json) -> Iterator[tuple[str, Selector]]:
    """(panel's title, selector) of every metric that is asked for."""
    return ((panel["title"], selector) for panel, target in queries(board) for selector in selectors(target["expr"]))


def bounds(panel: Json) -> set[float]:
    """The values at which a panel changes its colour."""
    return {step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"] if step["value"] is not None}


def uneditable(board: Json) -> Findings:
    if board.get("editable") is not False:
        yield BOARD, "can be edited in the browser, and the edit would be lost"
    if not re.fullmatch(r"farol-[a-z-]{3,34}", board.get("uid", "")):
        yield BOARD, f"the uid {board.get('uid')!r} is not farol-<name>, by which links find it"


def template_datasource(board: Json) -> Findings:
    found = [variable for variable in board["templating"]["list"] if variable["type"] == "datasource"]
    if [(variable["name"], variable["query"]) for variable in found] != [("datasource", "prometheus")]:
        yield BOARD, "has not exactly one variable for its data source, `datasource` of type prometheus"


def template_instance(board: Json) -> Findings:
    """Who asks for gateway or worker can choose among their copies, by default all."""
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    wanted = {job for _, selector in asked(board) for job in selector.jobs() if job in CHOSEN and f"${job}" in str(selector.matchers)}
    for name in sorted(wanted - variables.keys()):
        yield BOARD, f"asks for ${name} and has no such variable"
    for name, variable in variables.items():
        if variable["type"] != "query":
            continue
        if not (variable["multi"] and variable["includeAll"] and variable["allValue"] == ".+"):
            yield name, "cannot be several or all (multi, includeAll, allValue .+)"
        if variable["datasource"]["uid"] != "${datasource}":
            yield name, "does not ask the chosen data source"
        if not re.fullmatch(r"label_values\([a-z_]+\{[^}]+\}, [a-z_]+\)", variable["query"]["query"]):
            yield name, f"{variable['query']['query']!r} is not label_values(selector, label)"


def template_time_range(board: Json) -> Findings:
    for variable in board["templating"]["list"]:
        if variable["type"] == "query" and variable["refresh"] != 2:
            yield variable["name"], "is not asked again when the time range changes"


def panel_datasource(board: Json) -> Findings:
    for panel in panels(board):
        for part in (panel, *panel.get("targets", [])):
            if part.get("datasource") != {"type": "prometheus", "uid": "${datasource}"}:
                yield panel["title"], "does not ask the chosen data source"
                break


def panel_targets(board: Json) -> Findings:
    for panel in panels(board):
        if not panel.get("targets"):
            yield panel["title"], "asks for nothing"


def panel_words(board: Json) -> Findings:
    places = list(zip(rows_of(board), (panel.get("title") for panel in panels(board))))
    for panel, place in zip(panels(board), places):
        title = panel.get("title") or f"panel {panel['id']}"
        if not panel.get("title"):
            yield title, "has no title"
        elif places.count(place) > 1:
            yield title, f"is there twice in the row {place[0]}"
        if not re.search(r"\w[.)% ]+$", panel.get("description") or ""):
            yield title, "has no description that is a sentence"


def rows_of(board: Json) -> list[str]:
    """The heading that each panel is below."""
    found: list[str] = []
    row = ""
    for panel in board["panels"]:
        if panel["type"] == "row":
            row = panel["title"]
        else:
            found.append(row)
    return found


def panel_units(board: Json) -> Findings:
    for panel in panels(board):
        unit = panel["fieldConfig"]["defaults"].get("unit")
        if unit not in UNITS:
            yield panel["title"], f"has the unit {unit!r}; boards use {', '.join(sorted(UNITS))}"


def panel_places(board: Json) -> Findings:
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in board["panels"]]
    for panel in board["panels"]:
        place = panel["gridPos"]
        own = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        if own & taken or place["x"] + place["w"] > 24:
            yield panel["title"], "lies over another panel, or beyond the edge"
        if ids.count(panel["id"]) > 1:
            yield panel["title"], f"shares its id {panel['id']}"
        taken |= own


def panel_links(board: Json) -> Findings:
    """A panel about a service leads to its traces or its logs."""
    for panel in panels(board):
        jobs = {job for target in panel.get("targets", []) for selector in selectors(target["expr"]) for job in selector.jobs()}
        links = [link["url"] for link in panel.get("links", [])]
        if jobs and jobs <= CHOSEN.keys() and len(jobs) == 1 and not any("jaeger" in url for url in links):
            yield panel["title"], f"is about the {jobs.pop()} and leads to none of its traces"
        for url in links:
            if not url.startswith("/explore?schemaVersion=1&panes=") or "${__from}" not in url or "${__to}" not in url:
                yield panel["title"], "has a link that does not keep the time"


def target_rate_interval(board: Json) -> Findings:
    for panel, target in queries(board):
        for function, window in re.findall(r"\b(rate|irate|increase)\([^\[\]]*\[([^\]]+)\]", target["expr"]):
            if window != "$__rate_interval" and not (function == "increase" and window == "$__range"):
                yield panel["title"], f"{function} over {window}, which does not follow the zoom"


def target_job(board: Json) -> Findings:
    for title, selector in asked(board):
        if selector.name in ABOUT_ALL or ":" in selector.name:
            continue
        if not selector.jobs():
            yield title, f"{selector.name} of whom? It names no job"


def target_instance(board: Json) -> Findings:
    for title, selector in asked(board):
        for job in selector.jobs():
            if job in CHOSEN and f"${job}" not in selector.matchers.get("instance", ("", ""))[1]:
                yield title, f'{selector.name} asks all copies: instance=~"${job}" is missing'


def target_counter(board: Json) -> Findings:
    for title, selector in asked(board):
        if selector.name in GAUGES:
            continue
        if COUNTER.search(selector.name) and ":" not in selector.name and not OVER_TIME.search(selector.before):
            yield title, f"{selector.name} is a counter, and only its rate or increase says something"


def target_absence(board: Json) -> Findings:
    """A metric that nobody exposes must stay empty, else no check can see that it is missing."""
    for panel, target in queries(board):
        if re.search(r"\bvector\(|\babsent", target["expr"]):
            yield panel["title"], "shows a number although its metric may not be there at all"


def objective_bounds(board: Json) -> Findings:
    """A panel about what an objective is about has its bound."""
    for panel, target in queries(board):
        expr, unit = target["expr"], panel["fieldConfig"]["defaults"].get("unit")
        wanted: dict[str, float] = {}
        if unit == "s" and "histogram_quantile" in expr and "farol_freshness_seconds" in expr:
            wanted = {"freshness": FRESHNESS.bound or 0}
        elif unit == "s" and 'http_route="/v1/events"' in expr and "http_server_request_duration_seconds" in expr:
            wanted = {"latency": LATENCY.bound or 0}
        elif unit == "percentunit" and '"5.."' in expr:
            wanted = {"availability": AVAILABILITY.budget}
        elif unit == "percentunit" and 'outcome="dead_lettered"' in expr:
            wanted = {"dead letters": DEAD_LETTERS.budget}
        for name, value in wanted.items():
            if value not in bounds(panel):
                yield panel["title"], f"lacks the bound {value:g} of the objective of {name}"


def deployments(board: Json) -> Findings:
    """Whoever looks at a service sees when another one was started."""
    if not {variable["name"] for variable in board["templating"]["list"]} & CHOSEN.keys():
        return
    text = " ".join(annotation["expr"] for annotation in board["annotations"]["list"])
    for name in ("farol_build_info", "process_start_time_seconds"):
        if name not in text:
            yield BOARD, f"marks no deployments by {name}"


Rule = Callable[[Json], Findings]
RULES: dict[str, Rule] = {
    "uneditable": uneditable,
    "template-datasource": template_datasource,
    "template-instance": template_instance,
    "template-on-time-change-reload": template_time_range,
    "panel-datasource": panel_datasource,
    "panel-no-targets": panel_targets,
    "panel-title-description": panel_words,
    "panel-units": panel_units,
    "panel-places": panel_places,
    "panel-links": panel_links,
    "target-rate-interval": target_rate_interval,
    "target-job": target_job,
    "target-instance": target_instance,
    "target-counter-agg": target_counter,
    "target-absence": target_absence,
    "objective-bounds": objective_bounds,
    "deployments": deployments,
}
