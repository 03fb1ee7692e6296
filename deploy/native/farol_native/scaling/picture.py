"""Three curves under each other as SVG: the load, the gateways with their CPU, the workers with their lag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from .simulation import Moment

WIDTH, PANEL, LEFT, RIGHT, TOP, GAP = 860, 150, 70, 70, 62, 44
INK, QUIET, GRID = "#1f2733", "#6b7685", "#dde1e6"
FIRST, SECOND = "#1f6fb4", "#e07b00"
Series = tuple[str, Callable[[Moment], float], str]

PANELS: tuple[tuple[Series, Series | None], ...] = (
    (("events per second", lambda moment: moment.events_per_second, "{:.0f}"), None),
    (("gateways", lambda moment: moment.gateways, "{:.0f}"), ("CPU, % of the request", lambda moment: moment.gateway_utilization * 100, "{:.0f} %")),
    (("workers", lambda moment: moment.workers, "{:.0f}"), ("lag, records", lambda moment: moment.lag, "{:.0f}")),
)


def draw(moments: Sequence[Moment], title: str, note: str) -> str:
    """The whole picture."""
    height = TOP + len(PANELS) * (PANEL + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text(LEFT, 24, title, 16, INK),
        text(LEFT, 43, note, 11, QUIET),
    ]
    for index, (one, other) in enumerate(PANELS):
        parts += panel(moments, TOP + index * (PANEL + GAP) + 14, one, other)
    return "\n".join([*parts, "</svg>\n"])


def panel(moments: Sequence[Moment], top: float, one: Series, other: Series | None) -> list[str]:
    end = moments[-1].second
    parts = [f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{PANEL}" fill="none" stroke="{GRID}"/>']
    for minute in range(0, end // 60 + 1, max(1, end // 600)):
        x = across(minute * 60, end)
        parts.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + PANEL}" stroke="{GRID}"/>')
        parts.append(text(x, top + PANEL + 13, f"{minute} min", 10, QUIET, "middle"))
    for series, colour, side in ((other, SECOND, "end"), (one, FIRST, "start")):
        if series:
            parts += curve(moments, top, series, colour, side)
    return parts


def curve(moments: Sequence[Moment], top: float, series: Series, colour: str, side: str) -> list[str]:
    """One line with its own scale: of the first series on the left, of the second on the right."""
    name, value, form = series
    most = max(max(value(moment) for moment in moments), 1.0) * 1.1
    points = " ".join(f"{across(moment.second, moments[-1].second):.1f},{top + PANEL - value(moment) / most * PANEL:.1f}" for moment in thinned(moments))
    x, anchor, label = (LEFT, "end", -6) if side == "start" else (WIDTH - RIGHT, "start", 6)
    marks = [text(x + label, top + PANEL - share * PANEL + 4, form.format(most * share), 10, colour, anchor) for share in (0, 0.5, 1)]
    return [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>', *marks, text(x, top - 6, name, 11, colour, side)]


def thinned(moments: Sequence[Moment]) -> list[Moment]:
    """As many points as can be told apart."""
    every = max(1, len(moments) // 700)
    return [moment for moment in moments if moment.second % every == 0 or moment is moments[-1]]


def across(second: float, end: int) -> float:
    return LEFT + second / end * (WIDTH - LEFT - RIGHT)


def text(x: float, y: float, words: str, size: int, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">{escape(words)}</text>'
