//! `GET /v1/event`: what is told of an event, wherever it is.

use serde_json::{Value, json};

use testkit::RedisServer;

use crate::support::{AIRPORT, KEY, answer, insert, key_of, start};

fn event(source: &str) -> (String, Value) {
    let id = uuid::Uuid::new_v4().to_string();
    let event = json!({ "specversion": "1.0", "id": id, "source": source, "type": "t", "data": { "a": 1 } });
    (id, event)
}

#[tokio::test]
async fn an_event_the_worker_has_not_come_to_is_accepted() {
    let gateway = start(&[]).await;
    let (_, first) = event("/nyc");
    gateway.send(&first).await;
    let (id, second) = event("/nyc");
    let receipt = gateway.send(&second).await;
    let (partition, offset) = (receipt["partition"].to_string(), receipt["offset"].to_string());
    let by_position = [
        ("source", "/nyc"),
        ("id", id.as_str()),
        ("partition", partition.as_str()),
        ("offset", offset.as_str()),
    ];
    let (status, found) = gateway.find(&by_position).await;
    assert_eq!((status, &found["status"]), (200, &json!("accepted")), "{found}");
    assert_eq!((&found["partition"], &found["offset"]), (&receipt["partition"], &receipt["offset"]));
    assert_eq!((&found["recordsBefore"], &found["behind"]["records"]), (&json!(1), &json!(2)));
    let by_receipt = testkit::eventually("the receipt is kept", || async {
        let (status, found) = gateway.find(&by_position[..2]).await;
        (status == 200).then_some(found)
    })
    .await;
    assert_eq!(by_receipt["offset"], receipt["offset"]);
}

#[tokio::test]
async fn an_event_accepted_a_moment_after_somebody_looked_is_found() {
    let gateway = start(&[]).await;
    for _ in 0..5 {
        // Looks at Kafka's ends, which then are a moment old.
        assert_eq!(gateway.find(&[("source", "/nyc"), ("id", "nobody knows it")]).await.0, 404);
        let (id, event) = event("/nyc");
        let receipt = gateway.send(&event).await;
        let (partition, offset) = (receipt["partition"].to_string(), receipt["offset"].to_string());
        let position = [("source", "/nyc"), ("id", &id), ("partition", &partition), ("offset", &offset)];
        let (status, found) = gateway.find(&position).await;
        assert_eq!((status, &found["status"]), (200, &json!("accepted")), "{found}");
    }
}

