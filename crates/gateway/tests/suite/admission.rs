//! A gateway that is full: it refuses at once, says when to come again, and takes nothing in.

use crate::support::{Running, WRITER, answer, event, json, start};
use testkit::eventually;

/// A gateway whose broker does not answer, so that what is admitted stays in.
async fn stalled(more: &[(&str, &str)]) -> Running {
    let mut settings = vec![
        ("FAROL_KAFKA_BROKERS", format!("127.0.0.1:{}", testkit::closed_port())),
        ("FAROL_DELIVERY_TIMEOUT", "3s".to_owned()),
    ];
    settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    start(&settings).await
}

/// Sends events until one is refused for lack of room; the others stay in flight.
async fn refused(gateway: &Running) -> reqwest::Response {
    eventually("the gateway is full", || async {
        let pending = tokio::spawn(gateway.post(WRITER, &event()).send());
        let answer = tokio::time::timeout(std::time::Duration::from_millis(300), pending).await;
        answer.ok().map(|answer| answer.unwrap().unwrap())
    })
    .await
}

#[tokio::test]
async fn a_full_gateway_refuses_at_once_and_says_when_to_come_again() {
    for limit in [("FAROL_MAX_IN_FLIGHT_REQUESTS", "2"), ("FAROL_KAFKA_QUEUE_EVENTS", "2")] {
        let gateway = stalled(&[limit]).await;
        let response = refused(&gateway).await;
        assert_eq!(response.status(), 503, "{limit:?}");
        let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=30).contains(&seconds), "{seconds}");
        assert_eq!(json(response).await["type"], "urn:farol:problem:overloaded", "{limit:?}");
        assert_eq!(answer(gateway.get("/ready")).await.0, 200, "being full is no reason to get no requests");
        assert_eq!(answer(gateway.get("/health")).await.0, 200);
    }
}

#[tokio::test]
async fn bytes_are_a_limit_of_their_own() {
    let gateway = stalled(&[
        ("FAROL_MAX_IN_FLIGHT_BYTES", "8192"),
        ("FAROL_MAX_EVENT_BYTES", "8192"),
        ("FAROL_MAX_BATCH_BYTES", "8192"),
    ])
    .await;
    let mut large = event();
    large["data"] = serde_json::json!("x".repeat(5_000));
    let (one, other) =
        tokio::join!(answer(gateway.post(WRITER, &large)), answer(gateway.post(WRITER, &large)));
    let mut types = [one.1["type"].clone(), other.1["type"].clone()].map(|kind| kind.to_string());
    types.sort();
    assert_eq!(types, ["\"urn:farol:problem:overloaded\"", "\"urn:farol:problem:unavailable\""]);
}

#[tokio::test]
async fn a_refused_connection_is_kept_for_the_next_request() {
    let gateway = stalled(&[("FAROL_MAX_IN_FLIGHT_REQUESTS", "1")]).await;
    let _in_flight = tokio::spawn(gateway.post(WRITER, &event()).send());
    refused(&gateway).await;
    let addresses = futures::future::join_all((0..3).map(|_| async {
        let response = gateway.post(WRITER, &event()).send().await.unwrap();
        assert_eq!(response.status(), 503);
        assert_ne!(response.headers().get("connection").map(|value| value.as_bytes()), Some(&b"close"[..]));
    }));
    addresses.await;
}

#[tokio::test]
async fn room_that_was_taken_is_given_back() {
    let gateway = start(&[("FAROL_MAX_IN_FLIGHT_REQUESTS", "1")].map(|(n, v)| (n, v.to_owned()))).await;
    for _ in 0..5 {
        assert_eq!(answer(gateway.post(WRITER, &event())).await.0, 202);
        let malformed = gateway.post_bytes("{").bearer_auth(WRITER);
        assert_eq!(answer(malformed).await.0, 400);
    }
}
