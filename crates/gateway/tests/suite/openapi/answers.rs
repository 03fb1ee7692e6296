//! What a gateway really answers, held against what its document says of it.

use super::document::Api;
use super::{BATCH, post, start_migrated, text};
use crate::support::{AIRPORT, READER, WRITER, event, start, uuid};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::{Database, KeysFile, eventually};

#[tokio::test]
async fn what_is_answered_to_events_is_as_documented() {
    let gateway = start(&[]).await;
    let api = Api::of(&gateway).await;
    let operation = api.operation("sendEvents");
    let (good, bad) = (event(), json!({ "specversion": "1.0" }));
    let (mut nul, mut foreign) = (event(), event());
    nul["data"] = json!("\0");
    foreign["source"] = json!("/lax");
    let structured = |key: &str, event: &Value| gateway.post(key, event);
    let batch = |events: Value| post(&gateway, BATCH, events.to_string());
    let large = "x".repeat(2 << 20);
    let requests = [
        (202, structured(WRITER, &good)),
        (202, batch(json!([event(), event()]))),
        (207, batch(json!([event(), bad])).header("prefer", "handling=lenient")),
        (400, structured(WRITER, &bad)),
        (400, batch(json!([event(), bad]))),
        (400, post(&gateway, "application/cloudevents+json", "x".into()).header("content-encoding", "gzip")),
        (401, gateway.post_bytes("{}")),
        (403, structured(READER, &good)),
        (403, structured(AIRPORT, &foreign)),
        (413, post(&gateway, "text/plain", large)),
        (414, gateway.request(Method::POST, &format!("/v1/events?{}", "x".repeat(9_000)))),
        (415, post(&gateway, "application/cloudevents+avro", "x".into())),
        (415, structured(WRITER, &good).header("content-encoding", "br")),
        (422, structured(WRITER, &nul)),
        (422, batch(json!([nul]))),
        (431, structured(WRITER, &good).header("x-long", "x".repeat(70_000))),
    ];
    for (status, request) in requests {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status);
        api.check(&operation, answer).await;
    }
    let mut other = good;
    other["data"] = json!("other");
    let conflict = || async {
        let answer = structured(WRITER, &other).send().await.unwrap();
        (answer.status() == 409).then_some(answer)
    };
    api.check(&operation, eventually("the first receipt is kept", conflict).await).await;
}

#[tokio::test]
async fn what_a_limited_or_a_full_gateway_answers_is_as_documented() {
    let keys = KeysFile::of(&json!({ "keys": [{
        "producer": uuid(), "sha256": hex::encode(Sha256::digest(WRITER)), "sources": ["*"], "roles": ["write"],
        "rate": { "eventsPerSecond": 1, "burst": 2 },
    }] }));
    let gateway = start(&[
        ("FAROL_KEYS_FILE", keys.path().display().to_string()),
        ("FAROL_KAFKA_BROKERS", format!("127.0.0.1:{}", testkit::closed_port())),
        ("FAROL_DELIVERY_TIMEOUT", "1s".to_owned()),
    ])
    .await;
    let api = Api::of(&gateway).await;
    let operation = api.operation("sendEvents");
    let batch = post(&gateway, BATCH, json!([event(), event(), event()]).to_string());
    let beyond_burst = batch.send().await.unwrap();
    assert!(beyond_burst.headers().contains_key("ratelimit-policy"));
    assert_eq!(api.check(&operation, beyond_burst).await["type"], "urn:farol:problem:too-large");
    let unavailable = post(&gateway, BATCH, json!([event(), event()]).to_string()).send().await.unwrap();
    assert_eq!(unavailable.status(), 503);
    api.check(&operation, unavailable).await;
    // More at once than the burst, and no answer before its second is over.
    let posts = futures::future::join_all((0..8).map(|_| gateway.post(WRITER, &event()).send())).await;
    let limited = posts.into_iter().map(Result::unwrap).find(|answer| answer.status() == 429).unwrap();
    api.check(&operation, limited).await;
}

