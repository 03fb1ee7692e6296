"""Owns the traces that the tests post: OTLP/HTTP JSON bodies with new random ids in every run. What each trace is for
stands at its function."""

import secrets
import time
from dataclasses import dataclass, field

KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
MS = 1_000_000  # nanoseconds
HOSTILE = '<img src=x onerror="window.breached=1">'
HOSTILE_SCRIPT = '"><script>window.breached=1</script>'


@dataclass
class Trace:
    """One trace under construction: spans by service, times in milliseconds after its start."""

    age_s: float = 20
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    resources: dict = field(default_factory=dict)

    def __post_init__(self):
        self.start = time.time_ns() - int(self.age_s * 1000) * MS

    def span(self, service, name, start, end, *, parent="", kind="internal", attributes=(), events=(), links=(), error=None, resource=()):
        span_id = secrets.token_hex(8)
        body = {
            "traceId": self.id, "spanId": span_id, "parentSpanId": parent, "name": name, "kind": KINDS[kind],
            "startTimeUnixNano": str(self.start + int(start * MS)), "endTimeUnixNano": str(self.start + int(end * MS)),
            "attributes": fields(attributes),
            "events": [{"timeUnixNano": str(self.start + int(at * MS)), "name": event, "attributes": fields(more)} for at, event, more in events],
            "links": [{"traceId": trace_id, "spanId": linked} for trace_id, linked in links],
        }
        if error is not None:
            body["status"] = {"code": 2, "message": error}
        self.resources.setdefault((service, tuple(resource)), []).append(body)
        return span_id

    def body(self):
        return {"resourceSpans": [
            {"resource": {"attributes": fields([("service.name", service), *resource])}, "scopeSpans": [{"scope": {"name": "viewer-tests"}, "spans": spans}]}
            for (service, resource), spans in self.resources.items()]}


def fields(pairs):
    return [{"key": key, "value": value_of(value)} for key, value in pairs]


def value_of(value):
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [value_of(each) for each in value]}}
    return {"stringValue": value}


def order():
    """A request whose message is consumed after the answer: nesting, waiting time, an error, an event, resources."""
    trace = Trace()
    region = [("cloud.region", "eu-west-1"), ("service.version", "4.2.0")]
    root = trace.span("shop-gateway", "POST /orders", 0, 40, kind="server", resource=region, attributes=[
        ("http.response.status_code", 202), ("tenant", "blue whale"), ("big.number", 2**60), ("retried", False), ("roles", ["read", "write"])])
    trace.span("shop-gateway", "SELECT stock", 4, 16, parent=root, kind="client", error="stock table is locked", resource=region,
               events=[(10, "exception", [("exception.type", "LockTimeout"), ("exception.message", "waited 5 ms")])])
    sent = trace.span("shop-gateway", "send orders", 20, 36, parent=root, kind="producer", resource=region)
    consumed = trace.span("shop-worker", "process orders", 80, 100, parent=sent, kind="consumer")
    return trace, {"root": root, "sent": sent, "consumed": consumed}


def batch(order_trace, order_spans):
    """A batch that links to the order's consumer and to thirty strangers."""
    trace = Trace(age_s=19)
    strangers = [(secrets.token_hex(16), secrets.token_hex(8)) for _ in range(30)]
    links = [(order_trace.id, order_spans["consumed"]), *strangers]
    span = trace.span("shop-worker", "INSERT orders", 0, 12, kind="client", links=links, attributes=[("db.system.name", "postgresql")])
    return trace, span


def hostile():
    """Markup wherever a service may write a string."""
    trace = Trace(age_s=18)
    texts = [(HOSTILE, HOSTILE), ("script", HOSTILE_SCRIPT), ("address", "javascript:window.breached=1")]
    trace.span(f"shop-{HOSTILE}", f"GET {HOSTILE}", 0, 5, kind="server", attributes=texts, resource=texts,
               events=[(1, HOSTILE_SCRIPT, texts)], error=HOSTILE_SCRIPT)
    return trace


def large(spans=2000):
    """Many spans, wide and deep: a chain of 100 and groups of siblings."""
    trace = Trace(age_s=17)
    root = trace.span("shop-bulk", "import", 0, 4000, kind="server")
    parent = root
    for depth in range(100):
        parent = trace.span("shop-bulk", f"step {depth}", depth * 10, 3900 - depth, parent=parent)
    for index in range(spans - 102):
        trace.span(f"shop-part-{index % 5}", f"item {index}", 1000 + index, 1030 + index, parent=root, kind="client")
    last = trace.span("shop-bulk", "commit", 3950, 3990, parent=root)
    return trace, last


def orphan():
    """A span whose parent never arrives."""
    trace = Trace(age_s=16)
    trace.span("shop-orphan", "resumed work", 0, 3, parent=secrets.token_hex(8))
    return trace


def late():
    """A trace that is posted only after somebody has looked for it."""
    trace = Trace(age_s=2)
    trace.span("shop-late", "late work", 0, 7)
    return trace
