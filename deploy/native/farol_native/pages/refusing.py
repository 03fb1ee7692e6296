"""A gateway in front of the gateway: it refuses an event twice, as the real one does under load, then hands it on; it keeps what it saw."""

from __future__ import annotations

import http.server
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..http_probe import DIRECT

REFUSALS = (429, 503)
RETRY_AFTER_SECONDS = 1


@dataclass
class Seen:
    """One request: when it came, and what of it must stay the same when it comes again."""

    at: float
    headers: dict[str, str]
    body: bytes


@dataclass
class Refusing:
    """Its address, and all requests with events so far."""

    url: str
    seen: list[Seen] = field(default_factory=list)


@contextmanager
def before(gateway: str) -> Iterator[Refusing]:
    """Serves until the block ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # noqa: N802 (the name is the base class's)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            front.seen.append(Seen(time.monotonic(), {name.lower(): value for name, value in self.headers.items()}, body))
            if len(front.seen) <= len(REFUSALS):
                self.answer(REFUSALS[len(front.seen) - 1], b'{"title":"refused on purpose"}', {"Retry-After": str(RETRY_AFTER_SECONDS)})
                return
            kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "content-length")}
            request = urllib.request.Request(gateway + self.path, data=body, headers=kept, method="POST")
            try:
                with DIRECT.open(request, timeout=15) as real:
                    self.answer(real.status, real.read(), {"Content-Type": real.headers.get("Content-Type", "")})
            except urllib.error.HTTPError as refused:
                self.answer(refused.code, refused.read(), {})

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
            del format, args

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        front = Refusing(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield front
        finally:
            server.shutdown()
            thread.join()
