"""What is promised of the collectors in Kubernetes, each as one question to those that run here."""

from __future__ import annotations

import re
import urllib.error
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ..component import StackError
from . import bed as metrics
from . import tier, traces
from .bed import Bed
from .store import Store
from .tier import wait
from .traces import CONSUMER, LATE, PARTS

USUAL, WORTH_KEEPING, WAITING = 100, 12, 20
# Half of 100 by a hash: outside of these once in 20,000 sets of ids, and the ids are always the same.
SHARE = (30, 70)
SECRETS = {
    "user_agent.original": "curl/8 Bearer c2VjcmV0LXRva2Vu",
    "url.path": "/events?api_key=aGlkZGVuLXZhbHVl",
    "cloudevents.event_id": "farol_bm90LWEtcmVhbC1rZXktYXQtYWxsLWp1c3QtMzI",
    "http.request.header.authorization": "Basic dXNlcjpwYXNzd29yZA==",
    "db.client.password": "hunter2-hunter2",
}
LEAKS = ("c2VjcmV0", "aGlkZGVu", "bm90LWEt", "dXNlcjpw", "hunter2")
BEYOND = {"customer.card": "4111-1111"}
LOST = ("otelcol_exporter_enqueue_failed_spans_total", "otelcol_exporter_send_failed_spans_total")
SMALL_GATEWAY = """\
exporters:
  otlp_grpc/jaeger:
    sending_queue: { queue_size: 10, batch: { min_size: 1 } }
    retry_on_failure: { max_interval: 500ms, max_elapsed_time: 1s }
"""
SMALL_AGENT = """\
exporters:
  load_balancing: { protocol: { otlp: { sending_queue: { queue_size: 10, batch: { min_size: 1 } } } } }
"""


def require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise StackError(otherwise)


def traces_meet_and_the_policy_is_kept(bed: Bed) -> str:
    """Parts of a trace that come by themselves are judged together: failed and slow ones stay, of the usual ones about half."""
    kept = [*traces.made("failed", WORTH_KEEPING, 1), *traces.made("slow", WORTH_KEEPING, 1)]
    usual = traces.made("usual", USUAL, 1)
    every = [*kept, *usual]
    traces.send_parts(bed.agent.otlp_http, every)
    bed.wait_for_decisions(0, len(every))
    seen = bed.total(metrics.NEW_TRACES)
    require(seen == len(every), f"{len(every)} traces were sent, the collectors saw {seen}: some were split between them")
    shares = [round(gateway.metrics()[metrics.NEW_TRACES]) for gateway in bed.gateways]
    require(min(shares) > 0, f"one collector got every trace: {shares}")
    for trace in kept:
        require(bed.trace(trace.number) == set(PARTS), f"of a {trace.kind} trace there is {sorted(bed.trace(trace.number))}")
    sizes = {len(bed.trace(trace.number)) for trace in usual}
    require(sizes <= {0, len(PARTS)}, f"of usual traces there are {sorted(sizes)} spans: some were cut")
    share = sum(1 for trace in usual if bed.trace(trace.number))
    require(SHARE[0] <= share <= SHARE[1], f"{share} of {USUAL} usual traces were kept")
    both = bed.stores[0].traces().keys() & bed.stores[1].traces().keys()
    require(not both, f"{len(both)} traces are in both stores")
    return f"{len(every)} traces, {shares[0]} and {shares[1]} a collector; {len(kept)} of {len(kept)} failed and slow, {share} of {USUAL} usual kept"


def late_spans_follow_the_decision(bed: Bed) -> str:
    """A worker that was behind sends its spans when the trace has long been judged."""
    every = [*traces.made("failed", WORTH_KEEPING, 1), *traces.made("usual", USUAL, 1)]
    before = {trace.number for trace in every if bed.trace(trace.number)}
    cached, decided = bed.total(metrics.FROM_CACHE), bed.total(metrics.DECIDED)
    traces.send(bed.agent.otlp_http, every, LATE, CONSUMER)
    wait("each late span being told the decision", lambda: bed.total(metrics.FROM_CACHE) == cached + len(every))
    wait("the late spans being stored", lambda: {span.trace for span in bed.stored() if span.name == LATE} >= before)
    bed.wait_for_decisions(decided, 0)
    late = {span.trace for span in bed.stored() if span.name == LATE}
    require(late == before, f"{len(late - before)} late spans of dropped traces were kept")
    require(bed.total(metrics.DECIDED) == decided, "late spans were judged again")
    return f"{len(before)} of kept traces kept, {len(every) - len(before)} of dropped ones dropped"


