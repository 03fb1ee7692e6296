"""A moto server on a free port of loopback: stands in for S3 (and STS) where Terraform keeps its state."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from .terraform import NICE, Failed
from .tools import Tools

SERVE = "import sys; from moto.server import main; main(['-H', '127.0.0.1', '-p', sys.argv[1]])"


class Moto:
    """Its address, and what a client needs to speak to it and to nobody else."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.env = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "moto",
            "AWS_SECRET_ACCESS_KEY": "moto",
            "AWS_REGION": "us-east-2",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_CONFIG_FILE": os.devnull,
        }

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        # moto looks at who signs only to tell the region.
        scope = "Credential=moto/20260101/us-east-2/s3/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0", "Content-Type": "application/xml"}
        request = urllib.request.Request(self.url + path, data=body or None, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 (loopback)
            return answer.read()

    def make_bucket(self, name: str) -> None:
        place = b"<CreateBucketConfiguration><LocationConstraint>us-east-2</LocationConstraint></CreateBucketConfiguration>"
        self.request("PUT", f"/{name}", place)
        self.request("PUT", f"/{name}?versioning", b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")


@contextmanager
def served(tools: Tools) -> Iterator[Moto]:
    """A server that answers, and is gone afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*NICE, sys.executable, "-c", SERVE, str(port)]
    environment = {**os.environ, "PYTHONPATH": str(tools.moto), "AWS_EC2_METADATA_DISABLED": "true"}
    with tempfile.TemporaryFile("w+") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server:
        moto = Moto(port)
        try:
            wait(server, moto, log)
            yield moto
        finally:
            server.terminate()


def wait(server: subprocess.Popen[bytes], moto: Moto, log: TextIO) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            moto.request("GET", "/moto-api/")
            return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise Failed(f"moto does not answer:\n{log.read()[-2000:]}") from None
            time.sleep(0.1)
