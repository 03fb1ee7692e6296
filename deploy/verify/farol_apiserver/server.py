"""Runs etcd and kube-apiserver in a temporary folder, on free ports of loopback, with keys and a token made for this one run."""

from __future__ import annotations

import secrets
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from farol_native import commands, ports, processes, throwaway
from farol_native.component import StackError
from farol_native.launch import PATH

from .client import Client, Unreachable
from .programs import Programs

READY_SECONDS = 300
Child = tuple[str, subprocess.Popen[bytes]]
LOGS = ("kube-apiserver.log", "etcd.log")


@contextmanager
def running(programs: Programs) -> Iterator[Client]:
    """A server that is ready, as its administrator; nothing of it stays, whatever happens."""
    home = throwaway.folder()
    children: list[Child] = []
    before = {number: signal.signal(number, interrupted) for number in throwaway.SIGNALS}
    try:
        client = start(programs, home, children)
        with closing(client):
            yield client
    finally:
        for number in throwaway.SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        processes.end_marked(home)
        for _, child in children:
            child.wait()
        shutil.rmtree(home)
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupted(number: int, _frame: object) -> None:
    raise throwaway.Interrupted(number)


def start(programs: Programs, home: Path, children: list[Child]) -> Client:
    home.chmod(0o700)
    port, token = ports.choose(1, [])[0], secrets.token_hex(24)
    (home / "tokens.csv").write_text(f'{token},administrator,administrator,"system:masters"\n')
    key = home / "accounts.pem"
    commands.run_logged(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key], home / "openssl.log")
    children.append(launch(home, "etcd", etcd_command(programs, home)))
    children.append(launch(home, "kube-apiserver", apiserver_command(programs, home, port, key)))
    return wait_ready(home, port, token, children)


def etcd_command(programs: Programs, home: Path) -> list[str]:
    """On sockets in the private folder, so that nobody else reaches it; nothing it keeps outlives the run."""
    # What it would tell others of itself must have a host and a port; there are no others.
    told = "http://127.0.0.1:2380"
    return [
        str(programs.etcd),
        f"--data-dir={home}/etcd",
        f"--listen-client-urls=unix://{home}/etcd.sock",
        f"--advertise-client-urls={told}",
        f"--listen-peer-urls=unix://{home}/peers.sock",
        f"--initial-advertise-peer-urls={told}",
        f"--initial-cluster=default={told}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver_command(programs: Programs, home: Path, port: int, key: Path) -> list[str]:
    """As EKS runs it where it matters: all default admission, RBAC, privileged pods left to pod security."""
    return [
        str(programs.apiserver),
        f"--etcd-servers=unix://{home}/etcd.sock",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        # It makes itself a certificate for 127.0.0.1 there.
        f"--cert-dir={home}/certificates",
        f"--token-auth-file={home}/tokens.csv",
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=172.20.0.0/16",
        # Loopback is no address that the Service `kubernetes` could have, and nobody asks for it here.
        "--endpoint-reconciler-type=none",
        "--profiling=false",
    ]


def launch(home: Path, name: str, command: list[str]) -> Child:
    environment = {"PATH": PATH, "HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC", processes.MARK: str(home)}
    with (home / f"{name}.log").open("ab") as log:
        options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT, "start_new_session": True}
        return name, subprocess.Popen(command, cwd=home, env=environment, **options)


def wait_ready(home: Path, port: int, token: str, children: list[Child]) -> Client:
    """Until /readyz says so; a program that ended, or time that ran out, is told with the end of its log."""
    deadline = time.monotonic() + READY_SECONDS
    certificate = home / "certificates/apiserver.crt"
    while time.monotonic() < deadline:
        for name, child in children:
            if child.poll() is not None:
                raise StackError(f"{name} ended with {child.returncode}:\n{commands.tail(home / f'{name}.log')}")
        if certificate.is_file() and (client := ready(port, token, certificate)):
            return client
        time.sleep(0.1)
    tails = "\n".join(f"{name}:\n{commands.tail(home / name)}" for name in LOGS)
    raise StackError(f"kube-apiserver is not ready after {READY_SECONDS} s\n{tails}")


def ready(port: int, token: str, certificate: Path) -> Client | None:
    try:
        client = Client(port, token, ssl.create_default_context(cafile=str(certificate)))
        if client.call("GET", "/readyz").status == 200:
            return client
        client.close()
    except (Unreachable, ssl.SSLError):
        pass  # not listening yet, or the certificate is not written to its end
    return None
