"""Sends one event to Farol in binary mode, and prints its receipt and where to see it."""

import http.client
import json
import os
import random
import secrets
import sys
import time
import urllib.error
import urllib.request
import uuid

from cloudevents.core.bindings.http import to_binary_event
from cloudevents.core.v1.event import CloudEvent

GATEWAY = os.environ.get("FAROL_GATEWAY_URL", "http://127.0.0.1:8080")
JAEGER = os.environ.get("FAROL_JAEGER_URL", "http://127.0.0.1:16686")
KEY = os.environ.get("FAROL_KEY") or sys.exit("set FAROL_KEY to your key")
ATTEMPTS = 6


def main() -> None:
    # The id stays the same however often the event is sent; that is what makes sending it again safe.
    attributes = {"id": str(uuid.uuid4()), "source": "/examples/python", "type": "com.example.greeting"}
    event = CloudEvent({**attributes, "specversion": "1.0", "datacontenttype": "application/json"}, {"hello": "from Python"})
    # A W3C trace context by hand: version, trace id, span id, sampled. In a service OpenTelemetry's propagator writes it.
    trace_id = secrets.token_hex(16)
    message = to_binary_event(event)
    headers = {**message.headers, "Authorization": f"Bearer {KEY}", "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}

    receipt = send(urllib.request.Request(f"{GATEWAY}/v1/events", data=message.body, headers=headers))
    print(f"accepted: partition {receipt['partition']}, offset {receipt['offset']}")
    print(f"event  {GATEWAY}/v1/event?source={receipt['source']}&id={receipt['id']}")
    print(f"trace  {JAEGER}/trace/{trace_id}")


def send(request: urllib.request.Request) -> dict:
    """The receipt; sent again while the answer says that this may help, or while there is none."""
    for attempt in range(1, ATTEMPTS + 1):
        # Half to one and a half of 1, 2, 4 ... seconds, where the answer names no time.
        wait = min(30, 2 ** (attempt - 1)) * random.uniform(0.5, 1.5)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            problem = refused.read().decode()
            if refused.code not in (408, 429, 503) or attempt == ATTEMPTS:
                sys.exit(f"refused with {refused.code}: {problem}")
            wait = float(refused.headers.get("Retry-After", wait))
        except (OSError, http.client.HTTPException) as error:
            if attempt == ATTEMPTS:
                sys.exit(f"no answer: {error}")
        time.sleep(wait)
    raise AssertionError("the last attempt returns or ends the program")


main()