def secrets_are_redacted(bed: Bed) -> str:
    """By an agent alone: masked. By both tiers: also only what the contract of signals names is left."""
    between = Store(tier.choose(1, [])[0])
    alone = tier.agent(bed.ctx, bed.program, "otel-agent-alone", [between.port])
    between.open()
    try:
        alone.start()
        traces.send_parts(alone.otlp_http, traces.made("failed", 1, 2, SECRETS | BEYOND), {"db.password": "hunter2-hunter2"})
        wait("the agent alone handing on its spans", lambda: len(between.spans()) == len(PARTS))
        refuse_leaks("leaves an agent", between)
        attributes = between.spans()[0].attributes
        require(attributes["db.client.password"] == "****", f"an agent makes {attributes['db.client.password']} of a password")
        require(attributes["customer.card"] == BEYOND["customer.card"], "an agent masks what looks like no secret")
    finally:
        alone.kill()
        between.close()
    return through_both_tiers(bed)


def through_both_tiers(bed: Bed) -> str:
    decided = bed.total(metrics.DECIDED)
    sent = traces.made("failed", 1, 3, SECRETS | BEYOND)
    traces.send_parts(bed.agent.otlp_http, sent, {"db.password": "hunter2-hunter2"})
    bed.wait_for_decisions(decided, 1)
    spans = [span for span in bed.stored() if span.trace == sent[0].number]
    require(len(spans) == len(PARTS), f"{len(spans)} of {len(PARTS)} spans were stored")
    for store in bed.stores:
        refuse_leaks("is stored", store)
    allowed = {"user_agent.original", "url.path", "cloudevents.event_id", "messaging.system"}
    for span in spans:
        require(set(span.attributes) == allowed, f"a stored span has {sorted(span.attributes)}")
        require(span.attributes["user_agent.original"] == "curl/8 ****", f"of a header is left {span.attributes['user_agent.original']}")
        require(set(span.resource) == {"service.namespace", "service.name"}, f"a stored resource has {sorted(span.resource)}")
    for gateway in bed.gateways:
        page = gateway.page("FAROL_COLLECTOR_SPAN_METRICS_PORT")
        require(not any(leak in page for leak in LEAKS), f"a secret is a label of {gateway.name}'s span metrics")
    return f"{len(SECRETS) + 1} secrets masked or gone, in stored spans and in labels of metrics"


def refuse_leaks(where: str, store: Store) -> None:
    for span in store.spans():
        found = [leak for leak in LEAKS if leak in f"{span.attributes} {span.resource}"]
        require(not found, f"a secret {where}: {found}")


def killed_collectors_send_their_queue(bed: Bed) -> str:
    """Jaeger is away, both collectors are killed, the agent holds what comes meanwhile: all of it is there in the end."""
    decided = bed.total(metrics.DECIDED)
    for store in bed.stores:
        store.close()
    first = traces.made("failed", WAITING, 4)
    traces.send_parts(bed.agent.otlp_http, first)
    wait("the decisions", lambda: bed.total(metrics.DECIDED) == decided + WAITING)
    wait("the queues holding what was kept", lambda: bed.total(metrics.QUEUED) == WAITING * len(PARTS))
    queued = [round(gateway.metrics()[metrics.QUEUED]) for gateway in bed.gateways]
    for gateway in bed.gateways:
        gateway.kill()
    second = traces.made("failed", WAITING, 5)
    traces.send_parts(bed.agent.otlp_http, second)
    for gateway in bed.gateways:
        gateway.start()
    for store in bed.stores:
        store.open()
    for name, sent in (("of the queues", first), ("that the agent held", second)):
        wait(f"the traces {name} being stored", lambda sent=sent: all(bed.trace(trace.number) == set(PARTS) for trace in sent))
    return f"{queued[0]} and {queued[1]} spans from disk after SIGKILL, {WAITING * len(PARTS)} from the agent"


