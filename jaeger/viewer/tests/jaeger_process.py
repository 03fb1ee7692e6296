"""Owns a real Jaeger with a memory store on free ports that serves the viewer, and the posting of spans to it."""

import json
import os
import tempfile
import urllib.request
from pathlib import Path

from farol_browser.environment import Missing, cache_home
from farol_browser.program import Program, free_ports

VIEWER = Path(__file__).resolve().parent.parent

CONFIG = """
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {{receivers: [otlp], exporters: [jaeger_storage_exporter]}}
  telemetry: {{metrics: {{level: none}}, logs: {{level: warn}}}}
extensions:
  jaeger_storage: {{backends: {{memory: {{memory: {{max_traces: 10000}}}}}}}}
  jaeger_query:
    base_path: "{base_path}"
    storage: {{traces: memory}}
    ui: {{assets_path: "{viewer}", config_file: "{ui_config}"}}
    http: {{endpoint: "127.0.0.1:{http}"}}
    grpc: {{endpoint: "127.0.0.1:{grpc}"}}
receivers:
  otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{otlp}"}}}}}}
exporters:
  jaeger_storage_exporter: {{trace_storage: memory}}
"""


def require_jaeger(given):
    """Returns the Jaeger binary to start: the given one, else the newest build in the cache."""
    candidates = [Path(given)] if given else sorted(cache_home().glob("jaeger-*/**/jaeger"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in candidates:
        if path.is_file() and os.access(path, os.X_OK):
            return path
    where = given or f"{cache_home()}/jaeger-*/"
    raise Missing(f"no Jaeger binary at {where}: `make up` builds one, or name yours with --jaeger-binary")


class Jaeger:
    """Started by `with`; stopped and its folder removed on leaving."""

    def __init__(self, binary, ui_config, base_path=""):
        self.binary, self.ui_config, self.base_path = binary, ui_config, base_path
        self.http, self.grpc, self.otlp = free_ports(3)
        self.url = f"http://127.0.0.1:{self.http}{base_path}"

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="farol-viewer-jaeger-")
        home = Path(self.folder.name)
        (home / "ui.json").write_text(json.dumps(self.ui_config))
        (home / "config.yaml").write_text(CONFIG.format(
            viewer=VIEWER, ui_config=home / "ui.json", base_path=self.base_path, http=self.http, grpc=self.grpc, otlp=self.otlp))
        environment = {**os.environ, "OTEL_TRACES_SAMPLER": "always_off"}  # or it would show up among the services
        command = [self.binary, f"--config={home / 'config.yaml'}"]
        self.program = Program("Jaeger", command, environment, home / "log", f"{self.url}/api/services").__enter__()
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def post(self, payload):
        """Stores spans given as an OTLP/HTTP JSON body; they can be queried as soon as this returns."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.otlp}/v1/traces", json.dumps(payload).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
        if answer.get("partialSuccess", {}).get("rejectedSpans"):
            raise RuntimeError(f"Jaeger refused spans: {answer}")

    def stop(self):
        self.program.stop()
