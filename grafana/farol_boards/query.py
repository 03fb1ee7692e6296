"""One PromQL query of a panel, and the words that queries share: who is asked, over which time."""

from __future__ import annotations

from dataclasses import dataclass

# `{<gateway>}` in a query is the selector of that part. Gateway and worker run in several copies, which a board can
# choose among; of the others there is one of each, or a few that are looked at together.
CHOSEN = {name: f'job="{name}", instance=~"${name}"' for name in ("gateway", "worker")}
PARTS = ("kafka", "postgres", "redis", "node", "otel-collector", "span-metrics", "jaeger", "prometheus", "alertmanager")
TOGETHER = {"services": 'job=~"gateway|worker", instance=~"$gateway|$worker"', "tracing": 'job=~"otel-collector|jaeger"'}
SELECTORS = CHOSEN | TOGETHER | {name: f'job="{name}"' for name in PARTS}
RANGE = "[$__rate_interval]"


@dataclass(frozen=True)
class Query:
    """What is asked, and how its series are called. With `exemplars` the dots of traces come along."""

    expr: str
    legend: str = ""
    exemplars: bool = False


def q(expr: str, legend: str = "", *, exemplars: bool = False) -> Query:
    """A query; `<part>` stands for the part's selector and `[~]` for the interval that fits the zoom."""
    for part, selector in SELECTORS.items():
        expr = expr.replace(f"<{part}>", selector)
    return Query(expr.replace("[~]", RANGE), legend, exemplars)


def quantiles(histogram: str, where: str, *wanted: float, by: str = "", exemplars: bool = False) -> list[Query]:
    """One query per quantile of a histogram; `by` names a label that keeps its own line."""
    labels = ", ".join(["le", *([by] if by else [])])
    return [
        q(
            f"histogram_quantile({quantile:g}, sum by ({labels}) (rate({histogram}_bucket{{{where}}}[~])))",
            f"{{{{{by}}}}} p{quantile * 100:g}" if by else f"p{quantile * 100:g}",
            exemplars=exemplars,
        )
        for quantile in wanted
    ]


def or_zero(expr: str, witness: str) -> str:
    """Nothing where there was no failure is drawn as zero, but only while `witness` shows that somebody would have counted.

    `vector(0)` would be zero for a metric that is not there at all, and the live check could never fail.
    """
    return f"{expr} or 0 * sum({witness})"
