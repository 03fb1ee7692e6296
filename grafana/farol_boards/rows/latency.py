"""Latency of gateway and worker, and whose time it is."""

from ..board import Row
from ..links import GATEWAY, WORKER
from ..objectives import FRESHNESS, LATENCY, seconds
from ..panel import Bound, heatmap, lines
from ..query import q, quantiles

POSTS = '<gateway>, http_request_method="POST", http_route="/v1/events"'
REQUESTS = "http_server_request_duration_seconds"
SPANS = "traces_span_metrics_duration_seconds"

LATENCY_OF_SERVICES = Row(
    "Latency",
    [
        lines(
            "POST /v1/events, as the gateway answers it",
            f"From the first byte of the request to the last of the answer, which is sent when Kafka has acknowledged. "
            f"{LATENCY.per_cent:g} % of the accepted have to be below the dashed line.",
            "s",
            quantiles(REQUESTS, POSTS, 0.5, 0.95, 0.99),
            Bound(seconds(LATENCY)),
            width=12,
            links=GATEWAY,
        ),
        lines(
            "99th percentile by span, with traces",
            "Each kind of span as the collector measured it. A dot is a trace: click it to open that trace.",
            "s",
            q(
                f"histogram_quantile(0.99, sum by (le, service_name, span_name) (rate({SPANS}_bucket{{<span-metrics>}}[~])))",
                "{{service_name}} {{span_name}}",
                exemplars=True,
            ),
            Bound(seconds(LATENCY)),
            width=12,
            links=[GATEWAY[0], WORKER[0]],
        ),
        lines(
            "Whose time is it?",
            "The 99th percentile of an acknowledged request by who spends it: our code, the wait in the Kafka client's queue, "
            "the round trip to the broker. Quantiles do not add up; the tallest says where to look.",
            "s",
            [
                *quantiles("farol_own_code_duration_seconds", "<gateway>", 0.99),
                q('max(farol_kafka_queue_wait_seconds{<gateway>, quantile="0.99"})', "waiting in the Kafka client"),
                q('max(farol_kafka_round_trip_seconds{<gateway>, quantile="0.99"})', "round trip to the broker"),
            ],
            Bound(seconds(LATENCY)),
            width=12,
            links=GATEWAY,
        ),
        lines(
            "Kafka's acknowledgement",
            "From handing an event to the Kafka client to the acknowledgement of all in-sync replicas.",
            "s",
            quantiles("messaging_client_operation_duration_seconds", '<gateway>, messaging_operation_name="send"', 0.5, 0.99),
            Bound(seconds(LATENCY)),
            width=12,
            links=GATEWAY,
        ),
        lines(
            "From received to stored",
            f"Freshness: from the gateway receiving an event to the commit of its row. {FRESHNESS.per_cent:g} % have to be below the dashed line.",
            "s",
            quantiles("farol_freshness_seconds", "<worker>", 0.5, 0.95, 0.99),
            Bound(seconds(FRESHNESS)),
            width=12,
            links=WORKER,
        ),
        heatmap(
            "From received to stored, every event",
            "The same as a map: darker cells hold more events.",
            "s",
            q("sum by (le) (increase(farol_freshness_seconds_bucket{<worker>}[~]))", "{{le}}"),
            width=12,
            links=WORKER,
        ),
        lines(
            "Other routes of the gateway, 99th percentile",
            "Look-ups, listings, health and the rest, each with its own line.",
            "s",
            q(f'histogram_quantile(0.99, sum by (le, http_route) (rate({REQUESTS}_bucket{{<gateway>, http_route!="/v1/events"}}[~])))', "{{http_route}}"),
            width=12,
            links=GATEWAY,
        ),
        lines(
            "The worker's statements in PostgreSQL",
            "99th percentile by statement.",
            "s",
            quantiles("db_client_operation_duration_seconds", "<worker>", 0.99, by="db_query_summary"),
            width=12,
            links=WORKER,
        ),
    ],
)
