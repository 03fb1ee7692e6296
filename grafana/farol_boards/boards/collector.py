"""Collector, Jaeger, Prometheus and Alertmanager: whether what the other boards show can be believed."""

from ..board import Board, Row
from ..panel import Bound, lines, number
from ..query import or_zero, q

SPANS = Row(
    "Spans through the collector",
    [
        number("Collector", "Whether Prometheus reaches it.", "none", q("min(up{<otel-collector>})"), Bound(1, "green"), width=6),
        number(
            "Queue to Jaeger",
            "Spans that wait, of those the queue holds. When it is full the collector refuses, and the services drop.",
            "percentunit",
            q("max(otelcol_exporter_queue_size{<otel-collector>} / otelcol_exporter_queue_capacity{<otel-collector>})"),
            Bound(0.5, "orange"),
            Bound(0.9),
            width=6,
        ),
        number(
            "Lost",
            "Spans that the collector gave up, or had no room for, in the time the board shows.",
            "short",
            q(
                " + ".join(
                    "(" + or_zero(f"sum(increase(otelcol_exporter_{name}_failed_spans_total{{<otel-collector>}}[$__range]))", "up{<otel-collector>}") + ")"
                    for name in ("send", "enqueue")
                )
            ),
            Bound(1),
            width=6,
        ),
        number("Running for", "Since the collector started.", "s", q("max(otelcol_process_uptime_seconds_total{<otel-collector>})"), width=6),
        lines(
            "In and out",
            "Received, and handed to Jaeger. Each span is measured and stored, so the receiver counts it once.",
            "cps",
            [
                q("sum(rate(otelcol_receiver_accepted_spans_total{<otel-collector>}[~]))", "received"),
                q("sum by (exporter) (rate(otelcol_exporter_sent_spans_total{<otel-collector>}[~]))", "sent by {{exporter}}"),
            ],
            width=12,
        ),
        lines(
            "Refused and failed",
            "Refused: above the memory limit or the queue is full, and the sender tries again. Failed: an error of the receiver.",
            "cps",
            [
                q("sum(rate(otelcol_receiver_refused_spans_total{<otel-collector>}[~]))", "refused"),
                q("sum(rate(otelcol_receiver_failed_spans_total{<otel-collector>}[~]))", "failed"),
                q(
                    or_zero(
                        "sum by (exporter) (rate(otelcol_exporter_send_failed_spans_total{<otel-collector>}[~]))",
                        "rate(otelcol_receiver_accepted_spans_total{<otel-collector>}[~])",
                    ),
                    "not sent by {{exporter}}",
                ),
            ],
            Bound(0.001, "orange"),
            width=12,
        ),
        lines(
            "Queue",
            "Spans that wait for Jaeger, and the most that may.",
            "short",
            [
                q("sum by (exporter) (otelcol_exporter_queue_size{<otel-collector>})", "{{exporter}}"),
                q("max(otelcol_exporter_queue_capacity{<otel-collector>})", "the most"),
            ],
            width=12,
        ),
        lines(
            "Memory",
            "Resident memory; the collector refuses spans from 384 MiB of heap on, less a reserve of 96 MiB.",
            "bytes",
            [
                q("max(otelcol_process_memory_rss_bytes{<otel-collector>})", "resident"),
                q("max(otelcol_process_runtime_heap_alloc_bytes{<otel-collector>})", "heap"),
            ],
            Bound(288 * 1024**2, "orange"),
            Bound(384 * 1024**2),
            width=12,
        ),
        lines("Processor", "Cores in use.", "none", q("sum by (job) (rate(otelcol_process_cpu_seconds_total{<tracing>}[~]))", "{{job}}"), width=12),
        lines(
            "Span metrics",
            "Series that come from spans. Each connector has its own limit, above which one series takes the rest.",
            "short",
            [
                q("count(traces_span_metrics_calls_total{<span-metrics>})", "kinds of spans"),
                q("count(traces_events_calls_total{<span-metrics>})", "kinds of events"),
                q("count(traces_service_graph_request_total{<span-metrics>})", "edges between services"),
            ],
            width=12,
        ),
    ],
)

JAEGER = Row(
    "Jaeger",
    [
        lines("Spans stored", "As Jaeger takes them from the collector.", "cps", q("sum(rate(otelcol_exporter_sent_spans_total{<jaeger>}[~]))", "stored")),
        lines(
            "Spans it could not store",
            "Failed writes.",
            "cps",
            q(
                or_zero("sum(rate(otelcol_exporter_send_failed_spans_total{<jaeger>}[~]))", "rate(otelcol_receiver_accepted_spans_total{<jaeger>}[~])"),
                "failed",
            ),
            Bound(0.001, "orange"),
        ),
        lines(
            "Memory",
            "The memory store keeps a fixed number of traces; the limiter refuses spans from 1 GiB of heap on.",
            "bytes",
            q("max(otelcol_process_memory_rss_bytes{<jaeger>})", "resident"),
            Bound(1024**3),
        ),
    ],
)

PROMETHEUS = Row(
    "Prometheus and Alertmanager",
    [
        lines("Samples", "Taken in a second, by all scrapes.", "cps", q("sum(rate(prometheus_tsdb_head_samples_appended_total{<prometheus>}[~]))", "samples")),
        lines("Series", "In memory. A jump is a label that grows.", "short", q("max(prometheus_tsdb_head_series{<prometheus>})", "series")),
        lines("Slowest scrape", "By job; the scrape gives up after 4 s.", "s", q("max by (job) (scrape_duration_seconds)", "{{job}}"), Bound(4)),
        lines(
            "Rules that fail",
            "Evaluations with an error: an alert that depends on one is blind.",
            "cps",
            q("sum(rate(prometheus_rule_evaluation_failures_total{<prometheus>}[~]))", "failures"),
            Bound(0.001),
        ),
        lines(
            "Notifications",
            "Sent to Alertmanager and dropped on the way.",
            "cps",
            [
                q("sum(rate(prometheus_notifications_sent_total{<prometheus>}[~]))", "sent"),
                q("sum(rate(prometheus_notifications_dropped_total{<prometheus>}[~]))", "dropped"),
            ],
        ),
        lines(
            "Alertmanager's messages",
            "Sent to people, and those that failed, all receivers together.",
            "cps",
            [
                q("sum(rate(alertmanager_notifications_total{<alertmanager>}[~]))", "sent"),
                q("sum(rate(alertmanager_notifications_failed_total{<alertmanager>}[~]))", "failed"),
            ],
        ),
        lines(
            "Samples a target gives",
            "Beside each job's limit in prometheus.yml, above which the whole scrape is thrown away.",
            "short",
            q("max by (job) (scrape_samples_post_metric_relabeling)", "{{job}}"),
            width=12,
        ),
        lines(
            "Size on disk",
            "Of Prometheus' blocks, and the size above which the oldest go before their seven days are over.",
            "bytes",
            [q("max(prometheus_tsdb_storage_blocks_bytes{<prometheus>})", "blocks"), q("max(prometheus_tsdb_retention_limit_bytes{<prometheus>})", "the most")],
            width=12,
        ),
    ],
)

BOARD = Board(
    uid="farol-collector",
    title="Farol: collector and its friends",
    description="Whether spans and samples arrive, and what is lost on their way.",
    rows=[SPANS, JAEGER, PROMETHEUS],
    of_services=False,
)
