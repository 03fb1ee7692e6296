"""Owns programs that a test starts for itself: on free ports, waited for until they answer, stopped in the end."""

import socket
import subprocess
import time
import urllib.error
import urllib.request

START_LIMIT_S = 60
STOP_LIMIT_S = 15


def free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Program:
    """Runs while its `with` lasts; what it says goes to a file."""

    def __init__(self, name, command, environment, log, answers_at):
        self.name, self.command, self.environment = name, command, environment
        self.log, self.answers_at = log, answers_at
        self.process = None

    def __enter__(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(self.answers_at, timeout=2).close()
                return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)  # between two looks at the condition
        self.stop()
        raise RuntimeError(f"{self.name} did not answer within {START_LIMIT_S} s:\n{self.log.read_text(errors='replace')[-4000:]}")

    def __exit__(self, *_):
        self.stop()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
