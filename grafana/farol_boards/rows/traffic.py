"""What comes in and what fails of it, at gateway and worker."""

from ..board import Row
from ..links import GATEWAY, WORKER, traces
from ..objectives import AVAILABILITY, DEAD_LETTERS
from ..panel import Bound, lines
from ..query import or_zero, q
from .latency import POSTS, REQUESTS

FAILED = (traces("farol-gateway", tags='{"error":"true"}'), *GATEWAY[1:])


def share(bad: str, of: str) -> str:
    """A ratio of two rates that is zero, not absent, while nothing was bad."""
    return f"({or_zero(bad, of)}) / (sum({of}) > 0)"


TRAFFIC = Row(
    "Traffic",
    [
        lines(
            "Events at the gateway",
            "Events by what became of them: accepted, repeats answered from the receipt, refused.",
            "cps",
            q("sum by (outcome) (rate(farol_events_total{<gateway>}[~]))", "{{outcome}}"),
            width=8,
            links=GATEWAY,
        ),
        lines(
            "Records at the worker",
            "Records by outcome, counted when their transaction is committed.",
            "cps",
            q("sum by (outcome) (rate(farol_records_total{<worker>}[~]))", "{{outcome}}"),
            width=8,
            links=WORKER,
        ),
        lines(
            "Requests by route",
            "Every answered request, scrapes and health probes too.",
            "reqps",
            q(f"sum by (http_route) (rate({REQUESTS}_count{{<gateway>}}[~]))", "{{http_route}}"),
            width=8,
            links=GATEWAY,
        ),
    ],
)

ERRORS = Row(
    "Errors",
    [
        lines(
            "Answers by class",
            f"Shares of POST /v1/events: answers with 5xx, which spend the budget of {AVAILABILITY.budget:.2%}, and with 4xx, which are the sender's.",
            "percentunit",
            [
                q(
                    share(f'sum(rate({REQUESTS}_count{{{POSTS}, http_response_status_code=~"{digit}.."}}[~]))', f"rate({REQUESTS}_count{{{POSTS}}}[~])"),
                    f"{digit}xx",
                )
                for digit in (4, 5)
            ],
            Bound(AVAILABILITY.budget),
            width=8,
            links=FAILED,
        ),
        lines(
            "Refused events, by reason",
            "The name of the problem document the sender got.",
            "cps",
            q(or_zero('sum by (reason) (rate(farol_events_total{<gateway>, outcome="refused"}[~]))', "rate(farol_events_total{<gateway>}[~])"), "{{reason}}"),
            width=8,
            links=FAILED,
        ),
        lines(
            "Sends that Kafka did not acknowledge",
            "By Kafka's name for the error. Each is a 503 that the sender repeats.",
            "cps",
            q(
                or_zero(
                    'sum by (error_type) (rate(messaging_client_sent_messages_total{<gateway>, error_type!=""}[~]))',
                    "rate(messaging_client_sent_messages_total{<gateway>}[~])",
                ),
                "{{error_type}}",
            ),
            width=8,
            links=FAILED,
        ),
        lines(
            "Share of records that became dead letters",
            f"The objective allows {DEAD_LETTERS.budget:.2%}.",
            "percentunit",
            q(share('sum(rate(farol_records_total{<worker>, outcome="dead_lettered"}[~]))', "rate(farol_records_total{<worker>}[~])"), "dead letters"),
            Bound(DEAD_LETTERS.budget),
            width=8,
            links=WORKER,
        ),
        lines(
            "Dead letters by cause",
            "Written, by cause; the board of the pipeline has those that wait for somebody.",
            "cps",
            q(or_zero("sum by (cause) (rate(farol_dead_letters_total{<worker>}[~]))", "rate(farol_records_total{<worker>}[~])"), "{{cause}}"),
            width=8,
            links=WORKER,
        ),
        lines(
            "Batches tried again",
            "By class of the failure. Transient ones come and go; a structural one waits for somebody.",
            "cps",
            q(or_zero("sum by (class) (rate(farol_batch_retries_total{<worker>}[~]))", "rate(farol_batch_records_count{<worker>}[~])"), "{{class}}"),
            width=8,
            links=WORKER,
        ),
        lines(
            "Traces that break",
            "Trace contexts that could not be read: the trace begins anew there.",
            "cps",
            q("sum by (job) (rate(farol_broken_trace_contexts_total{<services>}[~]))", "{{job}}"),
            width=8,
            links=[*GATEWAY, *WORKER],
        ),
    ],
)
