"""How full gateway and worker are: queues, pools, processor, memory, runtime, and the machine below them."""

from ..board import Row
from ..links import GATEWAY, WORKER
from ..panel import Bound, lines
from ..query import q

SATURATION = Row(
    "Saturation",
    [
        lines(
            "Lag by partition",
            "Records not consumed yet. One line that rises alone is one partition that hangs.",
            "short",
            q("sum by (partition) (farol_consumer_lag_records{<worker>})", "partition {{partition}}"),
            width=8,
            links=WORKER,
        ),
        lines(
            "Requests in flight",
            "Answered at this moment, and those with events that are admitted. At its limit the gateway refuses before it reads a body.",
            "short",
            [q("sum(http_server_active_requests{<gateway>})", "all"), q("max by (instance) (farol_in_flight_requests{<gateway>})", "{{instance}} with events")],
            width=8,
            links=GATEWAY,
        ),
        lines(
            "Bytes set aside for their bodies",
            "By copy of the gateway.",
            "bytes",
            q("max by (instance) (farol_in_flight_bytes{<gateway>})", "{{instance}}"),
            width=8,
            links=GATEWAY,
        ),
        lines(
            "Events in the Kafka client's hands",
            "Handed over and not acknowledged yet, by copy of the gateway.",
            "short",
            q("max by (instance) (farol_kafka_queue_events{<gateway>})", "{{instance}}"),
            width=8,
            links=GATEWAY,
        ),
        lines(
            "What Kafka takes while events wait",
            "The measured drain rate, from which Retry-After comes, beside what was accepted.",
            "cps",
            [
                q("sum(farol_drain_rate_events_per_second{<gateway>})", "drain rate"),
                q('sum(rate(farol_events_total{<gateway>, outcome="accepted"}[~]))', "accepted"),
            ],
            width=8,
            links=GATEWAY,
        ),
        lines(
            "Database pools",
            "Connections in use, of those the pool may open. At 100 % somebody waits.",
            "percentunit",
            [
                q(
                    f'sum by (job) (db_client_connection_count{{<{part}>, db_client_connection_state="used"}})'
                    f" / sum by (job) (db_client_connection_max{{<{part}>}})",
                    "{{job}}",
                )
                for part in ("gateway", "worker")
            ],
            Bound(0.8, "orange"),
            Bound(1),
            high=1,
            width=8,
            links=[*GATEWAY, *WORKER],
        ),
        lines(
            "Waiting for a database connection",
            "Requests that wait for one now, and waits that were given up.",
            "short",
            [
                q("sum by (job) (db_client_connection_pending_requests{<services>})", "{{job}} waiting"),
                q("sum by (job) (rate(db_client_connection_timeouts_total{<services>}[~]))", "{{job}} given up a second"),
            ],
            Bound(1, "orange"),
            width=8,
            links=[*GATEWAY, *WORKER],
        ),
        lines(
            "Processor",
            "Cores in use. The seeds' alert asks for 80 % of what a process may use.",
            "none",
            [
                q("sum by (job, instance) (rate(process_cpu_seconds_total{<services>}[~]))", "{{job}} {{instance}}"),
                q("sum by (job) (rate(otelcol_process_cpu_seconds_total{<tracing>}[~]))", "{{job}}"),
            ],
            width=8,
            links=[*GATEWAY, *WORKER],
        ),
        lines(
            "Memory",
            "Resident memory.",
            "bytes",
            [
                q("max by (job, instance) (process_resident_memory_bytes{<services>})", "{{job}} {{instance}}"),
                q("max by (job) (otelcol_process_memory_rss_bytes{<tracing>})", "{{job}}"),
            ],
            width=8,
            links=[*GATEWAY, *WORKER],
        ),
        lines(
            "Open files",
            "Of those a process may open.",
            "percentunit",
            q("max by (job) (process_open_fds{<services>} / process_max_fds{<services>})", "{{job}}"),
            Bound(0.8, "orange"),
            high=1,
            width=8,
        ),
        lines(
            "Runtime",
            "Share of its worker threads' time that tokio was busy. Near 100 % a request waits for a thread.",
            "percentunit",
            q(
                "sum by (job, instance) (rate(tokio_busy_seconds_total{<services>}[~])) / sum by (job, instance) (tokio_workers{<services>})",
                "{{job}} {{instance}}",
            ),
            Bound(0.8, "orange"),
            high=1,
            width=8,
            links=[*GATEWAY, *WORKER],
        ),
        lines(
            "Tasks",
            "Tasks that live, and those that wait for a thread.",
            "short",
            [q("sum by (job) (tokio_alive_tasks{<services>})", "{{job}} alive"), q("sum by (job) (tokio_global_queue_depth{<services>})", "{{job}} waiting")],
            width=8,
            links=[*GATEWAY, *WORKER],
        ),
        lines(
            "The Kafka clients' statistics",
            "Age of the last statistics of each Kafka client. Old ones mean that its numbers say nothing.",
            "s",
            q("max by (job, instance) (farol_kafka_statistics_age_seconds{<services>})", "{{job}} {{instance}}"),
            Bound(30, "orange"),
            width=8,
            links=[*GATEWAY, *WORKER],
        ),
        lines(
            "PostgreSQL connections",
            "Of those the server allows.",
            "percentunit",
            q("sum(pg_stat_activity_count{<postgres>}) / max(pg_settings_max_connections{<postgres>})", "used"),
            Bound(0.8, "orange"),
            Bound(0.95),
            high=1,
            width=8,
            links=WORKER,
        ),
        lines(
            "Redis memory",
            "Of its limit.",
            "percentunit",
            q("max(redis_memory_used_bytes{<redis>} / redis_memory_max_bytes{<redis>})", "used"),
            Bound(0.9, "orange"),
            high=1,
            width=8,
            links=GATEWAY,
        ),
        lines(
            "This machine",
            "Share of the time in which something waited for processor, disk or memory.",
            "percentunit",
            [
                q(f"max(rate(node_pressure_{name}_waiting_seconds_total{{<node>}}[~]))", text)
                for name, text in (("cpu", "processor"), ("io", "disk"), ("memory", "memory"))
            ],
            high=1,
            width=8,
        ),
        lines(
            "Disk and network of the machine",
            "Bytes a second, all devices together.",
            "Bps",
            [
                q(f"sum(rate(node_{name}{{<node>}}[~]))", text)
                for name, text in (
                    ("disk_read_bytes_total", "read from disk"),
                    ("disk_written_bytes_total", "written to disk"),
                    ("network_receive_bytes_total", "received"),
                    ("network_transmit_bytes_total", "sent"),
                )
            ],
            width=8,
        ),
    ],
)
