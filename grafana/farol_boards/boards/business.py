"""What is sent: events by type, source and producer.

Services label nothing by what senders choose. The collector counts PRODUCER spans by these three attributes, at most
500 combinations, and one series takes the rest. Where only a share of the requests is traced, spans give the shares and
the gateway's own counter gives the amount; so every number here is that counter times a share.
"""

from ..board import Board, Row
from ..links import GATEWAY
from ..panel import Bound, bars, lines, number
from ..query import or_zero, q

EVENTS = 'traces_events_calls_total{<span-metrics>, span_kind="SPAN_KIND_PRODUCER"}'
ACCEPTED = 'farol_events_total{<gateway>, outcome="accepted"}'
SAMPLED = "Counted from spans: exact where every request is traced, an estimate from the sampled ones where not."


def estimated(label: str, function: str, window: str) -> str:
    """Accepted events by a label: their exact number, divided as the spans are."""
    by = f"sum by ({label}) ({function}({EVENTS}[{window}]))"
    return f"{by} / scalar(sum({function}({EVENTS}[{window}]))) * scalar(sum({function}({ACCEPTED}[{window}])))"


def board_row(label: str, name: str, text: str) -> Row:
    legend = f"{{{{{label}}}}}"
    return Row(
        f"By {name}",
        [
            lines(
                f"Events by {name}",
                f"{text} The ten with most. {SAMPLED}",
                "cps",
                q(f"topk(10, {estimated(label, 'rate', '$__rate_interval')})", legend),
                stacked=True,
                width=14,
                links=GATEWAY,
            ),
            bars(
                f"Most events, by {name}",
                f"In the time the board shows. {SAMPLED}",
                "short",
                q(f"sort_desc(topk(10, {estimated(label, 'increase', '$__range')}))", legend),
                width=10,
                links=GATEWAY,
            ),
        ],
    )


TOTALS = Row(
    "All events",
    [
        number("Accepted", "Events acknowledged in the time the board shows.", "short", q(f"sum(increase({ACCEPTED}[$__range]))"), links=GATEWAY),
        number("Types", "Different types among the counted spans.", "none", q(f"count(count by (cloudevents_event_type) ({EVENTS}))")),
        number("Sources", "Different sources among the counted spans.", "none", q(f"count(count by (cloudevents_event_source) ({EVENTS}))")),
        number("Producers", "Different keys among the counted spans.", "none", q(f"count(count by (farol_producer) ({EVENTS}))")),
        number(
            "Not told apart",
            "Spans beyond the 500 combinations of type, source and producer, in the time the board shows. Above zero the lists below are not whole.",
            "short",
            q(or_zero('sum(increase(traces_events_calls_total{<span-metrics>, otel_metric_overflow="true"}[$__range]))', f"increase({EVENTS}[$__range])")),
            Bound(1, "orange"),
        ),
        number(
            "Traced",
            "Share of the accepted events whose spans were counted, in the time the board shows.",
            "percentunit",
            q(f"sum(increase({EVENTS}[$__range])) / (sum(increase({ACCEPTED}[$__range])) > 0)"),
            links=GATEWAY,
        ),
        lines(
            "Events by outcome",
            "What became of what was sent, as the gateway counts it.",
            "cps",
            q("sum by (outcome) (rate(farol_events_total{<gateway>}[~]))", "{{outcome}}"),
            width=12,
            links=GATEWAY,
        ),
        lines(
            "Rows, duplicates, dead letters",
            "What became of it in the end, as the worker counts it.",
            "cps",
            q("sum by (outcome) (rate(farol_records_total{<worker>}[~]))", "{{outcome}}"),
            width=12,
            links=GATEWAY,
        ),
    ],
)

BOARD = Board(
    uid="farol-business",
    title="Farol: events by type, source and producer",
    description="What is sent by whom. Deployments and restarts of the services are marked.",
    rows=[
        TOTALS,
        board_row("cloudevents_event_type", "type", "The CloudEvents attribute `type`."),
        board_row("cloudevents_event_source", "source", "The CloudEvents attribute `source`."),
        board_row("farol_producer", "producer", "The name that the sender's key has."),
    ],
    since="now-1h",
    refresh="30s",
)
