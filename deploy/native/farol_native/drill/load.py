"""A trickle of events into the gateway, so that failures have requests to show in; counts the answers by status."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections import Counter

from ..http_probe import DIRECT

SENDERS = 4
PAUSE_SECONDS = 0.25
# Longer than the gateway waits for Kafka.
PATIENCE_SECONDS = 15


class Load:
    """Some senders, each with one request at a time, until it is ended."""

    def __init__(self, gateway: str, key: str) -> None:
        self.answers: Counter[str] = Counter()
        self._url, self._key = f"{gateway}/v1/events", key
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _send(self, sender: int) -> None:
        number = 0
        while not self._end.wait(PAUSE_SECONDS):
            number += 1
            self.answers[self._one(f"{sender}-{number}")] += 1

    def _one(self, name: str) -> str:
        """The status of one event's answer, or the name of what happened instead."""
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        headers |= {"ce-specversion": "1.0", "ce-id": name, "ce-source": "/drill", "ce-type": "drill"}
        request = urllib.request.Request(self._url, data=b"{}", headers=headers, method="POST")
        try:
            with DIRECT.open(request, timeout=PATIENCE_SECONDS) as answer:
                return str(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return str(error.code)
        except OSError as error:
            return type(error).__name__
