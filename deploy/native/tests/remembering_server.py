"""A web server on loopback that keeps what it is given and knows a few answers of OpenSearch, Elasticsearch and Grafana."""

from __future__ import annotations

import http.server
import json
import threading
from typing import Any

from context_fixture import ContextTest

POLICY = "/_plugins/_ism/policies/fluentbit"


class Server(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kept: dict[str, Any] = {}
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.refused: set[str] = set()


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path, _, query = self.path.partition("?")
        self.server.seen.append(("PUT", self.path, dict(self.headers)))
        if path in self.server.refused:
            return self.answer(403, {"error": "no permissions"})
        if path == POLICY and path in self.server.kept and query != "if_seq_no=7&if_primary_term=2":
            return self.answer(409, {"error": "version conflict"})
        self.server.kept[path] = body
        return self.answer(200, {"acknowledged": True})

    def do_POST(self) -> None:
        self.do_PUT()

    def do_GET(self) -> None:
        self.server.seen.append(("GET", self.path, dict(self.headers)))
        if self.path == "/credentials":
            return self.answer(200, {"AccessKeyId": "AKIDTEST", "SecretAccessKey": "se/cret+", "Token": "tok=en", "Expiration": "2030-01-01T00:00:00Z"})
        if self.path in self.server.kept:
            return self.answer(200, {"_id": "fluentbit", "_version": 1, "_seq_no": 7, "_primary_term": 2, "policy": {}})
        return self.answer(404, {"error": "not found"})

    def do_HEAD(self) -> None:
        alias = self.path.rpartition("/")[2]
        self.answer(200 if f"/{alias}-000001" in self.server.kept else 404, {})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body, indent=1).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Not among the tests' own lines."""


class ServerTest(ContextTest):
    """A test with a server of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.server = Server()
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
