"""The first rival: an intake of CloudEvents as a team would write it on Flask, gunicorn and confluent-kafka.

It answers 202 when the delivery report has come, with acks=all and an idempotent producer; what it does not do beside
that, the gateway does: keys, rates, receipts of repeats, batches, limits, traces.
"""

from __future__ import annotations

import atexit
import os
import threading

from confluent_kafka import KafkaException, Producer
from flask import Flask, jsonify, request

TOPIC = os.environ["KAFKA_TOPIC"]
REQUIRED = ("specversion", "id", "source", "type")
DELIVERY_SECONDS = 8

app = Flask(__name__)
_producer: Producer | None = None
_guard = threading.Lock()


def producer() -> Producer:
    """One for each process, made after gunicorn has forked: its threads would not come along."""
    global _producer
    with _guard:
        if _producer is None:
            _producer = Producer(
                {
                    "bootstrap.servers": os.environ["KAFKA_BROKERS"],
                    "enable.idempotence": True,
                    "acks": "all",
                    "delivery.timeout.ms": DELIVERY_SECONDS * 1000,
                }
            )
            stopped = threading.Event()
            reports = threading.Thread(target=_serve_reports, args=(_producer, stopped), daemon=True)
            reports.start()
            atexit.register(_end, _producer, stopped)
    return _producer


def _serve_reports(served: Producer, stopped: threading.Event) -> None:
    while not stopped.is_set():
        served.poll(0.1)


def _end(ended: Producer, stopped: threading.Event) -> None:
    stopped.set()
    ended.flush(DELIVERY_SECONDS)


class Delivery:
    """What became of one record, once it is known."""

    def __init__(self) -> None:
        self._known = threading.Event()
        self.error = None
        self.partition = -1
        self.offset = -1

    def report(self, error, message) -> None:
        self.error = error
        if error is None:
            self.partition, self.offset = message.partition(), message.offset()
        self._known.set()

    def wait(self) -> bool:
        return self._known.wait(DELIVERY_SECONDS + 1)


def mistake(event: object) -> str | None:
    """What is wrong with an event, if something is."""
    if not isinstance(event, dict):
        return "an event is a JSON object"
    for name in REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            return f"{name} is missing or no text"
    if event["specversion"] != "1.0":
        return "specversion is not 1.0"
    return None


def key(event: dict) -> str:
    """Events of one source and subject stay in order."""
    return event.get("partitionkey") or f"{event['source']}|{event.get('subject') or event['id']}"


@app.get("/ready")
def ready():
    # this process's producer connects before it is asked to produce
    producer().list_topics(TOPIC, timeout=10)
    return "", 200


@app.post("/v1/events")
def accept():
    if request.mimetype != "application/cloudevents+json":
        return jsonify(title="unsupported media type"), 415
    event = request.get_json(force=True, silent=True)
    wrong = mistake(event)
    if wrong is not None:
        return jsonify(title="malformed event", detail=wrong), 400
    delivery = Delivery()
    headers = {"content-type": "application/cloudevents+json"}
    try:
        producer().produce(TOPIC, value=request.get_data(), key=key(event), headers=headers, on_delivery=delivery.report)
    except (BufferError, KafkaException):
        return jsonify(title="cannot accept now"), 503, {"Retry-After": "1"}
    if not delivery.wait() or delivery.error is not None:
        return jsonify(title="cannot accept now"), 503, {"Retry-After": "1"}
    receipt = {"id": event["id"], "source": event["source"], "topic": TOPIC}
    return jsonify(**receipt, partition=delivery.partition, offset=delivery.offset), 202
