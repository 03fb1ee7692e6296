"""Redis as its exporter and the gateway's own calls see it."""

from ..board import Row
from ..links import GATEWAY
from ..panel import Bound, lines, number
from ..query import or_zero, q, quantiles

CALLS = "db_client_operation_duration_seconds"
OURS = '<gateway>, db_system_name="redis"'
REDIS = Row(
    "Redis, an aid of the gateway",
    [
        number(
            "Answers",
            "Whether the exporter reaches it. Without it nothing is refused: repeats go to the worker.",
            "none",
            q("min(redis_up{<redis>})"),
            Bound(1, "green"),
        ),
        number(
            "Memory",
            "Of its limit. At 100 % it throws out what expires soonest.",
            "percentunit",
            q("max(redis_memory_used_bytes{<redis>} / redis_memory_max_bytes{<redis>})"),
            Bound(0.9, "orange"),
        ),
        number(
            "Receipts found",
            "Share of the questions for a prior receipt that had one. Only repeats do.",
            "percentunit",
            q(
                "("
                + or_zero('sum(increase(farol_receipt_cache_total{<gateway>, operation="find", result="hit"}[$__range]))', "up{<gateway>}")
                + ') / (sum(increase(farol_receipt_cache_total{<gateway>, operation="find"}[$__range])) > 0)'
            ),
            links=GATEWAY,
        ),
        number(
            "Look-ups found",
            "Look-ups of stored events that Redis could answer, a second.",
            "reqps",
            q(or_zero('sum(rate(farol_stored_cache_total{<gateway>, result="hit"}[~]))', "rate(farol_stored_cache_total{<gateway>}[~])")),
            links=GATEWAY,
        ),
        number(
            "Evicted",
            "Keys thrown out before their time, while the board looks.",
            "short",
            q("sum(increase(redis_evicted_keys_total{<redis>}[$__range]))"),
            Bound(1, "orange"),
        ),
        number(
            "Breaker",
            "Of the gateway: 0 closed, 1 half open, 2 open. Open: Redis is not asked.",
            "none",
            q("max(farol_redis_breaker_state{<gateway>})"),
            Bound(1, "orange"),
            links=GATEWAY,
        ),
        lines("How long the gateway waits for it", "99th percentile by operation.", "s", quantiles(CALLS, OURS, 0.99, by="db_operation_name"), links=GATEWAY),
        lines(
            "Operations", "Of all clients, by command.", "cps", q("topk(10, sum by (cmd) (rate(redis_commands_total{<redis>}[~])))", "{{cmd}}"), links=GATEWAY
        ),
        lines(
            "Calls without an answer",
            "By operation and error, and those the breaker did not let through.",
            "cps",
            [
                q(
                    or_zero(f'sum by (db_operation_name, error_type) (rate({CALLS}_count{{{OURS}, error_type!=""}}[~]))', f"rate({CALLS}_count{{{OURS}}}[~])"),
                    "{{db_operation_name}} {{error_type}}",
                ),
                q(
                    or_zero("sum by (db_operation_name) (rate(farol_redis_skipped_total{<gateway>}[~]))", f"rate({CALLS}_count{{{OURS}}}[~])"),
                    "{{db_operation_name}} not made",
                ),
            ],
            links=GATEWAY,
        ),
        lines(
            "Receipts",
            "Questions for a receipt and receipts kept, by result.",
            "cps",
            q("sum by (operation, result) (rate(farol_receipt_cache_total{<gateway>}[~]))", "{{operation}} {{result}}"),
            links=GATEWAY,
        ),
        lines(
            "Decisions on producers' rates",
            "By who kept the account: Redis for all copies, or each copy for itself. Zero while no key has a rate.",
            "reqps",
            q(
                or_zero("sum by (decider, decision) (rate(farol_rate_decisions_total{<gateway>}[~]))", f"rate({CALLS}_count{{{OURS}}}[~])"),
                "{{decider}} {{decision}}",
            ),
            links=GATEWAY,
        ),
        lines(
            "Clients and keys",
            "Connected clients, and keys in all databases.",
            "short",
            [q("sum(redis_connected_clients{<redis>})", "clients"), q("sum(redis_db_keys{<redis>})", "keys")],
            links=GATEWAY,
        ),
    ],
)