#[tokio::test]
async fn a_position_that_is_decided_or_not_there_is_not_this_event() {
    let gateway = start(&[]).await;
    let ledger = "INSERT INTO farol.ledger (cluster_id, topic, partition, start_offset, next_offset, stored)
                  VALUES ('c', $1, 0, 0, 5, 5) RETURNING next_offset";
    let _: i64 = gateway.database.one(ledger, &[&gateway.topic.name()]).await;
    for (offset, detail) in [("4", "is decided"), ("900", "no record")] {
        let (status, problem) =
            gateway.find(&[("source", "/nyc"), ("id", "1"), ("partition", "0"), ("offset", offset)]).await;
        assert_eq!((status, &problem["type"]), (404, &json!("urn:farol:problem:not-found")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{problem}");
    }
}

#[tokio::test]
async fn a_dead_letter_tells_its_cause_and_never_its_content() {
    let gateway = start(&[]).await;
    let letter = "INSERT INTO farol.dead_letters (cluster_id, topic, partition, \"offset\", record_value, header_names,
                  header_values, event_key, cause, message)
                  VALUES ('c', 't', 3, 7, 'topsecret', '{}', '{}', $1, 'conflict', 'topsecret') RETURNING letter_id";
    let _: i64 = gateway.database.one(letter, &[&key_of("/nyc", "1")]).await;
    let (status, found) = gateway.find(&[("source", "/nyc"), ("id", "1")]).await;
    assert_eq!((status, &found["status"]), (200, &json!("dead_lettered")), "{found}");
    assert_eq!((&found["cause"], &found["state"]), (&json!("conflict"), &json!("open")));
    assert_eq!((&found["partition"], &found["offset"]), (&json!(3), &json!(7)));
    assert!(!found.to_string().contains("topsecret"));
    gateway.database.run("UPDATE farol.dead_letters SET state = 'resolved'").await;
    assert_eq!(gateway.find(&[("source", "/nyc"), ("id", "1")]).await.0, 404);
}

#[tokio::test]
async fn an_event_whose_row_has_left_is_expired() {
    let gateway = start(&[]).await;
    let key = "INSERT INTO farol.event_keys (key, tx, n, digest_version, digest)
               VALUES ($1, 1, 1, 1, sha256('x')) RETURNING tx";
    let _: i64 = gateway.database.one(key, &[&key_of("/nyc", "1")]).await;
    let (status, found) = gateway.find(&[("source", "/nyc"), ("id", "1")]).await;
    assert_eq!((status, &found["status"]), (200, &json!("expired")), "{found}");
    assert!(found["storedAt"].as_str().unwrap().starts_with("20"));
}

/// Takes the row and its key away, so that only Redis can know the event.
const FORGET: &str = "DELETE FROM farol.events; DELETE FROM farol.event_keys";

const LAX: [(&str, &str); 2] = [("source", "/lax"), ("id", "0")];

fn store_one() -> String {
    let key = key_of("/lax", "0");
    format!(
        "{} INSERT INTO farol.event_keys (key, stored_at, tx, n, digest_version, digest)
         SELECT key, stored_at, tx, n, digest_version, digest FROM farol.events WHERE key = '{key}'",
        insert("/lax", "t", 0, 1)
    )
}

#[tokio::test]
async fn a_stored_event_is_remembered_in_redis_and_nothing_else_is() {
    let redis = RedisServer::start();
    let settings = [("FAROL_REDIS_URL", redis.url()), ("FAROL_REDIS_TIMEOUT", "5s".to_owned())];
    let gateway = start(&settings).await;
    gateway.database.run(&store_one()).await;
    // The gateway serves before it is connected to Redis, and what it cannot keep then is not kept later.
    let first = testkit::eventually("it is remembered", || async {
        let answer = gateway.find(&LAX).await;
        (redis.run("DBSIZE") == ":1").then_some(answer)
    })
    .await;
    assert_eq!((first.0, &first.1["status"]), (200, &json!("stored")));
    gateway.database.run(FORGET).await;
    assert_eq!(gateway.find(&LAX).await, first);
    let foreign = gateway.get(AIRPORT, "/v1/event", &LAX);
    assert_eq!(answer(foreign).await.0, 403, "what is remembered is still read by its readers only");
    assert_eq!(redis.run("FLUSHALL"), "+OK");
    assert_eq!(gateway.find(&LAX).await.0, 404);
    gateway.database.run(&store_one()).await;
    assert_eq!(gateway.find(&LAX).await.0, 200, "what was absent is not remembered");
}

#[tokio::test]
async fn look_ups_are_the_databases_own_where_nothing_is_remembered() {
    let gateway = start(&[("FAROL_STORED_CACHE", "0s".to_owned())]).await;
    gateway.database.run(&store_one()).await;
    assert_eq!(gateway.find(&LAX).await.0, 200);
    gateway.database.run(FORGET).await;
    assert_eq!(gateway.find(&LAX).await.0, 404);
}

#[tokio::test]
async fn an_event_nobody_knows_is_not_stored_yet_and_the_answer_says_how_far_behind_the_worker_is() {
    let gateway = start(&[]).await;
    let (status, problem) = gateway.find(&[("source", "/nyc"), ("id", "1")]).await;
    assert_eq!((status, &problem["type"]), (404, &json!("urn:farol:problem:not-stored-yet")));
    assert_eq!(problem["behind"], json!({ "records": 0, "seconds": 0 }));
    assert!(problem["detail"].as_str().unwrap().contains("proves nothing"));
}

#[tokio::test]
async fn a_look_up_that_cannot_be_meant_names_the_parameter() {
    let gateway = start(&[]).await;
    for (query, parameter) in [
        (vec![("id", "1")], "source"),
        (vec![("source", "/nyc")], "id"),
        (vec![("source", "not a uri"), ("id", "1")], "source"),
        (vec![("source", "/nyc"), ("id", "1"), ("partition", "0")], "offset"),
        (vec![("source", "/nyc"), ("id", "1"), ("offset", "0")], "partition"),
        (vec![("source", "/nyc"), ("id", "1"), ("partition", "x"), ("offset", "0")], "partition"),
        (vec![("source", "/nyc"), ("id", "1"), ("partition", "0"), ("offset", "-1")], "offset"),
        (vec![("source", "/nyc"), ("id", "1"), ("id", "2")], "id"),
        (vec![("source", "/nyc"), ("id", "1"), ("ident", "2")], "ident"),
    ] {
        let (status, problem) = gateway.find(&query).await;
        assert_eq!(
            (status, &problem["type"]),
            (400, &json!("urn:farol:problem:malformed-request")),
            "{query:?}"
        );
        assert_eq!(problem["parameter"], parameter, "{problem}");
    }
    let foreign = gateway.get(AIRPORT, "/v1/event", &[("source", "/lax"), ("id", "1")]);
    assert_eq!(answer(foreign).await.0, 403);
}

#[tokio::test]
async fn postgresql_away_is_a_503_that_says_when_to_come_again() {
    let url = format!("postgres://farol:secret@127.0.0.1:{}/farol", testkit::closed_port());
    let gateway = start(&[("FAROL_DATABASE_URL", url)]).await;
    for path in ["/v1/event?source=/nyc&id=1", "/v1/events"] {
        let response = gateway.get(KEY, path, &[]).send().await.unwrap();
        assert_eq!(response.status(), 503, "{path}");
        assert!(response.headers().contains_key("retry-after"));
        assert!(!response.text().await.unwrap().contains("127.0.0.1"), "the cause stays inside");
    }
}
