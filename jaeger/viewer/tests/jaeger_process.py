"""Owns a real Jaeger with a memory store on free ports that serves the viewer, and the posting of spans to it."""

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

VIEWER = Path(__file__).resolve().parent.parent
START_LIMIT_S = 60

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


def free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Jaeger:
    """Started by `with`; stopped and its folder removed on leaving."""

    def __init__(self, binary, ui_config, base_path=""):
        self.binary, self.ui_config, self.base_path = binary, ui_config, base_path
        self.http, self.grpc, self.otlp = free_ports(3)
        self.url = f"http://127.0.0.1:{self.http}{base_path}"
        self.process = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="farol-viewer-jaeger-")
        home = Path(self.folder.name)
        (home / "ui.json").write_text(json.dumps(self.ui_config))
        (home / "config.yaml").write_text(CONFIG.format(
            viewer=VIEWER, ui_config=home / "ui.json", base_path=self.base_path, http=self.http, grpc=self.grpc, otlp=self.otlp))
        self.log = open(home / "log", "wb")
        environment = {**os.environ, "OTEL_TRACES_SAMPLER": "always_off"}  # or it would show up among the services
        self.process = subprocess.Popen([self.binary, f"--config={home / 'config.yaml'}"], stdout=self.log, stderr=self.log, env=environment)
        self.await_answer(home / "log")
        return self

    def __exit__(self, *_):
        self.stop()
        self.log.close()
        self.folder.cleanup()

    def await_answer(self, log):
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/api/services", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)  # between two looks at the condition
        self.stop()
        raise RuntimeError(f"Jaeger did not answer within {START_LIMIT_S} s:\n{log.read_text(errors='replace')}")

    def post(self, payload):
        """Stores spans given as an OTLP/HTTP JSON body; they can be queried as soon as this returns."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.otlp}/v1/traces", json.dumps(payload).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
        if answer.get("partialSuccess", {}).get("rejectedSpans"):
            raise RuntimeError(f"Jaeger refused spans: {answer}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
