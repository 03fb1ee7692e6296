"""The second rival: an intake of CloudEvents as a team would write it on FastAPI, uvicorn and aiokafka.

It answers 202 when all in-sync replicas have the event, with an idempotent producer; what it does not do beside that,
the gateway does: keys, rates, receipts of repeats, batches, limits, traces.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

TOPIC = os.environ["KAFKA_TOPIC"]
DELIVERY_MILLISECONDS = 8_000


class Event(BaseModel):
    """The attributes that CloudEvents requires; extensions are welcome, and data is carried as it came."""

    model_config = ConfigDict(extra="allow")

    specversion: Literal["1.0"]
    id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    type: str = Field(min_length=1)
    subject: str | None = None
    partitionkey: str | None = None
    data: Any = None

    def key(self) -> str:
        """Events of one source and subject stay in order."""
        return self.partitionkey or f"{self.source}|{self.subject or self.id}"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    producer = AIOKafkaProducer(
        bootstrap_servers=os.environ["KAFKA_BROKERS"],
        enable_idempotence=True,
        acks="all",
        request_timeout_ms=DELIVERY_MILLISECONDS,
    )
    await producer.start()
    app.state.producer = producer
    try:
        yield
    finally:
        await producer.stop()


app = FastAPI(lifespan=lifespan)


@app.get("/ready")
async def ready() -> Response:
    return Response(status_code=200)


@app.post("/v1/events")
async def accept(request: Request) -> Response:
    if request.headers.get("content-type") != "application/cloudevents+json":
        return JSONResponse({"title": "unsupported media type"}, status_code=415)
    body = await request.body()
    try:
        event = Event.model_validate_json(body)
    except ValidationError as error:
        return JSONResponse({"title": "malformed event", "detail": error.errors(include_input=False, include_url=False)}, status_code=400)
    headers = [("content-type", b"application/cloudevents+json")]
    try:
        sent = await request.app.state.producer.send_and_wait(TOPIC, body, key=event.key().encode(), headers=headers)
    except KafkaError:
        return JSONResponse({"title": "cannot accept now"}, status_code=503, headers={"Retry-After": "1"})
    receipt = {"id": event.id, "source": event.source, "topic": TOPIC}
    return JSONResponse({**receipt, "partition": sent.partition, "offset": sent.offset}, status_code=202)
