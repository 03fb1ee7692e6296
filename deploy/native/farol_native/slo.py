"""The SLO rules: recording rules and burn-rate alerts, multi-window as in the SRE workbook, from deploy/prometheus/slo.yml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .alerting import load_yaml, rules_folder, runbook_url
from .component import StackError
from .context import Context

HEADER = """\
# Written by `make alerts-write` from deploy/prometheus/slo.yml: change that file, not this one.
groups:
"""
# A window's ratio is asked for again as often as it can have moved.
SHORT, LONG = ("5m", "30m", "1h", "2h", "6h"), ("1d", "3d")
LONG_INTERVAL = "1m"


@dataclass(frozen=True)
class Burn:
    """Burning `factor` times as fast as the objective allows, over the long window and still in the short one."""

    factor: float
    long: str
    short: str


# Share of a 30 days' budget that is gone by then: 2 %, 5 %; 10 %, 10 %.
SEVERITIES = {
    "critical": (Burn(14.4, "1h", "5m"), Burn(6, "6h", "30m")),
    "warning": (Burn(3, "1d", "2h"), Burn(1, "3d", "6h")),
}


@dataclass(frozen=True)
class Slo:
    """One objective, checked."""

    name: str
    alert: str
    job: str
    objective: float
    minimum_events: int
    title: str
    total: str
    bad: str | None
    good: str | None
    bound: float | None

    @property
    def budget(self) -> str:
        """The share of events that may be bad."""
        return number((100 - self.objective) / 100)

    def events(self, function: str, window: str) -> str:
        return f"sum({function}({self.total}[{window}]))"

    def bad_events(self, function: str, window: str) -> str:
        """Zero, not nothing, where no series of a bad event exists yet."""
        total = self.events(function, window)
        if self.bad is not None:
            return f"(sum({function}({self.bad}[{window}])) or 0 * {total})"
        return f"({total} - sum({function}({self.good}[{window}])))"


def target(ctx: Context) -> Path:
    return rules_folder(ctx) / "slo.yml"


def rendered(ctx: Context) -> str:
    """The whole rules file."""
    period, slos = read(ctx, ctx.root / "deploy/prometheus/slo.yml")
    return HEADER + "\n".join(group for slo in slos for group in groups(slo, period))


def read(ctx: Context, path: Path) -> tuple[int, list[Slo]]:
    """(days, objectives); StackError with the name of one that is not complete."""
    file = load_yaml(ctx, path)
    return int(file["period_days"]), [parsed(entry) for entry in file["slos"]]


def parsed(entry: Mapping[str, Any]) -> Slo:
    name = entry.get("name", "an objective without a name")
    optional = {"bad", "good", "bound"}
    known = set(Slo.__dataclass_fields__)
    wrong = sorted((known - optional - entry.keys()) | (entry.keys() - known))
    if wrong:
        raise StackError(f"slo.yml: {name}: missing or unknown: {', '.join(wrong)}")
    if ("bad" in entry) == ("good" in entry):
        raise StackError(f"slo.yml: {name}: needs one of bad and good")
    if not 0 < entry["objective"] < 100:
        raise StackError(f"slo.yml: {name}: objective is a percentage below 100")
    return Slo(**{field: entry.get(field) for field in known})


def groups(slo: Slo, period: int) -> Iterator[str]:
    """What is cheap and urgent apart from what looks back for days."""
    facts = [
        ("slo:objective:ratio", f"vector({number(slo.objective / 100)})"),
        ("slo:error_budget:ratio", f"vector({slo.budget})"),
        ("slo:time_period:days", f"vector({period})"),
        ("slo:sli_events:rate5m", slo.events("rate", "5m")),
        ("slo:sli_bad_events:rate5m", slo.bad_events("rate", "5m")),
    ]
    burn = ("slo:current_burn_rate:ratio", f"{of('slo:sli_error:ratio_rate5m', slo)} / {slo.budget}")
    windows = {window: [ratio(slo, window), *guards(slo, window)] for window in (*SHORT, *LONG)}
    short = [*facts, *(rule for window in SHORT for rule in windows[window]), burn]
    long = [*(rule for window in LONG for rule in windows[window]), *period_rules(slo, period)]
    yield group(f"slo-{slo.name}", None, [recording(slo, *rule) for rule in short])
    yield group(f"slo-{slo.name}-days", LONG_INTERVAL, [recording(slo, *rule) for rule in long])
    yield group(f"slo-{slo.name}-alerts", None, [alert(slo, severity, period) for severity in SEVERITIES])


def ratio(slo: Slo, window: str) -> tuple[str, str]:
    """Nothing, not NaN, where there were no events."""
    return f"slo:sli_error:ratio_rate{window}", f"{slo.bad_events('rate', window)} / ({slo.events('rate', window)} > 0)"


def guards(slo: Slo, window: str) -> list[tuple[str, str]]:
    longs = {burn.long for burns in SEVERITIES.values() for burn in burns}
    return [(f"slo:sli_events:increase{window}", slo.events("increase", window))] if window in longs else []


def period_rules(slo: Slo, period: int) -> list[tuple[str, str]]:
    """From recorded rates: a month of raw samples is too much to read each minute. Weighted by events, as it must be."""
    days = f"{period}d"
    bad, events = (f"sum_over_time({of(f'slo:{name}:rate5m', slo)}[{days}])" for name in ("sli_bad_events", "sli_events"))
    return [
        (f"slo:sli_error:ratio_rate{days}", f"{bad} / ({events} > 0)"),
        ("slo:period_burn_rate:ratio", f"{of(f'slo:sli_error:ratio_rate{days}', slo)} / {slo.budget}"),
        ("slo:period_error_budget_remaining:ratio", f"1 - {of('slo:period_burn_rate:ratio', slo)}"),
    ]


def of(name: str, slo: Slo) -> str:
    return f'{name}{{slo="{slo.name}"}}'


def number(value: float) -> str:
    """Without the tail that binary fractions leave."""
    return f"{value:.10g}"


def group(name: str, interval: str | None, rules: list[str]) -> str:
    return f"  - name: {name}\n" + (f"    interval: {interval}\n" if interval else "") + "    rules:\n" + "\n".join(rules)


def recording(slo: Slo, record: str, expression: str) -> str:
    return f"""\
      - record: {record}
        expr: >-
          {expression}
        labels: {{ slo: {slo.name}, job: {slo.job} }}
"""


def alert(slo: Slo, severity: str, period: int) -> str:
    expression = "\n          or ".join(burning(slo, burn) for burn in SEVERITIES[severity])
    burns = " or ".join(f"{number(burn.factor)} times as fast as it may (over {burn.long} and {burn.short})" for burn in SEVERITIES[severity])
    return f"""\
      - alert: {slo.alert}
        expr: >-
          {expression}
        labels:
          severity: {severity}
        annotations:
          summary: "{slo.name}: the error budget burns too fast; {{{{ $value | humanizePercentage }}}} is bad now"
          description: >-
            Over {period} days, {number(slo.objective)} % must be so: {slo.title}.
            The budget for the rest burns more than {burns}.
          runbook_url: {runbook_url(slo.alert)}
"""


def burning(slo: Slo, burn: Burn) -> str:
    bound = f"({number(burn.factor)} * {slo.budget})"
    short, long = (of(f"slo:sli_error:ratio_rate{window}", slo) for window in (burn.short, burn.long))
    enough = f"{of(f'slo:sli_events:increase{burn.long}', slo)} >= {slo.minimum_events}"
    return f"({short} > {bound} and {long} > {bound} and {enough})"
