"""Objectives and error budgets, from the recording rules that deploy/prometheus/slo.yml is turned into."""

from ..board import Board, Row
from ..links import GATEWAY, WORKER, Link
from ..objectives import OBJECTIVES, Objective
from ..panel import Bound, Panel, lines, number
from ..query import q

# The factors of the burn-rate alerts: those that page, and those that wait for the morning.
PAGE, TICKET = 14.4, 3
OF = {"availability": GATEWAY, "latency": GATEWAY, "freshness": WORKER, "dead-letters": WORKER}


def links(objective: Objective) -> tuple[Link, ...]:
    return OF.get(objective.name, (*GATEWAY, *WORKER))


def budget(objective: Objective) -> Panel:
    text = (
        f"Objective: {objective.per_cent:g} % of the {objective.title}. What is left of 30 days' budget; "
        f"below zero it is broken. A new stack knows only the time since it started."
    )
    return number(
        f"Budget left: {objective.name}",
        text,
        "percentunit",
        q(f'slo:period_error_budget_remaining:ratio{{slo="{objective.name}"}}'),
        Bound(0, "orange"),
        Bound(0.25, "green"),
        width=6,
        links=links(objective),
    )


def burn(objective: Objective) -> Panel:
    text = (
        f"How many times faster than allowed the budget goes. At 1 it lasts exactly 30 days; at {PAGE} in both the hour and the last five minutes "
        f"somebody is paged, at {TICKET} a ticket is written. ({objective.title})"
    )
    windows = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
    ask = [
        q(f'slo:sli_error:ratio_rate{window}{{slo="{objective.name}"}} / on (slo) slo:error_budget:ratio{{slo="{objective.name}"}}', window)
        for window in windows
    ]
    return lines(f"Burn rate: {objective.name}", text, "none", ask, Bound(TICKET, "orange"), Bound(PAGE), width=12, links=links(objective))


def bad(objective: Objective) -> Panel:
    text = f"Share of bad events in each window; the objective allows {objective.budget:.2%}. ({objective.title})"
    ask = [q(f'slo:sli_error:ratio_rate{window}{{slo="{objective.name}"}}', window) for window in ("5m", "1h", "1d", "30d")]
    return lines(f"Bad events: {objective.name}", text, "percentunit", ask, Bound(objective.budget), width=12, links=links(objective))


ALL = list(OBJECTIVES.values())
BOARD = Board(
    uid="farol-slo",
    title="Farol: objectives and error budgets",
    description=(
        "What users may expect over 30 days, how much of the permitted failure is spent, and how fast. The numbers come from deploy/prometheus/slo.yml."
    ),
    rows=[
        Row("Budgets of 30 days", [budget(objective) for objective in ALL]),
        *(Row(f"{objective.name}: {objective.title}", [burn(objective), bad(objective)]) for objective in ALL),
        Row(
            "How much is known",
            [
                lines(
                    "Events that count",
                    "Events a second that each objective judges. A burn rate over few events means little; the alerts have a least number.",
                    "cps",
                    q("slo:sli_events:rate5m", "{{slo}}"),
                    width=12,
                    links=[*GATEWAY, *WORKER],
                ),
                lines("Bad events", "Of those, the bad ones.", "cps", q("slo:sli_bad_events:rate5m", "{{slo}}"), width=12, links=[*GATEWAY, *WORKER]),
            ],
        ),
    ],
    since="now-6h",
    refresh="30s",
)
