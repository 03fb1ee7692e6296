//! What the gateway does with events: into Kafka, with a receipt, once.

use std::time::Instant;

use crate::support::{WRITER, answer, event, start, uuid};
use serde_json::{Value, json};

#[tokio::test]
async fn an_event_is_in_kafka_where_its_receipt_says() {
    let gateway = start(&[]).await;
    let event = event();
    let (status, receipt) = answer(gateway.post(WRITER, &event)).await;
    assert_eq!(status, 202, "{receipt}");
    let records = gateway.topic.records();
    let [record] = records.as_slice() else { panic!("one record, not {records:?}") };
    assert_eq!(receipt["partition"], record.partition);
    assert_eq!(receipt["offset"], record.offset);
    assert_eq!(receipt["topic"], gateway.topic.name());
    assert_eq!((&receipt["id"], &receipt["source"]), (&event["id"], &event["source"]));
    assert_eq!(receipt["repeat"], false);
}

#[tokio::test]
async fn a_record_carries_the_event_in_the_binding_of_kafka() {
    let gateway = start(&[]).await;
    let mut event = event();
    event["subject"] = json!("N14228");
    event["leg"] = json!(2);
    assert_eq!(answer(gateway.post(WRITER, &event)).await.0, 202);
    let record = &gateway.topic.records()[0];
    let value: Value = serde_json::from_slice(record.value.as_ref().unwrap()).unwrap();
    assert_eq!(value, event["data"]);
    assert_eq!(record.key.as_deref(), Some(&b"/nyc/JFK N14228"[..]));
    assert_eq!(record.header("ce_id"), event["id"].as_str());
    assert_eq!(record.header("ce_leg"), Some("2"));
    assert_eq!(record.header("content-type"), Some("application/json"));
    assert_eq!(record.header("farol-producer"), Some("test"));
    assert!(record.header("farol-received-at").unwrap().parse::<u64>().unwrap() > 1_700_000_000_000);
}

#[tokio::test]
async fn binary_mode_and_structured_mode_say_the_same() {
    let gateway = start(&[]).await;
    let id = uuid();
    let binary = gateway
        .request(reqwest::Method::POST, "/v1/events")
        .bearer_auth(WRITER)
        .header("ce-specversion", "1.0")
        .header("ce-id", &id)
        .header("ce-source", "/nyc/JFK")
        .header("ce-type", "t")
        .header("ce-subject", "Euro%20%E2%82%AC")
        .header("content-type", "application/json")
        .body("{ \"a\": 1.0 }");
    assert_eq!(answer(binary).await.0, 202);
    let structured = json!({
        "specversion": "1.0", "id": id, "source": "/nyc/JFK", "type": "t", "subject": "Euro €", "data": { "a": 1 },
    });
    testkit::eventually("the second is answered as a repeat of the first", || async {
        let (status, receipt) = answer(gateway.post(WRITER, &structured)).await;
        (status == 202 && receipt["repeat"] == true).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_repeated_event_gets_its_first_receipt_again() {
    let gateway = start(&[]).await;
    let event = event();
    let (_, first) = answer(gateway.post(WRITER, &event)).await;
    let again = testkit::eventually("the receipt is kept", || async {
        let (status, receipt) = answer(gateway.post(WRITER, &event)).await;
        assert_eq!(status, 202);
        (receipt["repeat"] == true).then_some(receipt)
    })
    .await;
    assert_eq!((&again["partition"], &again["offset"]), (&first["partition"], &first["offset"]));
}

#[tokio::test]
async fn the_same_identity_with_other_content_is_a_conflict() {
    let gateway = start(&[]).await;
    let mut event = event();
    assert_eq!(answer(gateway.post(WRITER, &event)).await.0, 202);
    event["data"]["delay"] = json!(3);
    let problem = testkit::eventually("the first receipt is kept", || async {
        let (status, body) = answer(gateway.post(WRITER, &event)).await;
        (status == 409).then_some(body)
    })
    .await;
    assert_eq!(problem["type"], "urn:farol:problem:conflict");
}

#[tokio::test]
async fn redis_away_changes_no_answer() {
    let redis = format!("redis://127.0.0.1:{}", testkit::closed_port());
    let gateway = start(&[("FAROL_REDIS_URL", redis)]).await;
    let event = event();
    for _ in 0..2 {
        let (status, receipt) = answer(gateway.post(WRITER, &event)).await;
        assert_eq!((status.as_u16(), &receipt["repeat"]), (202, &json!(false)));
    }
    assert_eq!(gateway.topic.records().len(), 2);
}

#[tokio::test]
async fn kafka_away_is_a_503_before_the_client_loses_patience() {
    let brokers = format!("127.0.0.1:{}", testkit::closed_port());
    let gateway =
        start(&[("FAROL_KAFKA_BROKERS", brokers), ("FAROL_DELIVERY_TIMEOUT", "1s".to_owned())]).await;
    let started = Instant::now();
    let response = gateway.post(WRITER, &event()).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    let problem = crate::support::json(response).await;
    assert_eq!(problem["type"], "urn:farol:problem:unavailable");
    assert!(!problem.to_string().contains("127.0.0.1"), "the cause stays inside: {problem}");
    assert_eq!(gateway.get("/ready").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn requests_in_flight_finish_when_it_stops() {
    let gateway = start(&[]).await;
    let posts: Vec<_> = (0..50).map(|_| tokio::spawn(gateway.post(WRITER, &event()).send())).collect();
    // Answered once, so the connections are up and the rest is in flight.
    assert_eq!(answer(gateway.post(WRITER, &event())).await.0, 202);
    for post in posts {
        assert_eq!(post.await.unwrap().unwrap().status(), 202);
    }
    gateway.stop().await.unwrap();
}
