"""Golden signals: latency, traffic, errors and saturation of gateway and worker, the first board to open."""

from ..board import Board, Row
from ..links import GATEWAY, WORKER
from ..objectives import AVAILABILITY, FRESHNESS, seconds
from ..panel import Bound, number
from ..query import or_zero, q
from ..rows.latency import LATENCY_OF_SERVICES
from ..rows.saturation import SATURATION
from ..rows.traffic import ERRORS, TRAFFIC

NOW = Row(
    "Now",
    [
        number(
            "Parts that answer",
            "Share of the scrape targets that Prometheus reaches. Below 100 %: the Targets page says which is not.",
            "percentunit",
            q("avg(up)"),
            Bound(1, "green"),
            width=4,
        ),
        number(
            "Alerts",
            "Alerts that fire now, without the one that always does.",
            "none",
            q(or_zero('count(ALERTS{alertstate="firing", alertname!="Watchdog"})', "up")),
            Bound(1),
        ),
        number(
            "Available",
            f"Share of requests to POST /v1/events in the last five minutes not answered with 5xx; the objective is {AVAILABILITY.per_cent:g} %.",
            "percentunit",
            q('1 - slo:sli_error:ratio_rate5m{slo="availability"}'),
            Bound(1 - AVAILABILITY.budget, "green"),
            links=GATEWAY,
        ),
        number(
            "Waiting in Kafka",
            "Records acknowledged to a sender that the worker has not yet taken into its ledger.",
            "short",
            q("sum(farol_consumer_lag_records{<worker>})"),
            Bound(1_000, "orange"),
            Bound(10_000),
            links=WORKER,
        ),
        number(
            "Oldest waiting",
            f"Age of the oldest record not consumed yet. Above {seconds(FRESHNESS):g} s every event that is stored misses its objective.",
            "s",
            q("max(farol_oldest_unprocessed_seconds{<worker>})"),
            Bound(seconds(FRESHNESS)),
            links=WORKER,
        ),
        number(
            "Offset gaps",
            "Offsets between two records that hold none. Anything above zero is lost, or belongs to another producer's transaction.",
            "short",
            q("sum(farol_gaps_total{<worker>})"),
            Bound(1),
            links=WORKER,
        ),
    ],
)

BOARD = Board(
    uid="farol-golden-signals",
    title="Farol: golden signals",
    description="Latency, traffic, errors and saturation of the path of an event, from the request to the row. Dashed lines are the objectives.",
    rows=[NOW, LATENCY_OF_SERVICES, TRAFFIC, ERRORS, SATURATION],
)