#[tokio::test]
async fn what_is_answered_to_look_ups_is_as_documented() {
    let (gateway, database) = start_migrated().await;
    let api = Api::of(&gateway).await;
    let (find, list) = (api.operation("findEvent"), api.operation("listEvents"));
    let get = |path: &str| gateway.get(path).bearer_auth(READER).send();
    let event = event();
    let receipt = crate::support::answer(gateway.post(WRITER, &event)).await.1;
    let path = format!("/v1/event?source=/nyc/JFK&id={}", text(&event["id"]));
    let at = format!("{path}&partition={}&offset={}", receipt["partition"], receipt["offset"]);
    assert_eq!(api.check(&find, get(&at).await.unwrap()).await["status"], "accepted");
    let nowhere = format!("{path}&partition={}&offset=9999", receipt["partition"]);
    assert_eq!(api.check(&find, get(&nowhere).await.unwrap()).await["type"], "urn:farol:problem:not-found");
    let never = get(&format!("/v1/event?source=/nyc/JFK&id={}", uuid())).await.unwrap();
    assert_eq!(api.check(&find, never).await["type"], "urn:farol:problem:not-stored-yet");
    dead_letter(&database, text(&event["id"])).await;
    assert_eq!(api.check(&find, get(&path).await.unwrap()).await["status"], "dead_lettered");
    store(&database, text(&event["id"])).await;
    let stored = api.check(&find, get(&path).await.unwrap()).await;
    assert_eq!((&stored["status"], &stored["event"]["id"]), (&json!("stored"), &event["id"]));
    let page = api.check(&list, get("/v1/events?limit=1").await.unwrap()).await;
    assert_eq!(page["events"][0], stored);
    database.run("TRUNCATE farol.events, farol.dead_letters").await;
    assert_eq!(api.check(&find, get(&path).await.unwrap()).await["status"], "expired");
    let letters = api.operation("listDeadLetters");
    for (operation, path) in [(&find, "/v1/event"), (&list, "/v1/events?limit=0")] {
        assert_eq!(api.check(operation, get(path).await.unwrap()).await["status"], 400);
    }
    for (operation, path) in [(&find, "/v1/event"), (&list, "/v1/events"), (&letters, "/v1/dead-letters")] {
        assert_eq!(api.check(operation, gateway.get(path).send().await.unwrap()).await["status"], 401);
        assert_eq!(
            api.check(operation, gateway.get(path).bearer_auth(WRITER).send().await.unwrap()).await["status"],
            403
        );
    }
}

/// The key of the event with this id from `/nyc/JFK`, as SQL.
fn key_of(id: &str) -> String {
    format!("encode(substring(sha256(int4send(8) || '/nyc/JFK{id}'::bytea) for 16), 'hex')::uuid")
}

/// Writes the rows that the worker would write.
async fn store(database: &Database, id: &str) {
    let key = key_of(id);
    database
        .run(&format!(
            "INSERT INTO farol.event_keys (key, tx, n, digest_version, digest) VALUES ({key}, 1, 1, 1, sha256('x'));
             INSERT INTO farol.events (key, stored_at, tx, n, source, id, type, extensions, data, topic, partition,
                                       \"offset\", received_at, trace_id, digest_version, digest)
             SELECT key, stored_at, tx, n, '/nyc/JFK', '{id}', 't', '{{\"leg\":\"2\"}}', '{{\"a\":1}}', 'topic', 0, 7,
                    now(), decode(repeat('ab', 16), 'hex'), 1, digest FROM farol.event_keys"
        ))
        .await;
}

/// Writes the letter that the worker would write of an event that cannot be a row.
async fn dead_letter(database: &Database, id: &str) {
    let key = key_of(id);
    database
        .run(&format!(
            "INSERT INTO farol.dead_letters (cluster_id, topic, partition, \"offset\", header_names, header_values,
                                             event_key, cause, sqlstate, message)
             VALUES ('c', 'topic', 0, 8, '{{}}', '{{}}', {key}, 'unstorable', '22P05', 'no such character')"
        ))
        .await;
}

#[tokio::test]
async fn without_a_database_a_look_up_is_unavailable_as_documented() {
    let nowhere = format!("postgres://postgres@127.0.0.1:{}/farol", testkit::closed_port());
    let gateway = start(&[("FAROL_DATABASE_URL", nowhere)]).await;
    let api = Api::of(&gateway).await;
    for (id, path) in [
        ("findEvent", "/v1/event?source=/a&id=1"),
        ("listEvents", "/v1/events"),
        ("checkPostgres", "/postgres"),
        ("checkAll", "/testes"),
    ] {
        let answer = gateway.get(path).bearer_auth(READER).send().await.unwrap();
        assert_eq!(answer.status(), 503, "{path}");
        api.check(&api.operation(id), answer).await;
    }
}
