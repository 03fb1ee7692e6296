"""Kafka, PostgreSQL and Redis: how used, how saturated, how often they fail, from outside and from our own calls."""

from ..board import Board, Row
from ..links import GATEWAY, WORKER
from ..objectives import LATENCY, seconds
from ..panel import Bound, lines, number
from ..query import q, quantiles
from ..rows.redis import REDIS

FAROL = '<postgres>, datname="farol"'

KAFKA = Row(
    "Kafka",
    [
        number("Brokers", "Brokers that the controller counts as active.", "none", q("max(kafka_controller_activebrokercount{<kafka>})"), Bound(1, "green")),
        number(
            "Offline partitions",
            "Partitions without a leader: nothing can be written to them.",
            "none",
            q("max(kafka_controller_offlinepartitionscount{<kafka>})"),
            Bound(1),
        ),
        number(
            "Under-replicated",
            "Partitions with a replica that does not keep up.",
            "none",
            q("sum(kafka_server_replicamanager_underreplicatedpartitions{<kafka>})"),
            Bound(1, "orange"),
        ),
        number(
            "Below min ISR",
            "Partitions with too few replicas in sync: Kafka refuses our writes to them.",
            "none",
            q("sum(kafka_server_replicamanager_underminisrpartitioncount{<kafka>})"),
            Bound(1),
        ),
        number(
            "Request handlers idle",
            "Share of their time. Below 30 % requests queue.",
            "percentunit",
            q("min(kafka_server_requesthandler_idle_ratio{<kafka>})"),
            Bound(0.3, "green"),
        ),
        number(
            "Heap",
            "Of the broker's JVM.",
            "percentunit",
            q('max(jvm_memory_used_bytes{<kafka>, area="heap"} / jvm_memory_max_bytes{<kafka>, area="heap"})'),
            Bound(0.9, "orange"),
        ),
        lines(
            "Records in, by topic",
            "Kafka's own topics too.",
            "cps",
            q("sum by (topic) (rate(kafka_server_brokertopicmetrics_messagesin_total{<kafka>}[~]))", "{{topic}}"),
            links=GATEWAY,
        ),
        lines(
            "Bytes",
            "In and out of the brokers.",
            "Bps",
            [q(f"sum(rate(kafka_server_brokertopicmetrics_all_bytes{way}_total{{<kafka>}}[~]))", way) for way in ("in", "out")],
            links=GATEWAY,
        ),
        lines(
            "Time of a request, 99th percentile",
            "As the broker sees it: produce waits for the replicas; a fetch of a consumer waits for data, up to its own limit.",
            "ms",
            q('max by (request) (kafka_network_request_total_time_milliseconds{<kafka>, quantile="0.99"})', "{{request}}"),
            links=GATEWAY,
        ),
        lines(
            "Requests that failed",
            "As the broker counts them.",
            "cps",
            [q(f"sum(rate(kafka_server_brokertopicmetrics_all_failed{name}requests_total{{<kafka>}}[~]))", name) for name in ("produce", "fetch")],
            links=[*GATEWAY, *WORKER],
        ),
        lines(
            "Requests that wait", "Length of the broker's request queue.", "short", q("max(kafka_network_request_queue_size{<kafka>})", "queue"), links=GATEWAY
        ),
        lines("Size of the log", "On disk, by topic.", "bytes", q("sum by (topic) (kafka_log_size{<kafka>})", "{{topic}}"), links=GATEWAY),
    ],
)

POSTGRES = Row(
    "PostgreSQL",
    [
        number("Answers", "Whether the exporter reaches it.", "none", q("min(pg_up{<postgres>})"), Bound(1, "green")),
        number(
            "Connections",
            "Of those the server allows.",
            "percentunit",
            q("sum(pg_stat_activity_count{<postgres>}) / max(pg_settings_max_connections{<postgres>})"),
            Bound(0.8, "orange"),
            Bound(0.95),
        ),
        number(
            "Read from memory",
            "Share of the blocks that were in its own cache, since the server started.",
            "percentunit",
            q(f"sum(pg_stat_database_blks_hit{{{FAROL}}}) / (sum(pg_stat_database_blks_hit{{{FAROL}}}) + sum(pg_stat_database_blks_read{{{FAROL}}}) > 0)"),
            Bound(0.9, "green"),
        ),
        number("Size", "Of the database.", "bytes", q(f"max(pg_database_size_bytes{{{FAROL}}})")),
        number(
            "Oldest transaction",
            "How long the longest one has been open. Long ones hold back clean-up and the listing of events.",
            "s",
            q(f"max(pg_stat_activity_max_tx_duration{{{FAROL}}})"),
            Bound(60, "orange"),
            Bound(600),
        ),
        number("Deadlocks", "Since the server started.", "none", q(f"sum(pg_stat_database_deadlocks{{{FAROL}}})"), Bound(1, "orange")),
        lines(
            "Connections by state",
            "Idle in transaction, for long, holds locks.",
            "short",
            q(f"sum by (state) (pg_stat_activity_count{{{FAROL}}})", "{{state}}"),
            links=WORKER,
        ),
        lines(
            "Transactions",
            "Ended a second.",
            "cps",
            [q(f"sum(rate(pg_stat_database_xact_{name}{{{FAROL}}}[~]))", name) for name in ("commit", "rollback")],
            links=WORKER,
        ),
        lines(
            "Rows",
            "Touched a second.",
            "cps",
            [q(f"sum(rate(pg_stat_database_tup_{name}{{{FAROL}}}[~]))", name) for name in ("inserted", "updated", "deleted", "fetched")],
            links=WORKER,
        ),
        lines(
            "Our statements, 99th percentile",
            "As gateway and worker wait for them.",
            "s",
            quantiles("db_client_operation_duration_seconds", "<worker>", 0.99, by="db_query_summary"),
            Bound(seconds(LATENCY)),
            links=WORKER,
        ),
        lines(
            "Checkpoints",
            "Timed ones are planned; requested ones mean that the log filled up first.",
            "cps",
            [q(f"sum(rate(pg_stat_bgwriter_checkpoints_{name}_total{{<postgres>}}[~]))", text) for name, text in (("timed", "timed"), ("req", "requested"))],
            links=WORKER,
        ),
        lines("Locks", "Held or waited for, by mode.", "short", q(f"sum by (mode) (pg_locks_count{{{FAROL}}})", "{{mode}}"), links=WORKER),
    ],
)

BOARD = Board(
    uid="farol-stores",
    title="Farol: Kafka, PostgreSQL, Redis",
    description="Use, saturation and errors of the three that hold events, as their exporters and our own calls see them.",
    rows=[KAFKA, POSTGRES, REDIS],
)
