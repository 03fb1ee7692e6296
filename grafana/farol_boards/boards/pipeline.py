"""Pipeline and ledger: from the gateway's acknowledgement to the row, and whether the books balance."""

from ..board import Board, Row
from ..links import WORKER, traces
from ..objectives import FRESHNESS, seconds
from ..panel import Bound, lines, number
from ..query import or_zero, q, quantiles

BATCH = "farol_batch_records"
INSERTS = (traces("farol-worker", "INSERT farol.events"), *WORKER[1:])
OUTCOMES = {"stored": "rows", "duplicate": "duplicates", "dead_lettered": "dead letters", "gap": "gaps"}


def per_batch(counter: str) -> str:
    return f"rate({counter}{{<worker>}}[~])"


LEDGER = Row(
    "The ledger: consumed = stored + duplicate + dead-lettered + gaps",
    [
        number(
            "Imbalance",
            "Records consumed minus those with an outcome, as PostgreSQL has them. The database refuses anything but zero.",
            "none",
            q("max(abs(farol_ledger_imbalance_records{<worker>}))"),
            Bound(1),
            links=WORKER,
        ),
        number("Consumed", "Records that the ledger has taken.", "short", q("max(farol_ledger_consumed_records{<worker>})"), links=WORKER),
        *(
            number(
                text.capitalize(),
                f"Records that became {text}, since the ledger began.",
                "short",
                q(f'max(farol_ledger_records{{<worker>, outcome="{outcome}"}})'),
                *([Bound(1, "orange")] if outcome in ("dead_lettered", "gap") else []),
                links=WORKER,
            )
            for outcome, text in OUTCOMES.items()
        ),
        lines(
            "Outcomes",
            "What the ledger's records became, all partitions together.",
            "short",
            q("max by (outcome) (farol_ledger_records{<worker>})", "{{outcome}}"),
            stacked=True,
            width=12,
            links=WORKER,
        ),
        lines(
            "Records by outcome",
            "As they are committed.",
            "cps",
            q("sum by (outcome) (rate(farol_records_total{<worker>}[~]))", "{{outcome}}"),
            width=12,
            links=WORKER,
        ),
    ],
)

WAITING = Row(
    "What waits in Kafka",
    [
        lines(
            "Acknowledged and stored",
            "Events that the gateway acknowledged beside records that the worker decided. The space between is what waits.",
            "cps",
            [q('sum(rate(farol_events_total{<gateway>, outcome="accepted"}[~]))', "acknowledged"), q("sum(rate(farol_records_total{<worker>}[~]))", "decided")],
            width=12,
            links=WORKER,
        ),
        lines(
            "Records",
            "Not consumed yet, by partition.",
            "short",
            q("sum by (partition) (farol_consumer_lag_records{<worker>})", "partition {{partition}}"),
            width=12,
            links=WORKER,
        ),
        lines(
            "Seconds",
            f"Age of the oldest record not consumed yet, by partition. The objective of freshness is {seconds(FRESHNESS):g} s.",
            "s",
            q("max by (partition) (farol_consumer_lag_seconds{<worker>})", "partition {{partition}}"),
            Bound(seconds(FRESHNESS)),
            width=12,
            links=WORKER,
        ),
        lines(
            "Retention used",
            "That age by the topic's retention. At 100 % Kafka deletes records that nobody has read.",
            "percentunit",
            q("max by (partition) (farol_retention_used_ratio{<worker>})", "partition {{partition}}"),
            Bound(0.5, "orange"),
            Bound(1),
            width=12,
            links=WORKER,
        ),
    ],
)

BATCHES = Row(
    "Batches",
    [
        lines(
            "Records a batch",
            "Mean of the committed batches. It grows with the load, and with it what one transaction carries.",
            "short",
            q(f"sum({per_batch(f'{BATCH}_sum')}) / (sum({per_batch(f'{BATCH}_count')}) > 0)", "mean"),
            links=INSERTS,
        ),
        lines(
            "Time of a batch",
            "From the beginning of its transaction to the end.",
            "s",
            quantiles("farol_batch_duration_seconds", "<worker>", 0.5, 0.99),
            Bound(seconds(FRESHNESS)),
            links=INSERTS,
        ),
        lines(
            "Statements in PostgreSQL",
            "99th percentile by statement.",
            "s",
            quantiles("db_client_operation_duration_seconds", "<worker>", 0.99, by="db_query_summary"),
            links=INSERTS,
        ),
        lines(
            "Tried again",
            "By class of the failure.",
            "cps",
            q(or_zero("sum by (class) (rate(farol_batch_retries_total{<worker>}[~]))", per_batch(f"{BATCH}_count")), "{{class}}"),
            links=INSERTS,
        ),
        lines(
            "Refused by the ledger",
            "Batches of a worker that had lost the partition without noticing; nothing of them was written.",
            "cps",
            q("sum(rate(farol_fenced_batches_total{<worker>}[~]))", "fenced"),
            Bound(0.001, "orange"),
            links=WORKER,
        ),
        lines(
            "Interventions",
            "Sessions of frozen workers that were ended, and Kafka clients that were replaced.",
            "short",
            [
                q("sum(increase(farol_sessions_ended_total{<worker>}[~]))", "sessions ended"),
                q("sum(increase(farol_consumer_rebuilds_total{<worker>}[~]))", "consumers rebuilt"),
                q("sum(increase(farol_unverifiable_positions_total{<worker>}[~]))", "positions that could not be verified"),
            ],
            links=WORKER,
        ),
    ],
)

LETTERS = Row(
    "Dead letters",
    [
        number(
            "Open",
            "Letters that wait for somebody; `farolctl dlq list` shows them.",
            "short",
            q(or_zero("sum(max by (cause) (farol_open_dead_letters{<worker>}))", "farol_consumer_lag_records{<worker>}")),
            Bound(1, "orange"),
            links=WORKER,
        ),
        lines(
            "Open, by cause",
            "Letters in the state open, by cause.",
            "short",
            q(or_zero("max by (cause) (farol_open_dead_letters{<worker>})", "farol_consumer_lag_records{<worker>}"), "{{cause}}"),
            Bound(1, "orange"),
            width=10,
            links=WORKER,
        ),
        lines(
            "Written, by cause",
            "Dead letters as they are written.",
            "cps",
            q(or_zero("sum by (cause) (rate(farol_dead_letters_total{<worker>}[~]))", "rate(farol_records_total{<worker>}[~])"), "{{cause}}"),
            width=10,
            links=WORKER,
        ),
        lines(
            "Redriven, by what became of them",
            "Resolved: a row at last. Failed: open again. Ignored: not this letter's event.",
            "cps",
            q("sum by (outcome) (rate(farol_redriven_records_total{<worker>}[~]))", "{{outcome}}"),
            width=12,
            links=WORKER,
        ),
        lines(
            "Standing still",
            "1 while the worker prefers to wait for somebody over a wrong row, by reason.",
            "none",
            q("max by (reason) (farol_worker_stopped{<worker>})", "{{reason}}"),
            Bound(1),
            high=1,
            width=12,
            links=WORKER,
        ),
    ],
)

BOARD = Board(
    uid="farol-pipeline",
    title="Farol: pipeline and ledger",
    description="Where records are between Kafka and PostgreSQL, what they became, and whether the books balance.",
    rows=[LEDGER, WAITING, BATCHES, LETTERS],
)
