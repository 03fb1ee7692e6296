//! Bodies as they come and go. A test sends the requests, and holds every example against its schema.

use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{Content, OpenApi, RefOr};

use super::headers::operations;

/// Adds the examples to the operations they belong to.
pub(crate) struct Examples;

/// Where an example belongs.
enum Of {
    /// The request body of this media type.
    Request(&'static str),
    /// The JSON answer of this status.
    Answer(&'static str),
}

type Example = (&'static str, Of, &'static str, Value);

impl Modify for Examples {
    fn modify(&self, document: &mut OpenApi) {
        for (operation_id, of, summary, value) in all() {
            let operations = document.paths.paths.values_mut().flat_map(operations);
            for operation in
                operations.filter(|operation| operation.operation_id.as_deref() == Some(operation_id))
            {
                let content = match of {
                    Of::Request(media_type) => {
                        operation.request_body.as_mut().and_then(|body| body.content.get_mut(media_type))
                    }
                    Of::Answer(status) => match operation.responses.responses.get_mut(status) {
                        Some(RefOr::T(response)) => response.content.get_mut("application/json"),
                        _ => None,
                    },
                };
                if let Some(content) = content {
                    add(content, summary, value.clone());
                }
            }
        }
    }
}

fn add(content: &mut Content, summary: &str, value: Value) {
    let name = summary.replace(' ', "-");
    let example = ExampleBuilder::new().summary(summary).value(Some(value)).build();
    content.examples.insert(name, example.into());
}

fn all() -> Vec<Example> {
    let mut all = requests();
    all.extend(receipts());
    all.extend(look_ups());
    all.extend(management());
    all
}

fn flight(id: &str, origin: &str, delay: i32) -> Value {
    json!({
        "specversion": "1.0",
        "id": id,
        "source": format!("/nyc/{origin}"),
        "type": "aero.flight.departed",
        "time": "2013-01-01T05:17:00-05:00",
        "data": { "carrier": "UA", "delay": delay },
    })
}

fn requests() -> Vec<Example> {
    let one = flight("2013-01-01-UA-1545", "EWR", 2);
    let two = json!([flight("2013-01-01-UA-1714", "LGA", 4), flight("2013-01-01-UA-1696", "EWR", -4)]);
    vec![
        ("sendEvents", Of::Request("application/cloudevents+json"), "one event", one),
        ("sendEvents", Of::Request("application/cloudevents-batch+json"), "a batch", two),
        ("sendEvents", Of::Request("application/cloudevents-batch+json"), "an empty batch", json!([])),
        (
            "sendEvents",
            Of::Request("application/json"),
            "binary mode",
            json!({ "carrier": "B6", "delay": -1 }),
        ),
    ]
}

const TRACE: &str = "94ac1193798de602a583c990e4dae5cb";

fn receipt(id: &str, source: &str, offset: i64) -> Value {
    json!({
        "id": id, "source": source, "topic": "farol.events", "partition": 4, "offset": offset, "traceId": TRACE,
        "repeat": false,
    })
}

fn receipts() -> Vec<Example> {
    let (one, other) =
        (receipt("2013-01-01-UA-1714", "/nyc/LGA", 118), receipt("2013-01-01-UA-1696", "/nyc/EWR", 119));
    let problem = json!({
        "type": "urn:farol:problem:malformed-event", "title": "The message is not a CloudEvent", "status": 400,
        "detail": "attribute type: is required", "pointer": "/1/type",
    });
    let results = json!([
        { "status": 202, "retryable": false, "receipt": one },
        { "status": 400, "retryable": false, "problem": problem },
    ]);
    let single = receipt("2013-01-01-UA-1545", "/nyc/EWR", 117);
    vec![
        ("sendEvents", Of::Answer("202"), "one event", single),
        ("sendEvents", Of::Answer("202"), "a batch", json!([one, other])),
        ("sendEvents", Of::Answer("202"), "an empty batch", json!([])),
        ("sendEvents", Of::Answer("207"), "a batch with a bad event", results),
    ]
}

fn look_ups() -> Vec<Example> {
    let stored = json!({
        "status": "stored", "event": flight("2013-01-01-UA-1545", "EWR", 2), "topic": "farol.events", "partition": 4,
        "offset": 117, "traceId": TRACE, "receivedAt": "2026-03-01T12:00:00.031Z",
        "storedAt": "2026-03-01T12:00:00.078412Z",
    });
    let letter = json!({
        "status": "dead_lettered", "letterId": 7, "cause": "conflict", "state": "open", "redrives": 0,
        "topic": "farol.events", "partition": 4, "offset": 117, "traceId": TRACE,
        "createdAt": "2026-03-01T12:00:00.078412Z", "updatedAt": "2026-03-01T12:00:00.078412Z",
    });
    let accepted = json!({
        "status": "accepted", "topic": "farol.events", "partition": 4, "offset": 117, "recordsBefore": 12,
        "behind": { "records": 31, "seconds": 2 },
    });
    let page = json!({ "events": [stored], "cursor": "AAAAAAAAAu4AAAABXjT6bQ7mZ0a0rC1X", "caughtUp": true });
    vec![
        ("findEvent", Of::Answer("200"), "a row", stored),
        ("findEvent", Of::Answer("200"), "a dead letter", letter),
        ("findEvent", Of::Answer("200"), "on its way", accepted),
        (
            "findEvent",
            Of::Answer("200"),
            "its row has left",
            json!({ "status": "expired", "storedAt": "2026-01-01T12:00:00.078412Z" }),
        ),
        ("listEvents", Of::Answer("200"), "the last page", page),
        ("listDeadLetters", Of::Answer("200"), "the last page", letters()),
    ]
}

fn letters() -> Value {
    let letter = json!({
        "letterId": 7, "cause": "unstorable", "state": "quarantined", "sqlstate": "23514", "redrives": 1,
        "topic": "farol.events", "partition": 4, "offset": 117, "traceId": TRACE,
        "createdAt": "2026-03-01T12:00:00.078412Z", "updatedAt": "2026-03-01T12:30:00.078412Z",
        "source": "/nyc/EWR", "id": "2013-01-01-UA-1545", "quarantineReason": "sent by a test",
    });
    let counts = json!([{ "cause": "unstorable", "state": "quarantined", "count": 1 }]);
    json!({ "letters": [letter], "counts": counts })
}

fn management() -> Vec<Example> {
    let partition = json!({ "partition": 0, "leader": 1, "replicas": [1, 2, 3], "inSync": [1, 2, 3] });
    let topic = json!({
        "topic": "farol.events", "brokers": 3, "partitionCount": 1, "underReplicated": 0, "partitions": [partition],
        "watermark": { "partition": 0, "low": 0, "high": 842 },
    });
    let kafka = passed("kafka", topic);
    let postgres = passed("postgres", json!({ "inRecovery": false, "readOnly": false }));
    let redis = passed("redis", json!({ "operations": ["set", "get", "del"] }));
    let version = json!({
        "name": "farol-gateway", "version": "0.1.0", "commit": "8f3c2d1", "builtAt": "2026-03-01T09:00:00Z",
        "deployedBy": "a pipeline", "waivedChecks": [],
        "flags": {
            "sha256": null, "loadedAt": null, "fileIsWrong": false,
            "values": [{ "key": "shed-events", "value": {}, "variant": null, "reason": "default" }],
        },
    });
    let (all, part) = (json!([kafka, postgres, redis]), json!([kafka, postgres, failed("redis")]));
    vec![
        ("health", Of::Answer("200"), "alive", json!({ "status": "ok" })),
        ("ready", Of::Answer("200"), "ready", json!({ "status": "ready" })),
        ("ready", Of::Answer("503"), "stopping", json!({ "status": "unready", "reason": "draining" })),
        ("version", Of::Answer("200"), "a build", version),
        ("checkKafka", Of::Answer("200"), "it answers", kafka),
        ("checkKafka", Of::Answer("503"), "it does not", failed("kafka")),
        ("checkPostgres", Of::Answer("200"), "it answers", postgres),
        ("checkPostgres", Of::Answer("503"), "it does not", failed("postgres")),
        ("checkRedis", Of::Answer("200"), "it answers", redis),
        ("checkRedis", Of::Answer("503"), "it does not", failed("redis")),
        ("checkAll", Of::Answer("200"), "all answer", json!({ "ok": true, "checks": all })),
        ("checkAll", Of::Answer("503"), "one does not", json!({ "ok": false, "checks": part })),
    ]
}

fn passed(name: &str, details: Value) -> Value {
    json!({
        "name": name, "ok": true, "latencyMs": 0.612, "connectMs": 1.704, "checkedAt": "2026-03-01T12:00:00.5Z",
        "details": details,
    })
}

fn failed(name: &str) -> Value {
    json!({
        "name": name, "ok": false, "latencyMs": 1.204, "checkedAt": "2026-03-01T12:00:00.5Z", "reason": "unreachable",
    })
}
