"""A stand-in for Jaeger: takes spans by OTLP over gRPC, and keeps them as they came."""

from __future__ import annotations

import threading
from concurrent import futures
from dataclasses import dataclass
from typing import Any

METHOD = "opentelemetry.proto.collector.trace.v1.TraceService"


@dataclass(frozen=True)
class Stored:
    """One span with what its resource says."""

    trace: str
    name: str
    attributes: dict[str, str]
    resource: dict[str, str]


class Store:
    """Listens on one port; `close` and `open` are an outage."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._guard = threading.Lock()
        self._spans: list[Stored] = []
        self._server: Any = None

    def open(self) -> None:
        import grpc
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as messages

        def export(request: Any, _context: Any) -> Any:
            with self._guard:
                self._spans += spans_of(request)
            return messages.ExportTraceServiceResponse()

        handler = grpc.unary_unary_rpc_method_handler(
            export,
            request_deserializer=messages.ExportTraceServiceRequest.FromString,
            response_serializer=messages.ExportTraceServiceResponse.SerializeToString,
        )
        # Without it a second server on the port would be no error.
        self._server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(METHOD, {"Export": handler}),))
        self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()

    def close(self) -> None:
        if self._server is not None:
            self._server.stop(grace=None).wait()
            self._server = None

    def spans(self) -> list[Stored]:
        with self._guard:
            return list(self._spans)

    def traces(self) -> dict[str, set[str]]:
        """Trace -> the names of its spans."""
        found: dict[str, set[str]] = {}
        for span in self.spans():
            found.setdefault(span.trace, set()).add(span.name)
        return found


def spans_of(request: Any) -> list[Stored]:
    return [
        Stored(span.trace_id.hex(), span.name, plain(span.attributes), plain(group.resource.attributes))
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def plain(attributes: Any) -> dict[str, str]:
    return {pair.key: pair.value.string_value or str(pair.value).strip() for pair in attributes}