def a_collector_that_is_away_doubles_nothing(bed: Bed) -> str:
    """What is for it waits in the agent and holds up nothing else; the other collector gets its spans once."""
    away, other = bed.gateways
    decided = other.metrics()[metrics.DECIDED]
    away.kill()
    sent = traces.made("failed", WAITING, 6)
    traces.send_parts(bed.agent.otlp_http, sent)
    # Longer than several of the agent's attempts to reach the one that is away.
    wait("the other collector judging its traces", lambda: other.metrics()[metrics.DECIDED] > decided)
    away.start()
    wait("the traces of both being stored", lambda: all(bed.trace(trace.number) == set(PARTS) for trace in sent))
    numbers = {trace.number for trace in sent}
    times = Counter((span.trace, span.name) for span in bed.stored() if span.trace in numbers)
    require(set(times.values()) == {1}, f"{sum(1 for count in times.values() if count > 1)} of {len(times)} spans were stored twice or more")
    return f"{len(times)} spans, each once"


def what_is_too_much_is_counted(bed: Bed) -> str:
    """The bounds as they are written, but small; and the names by which the alerts on loss ask for what is dropped."""
    nowhere = tier.choose(1, [])[0]
    small = tier.gateway(bed.ctx, bed.program, "otel-gateway-small", nowhere, [nowhere])
    small.here.append(SMALL_GATEWAY)
    sent = traces.made("failed", WAITING, 7)
    spans = len(sent) * len(PARTS)
    try:
        small.start()
        traces.send_parts(small.otlp_http, sent)
        wait("every span being counted as lost", lambda: sum(small.metrics()[name] for name in LOST) == spans)
        lost = {name: round(small.metrics()[name]) for name in LOST}
        require(min(lost.values()) > 0, f"one bound lost nothing: {lost}")
        exposed = set(small.metrics())
    finally:
        small.kill()
    refused = a_full_agent_refuses(bed, nowhere)
    text = "\n".join(path.read_text() for path in (bed.ctx.root / "deploy/prometheus/rules").glob("*.yml"))
    asked = set(re.findall(r"\botelcol_\w+", text))
    require(asked >= set(LOST), "no rule asks for lost spans")
    require(asked <= exposed, f"rules ask for {sorted(asked - exposed)}, which the second tier does not expose")
    return f"{' and '.join(map(str, lost.values()))} of {spans} spans by a collector, {refused} by an agent; all {len(asked)} names of the rules exist"


def a_full_agent_refuses(bed: Bed, nowhere: int) -> int:
    """How many spans it has counted: what does not fit into its queues is the sender's again."""
    small = tier.agent(bed.ctx, bed.program, "otel-agent-small", [nowhere])
    small.here.append(SMALL_AGENT)
    try:
        small.start()
        refused = 0
        for trace in traces.made("failed", WAITING, 8):
            try:
                traces.send_parts(small.otlp_http, [trace])
            except urllib.error.HTTPError as error:
                error.close()
                refused += 1
        counted = round(small.metrics()[LOST[1]])
    finally:
        small.kill()
    require(refused > 0, "an agent whose queue is full takes spans all the same")
    require(counted == refused, f"an agent refused {refused} spans and counted {counted}")
    return counted


@dataclass(frozen=True)
class Check:
    name: str
    run: Callable[[Bed], str]


CHECKS = (
    Check("spans of a trace meet, and the policy is kept", traces_meet_and_the_policy_is_kept),
    Check("late spans follow the decision", late_spans_follow_the_decision),
    Check("secrets are redacted", secrets_are_redacted),
    Check("killed collectors send their queue from disk", killed_collectors_send_their_queue),
    Check("a collector that is away doubles nothing", a_collector_that_is_away_doubles_nothing),
    Check("what is too much is counted", what_is_too_much_is_counted),
)
