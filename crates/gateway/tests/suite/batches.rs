//! Batches: whole or not at all, in order, with a result for every event.

use crate::support::{AIRPORT, Running, WRITER, answer, event, json, start};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

fn post_batch(gateway: &Running, key: &str, events: &[Value]) -> RequestBuilder {
    let request = gateway.request(reqwest::Method::POST, "/v1/events").bearer_auth(key);
    request.header("content-type", "application/cloudevents-batch+json").body(json!(events).to_string())
}

fn with(name: &str, value: Value) -> Value {
    let mut event = event();
    event[name] = value;
    event
}

fn statuses(results: &Value) -> Vec<u64> {
    results.as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_batch_is_in_kafka_in_its_order_with_a_receipt_for_each() {
    let gateway = start(&[]).await;
    let events: Vec<_> = (0..20).map(|_| with("partitionkey", json!("one"))).collect();
    let (status, receipts) = answer(post_batch(&gateway, WRITER, &events)).await;
    assert_eq!(status, 202, "{receipts}");
    let records = gateway.topic.records();
    assert_eq!(records.len(), events.len());
    for ((event, receipt), record) in events.iter().zip(receipts.as_array().unwrap()).zip(&records) {
        assert_eq!(receipt["id"], event["id"]);
        assert_eq!(
            (&receipt["offset"], &receipt["partition"]),
            (&json!(record.offset), &json!(record.partition))
        );
        assert_eq!(record.header("ce_id"), event["id"].as_str());
    }
}

#[tokio::test]
async fn an_empty_batch_is_accepted_and_has_no_receipts() {
    let gateway = start(&[]).await;
    let (status, receipts) = answer(post_batch(&gateway, WRITER, &[])).await;
    assert_eq!((status.as_u16(), receipts), (202, json!([])));
}

#[tokio::test]
async fn one_bad_event_keeps_the_others_out_and_each_is_told_why() {
    let gateway = start(&[]).await;
    let batch = [event(), with("type", Value::Null), with("data", json!({ "a": ["\0"] })), event()];
    let response = post_batch(&gateway, WRITER, &batch).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem = json(response).await;
    assert_eq!(problem["type"], "urn:farol:problem:batch-refused");
    assert_eq!(statuses(&problem["results"]), [424, 400, 422, 424]);
    let retryable: Vec<_> = problem["results"].as_array().unwrap().iter().map(|r| &r["retryable"]).collect();
    assert_eq!(retryable, [true, false, false, true]);
    assert_eq!(problem["results"][1]["problem"]["pointer"], "/1/type");
    assert_eq!(problem["results"][2]["problem"]["pointer"], "/2/data/a/0");
    assert_eq!(gateway.topic.records().len(), 0);
}

#[tokio::test]
async fn half_a_surrogate_pair_is_told_of_its_event_alone() {
    let gateway = start(&[]).await;
    let batch = json!([event(), with("data", json!(["HERE"])), event()]).to_string();
    let request = gateway.request(reqwest::Method::POST, "/v1/events").bearer_auth(WRITER);
    let request = request.header("content-type", "application/cloudevents-batch+json");
    let response = request.body(batch.replace("HERE", "\\ud800")).send().await.unwrap();
    let problem = json(response).await;
    assert_eq!(statuses(&problem["results"]), [424, 422, 424]);
    assert_eq!(problem["results"][1]["problem"]["pointer"], "/1/data/0");
}

#[tokio::test]
async fn a_lenient_client_has_its_good_events_taken() {
    let gateway = start(&[]).await;
    let batch = [event(), with("type", Value::Null), event()];
    for prefer in ["handling=lenient", "respond-async, Handling=\"lenient\"; wait=1"] {
        let response = post_batch(&gateway, WRITER, &batch).header("prefer", prefer).send().await.unwrap();
        assert_eq!(response.status(), 207);
        assert_eq!(response.headers()["preference-applied"], "handling=lenient");
        let results = json(response).await;
        assert_eq!(statuses(&results), [202, 400, 202]);
        assert_eq!(results[2]["receipt"]["id"], batch[2]["id"]);
    }
    let strict = post_batch(&gateway, WRITER, &batch).header("prefer", "handling=strict");
    assert_eq!(answer(strict).await.0, 400);
    let good = post_batch(&gateway, WRITER, &[event()]).header("prefer", "handling=lenient");
    assert_eq!(answer(good).await.0, 202);
}

#[tokio::test]
async fn a_batch_that_repeats_an_event_produces_it_once() {
    let gateway = start(&[]).await;
    let (one, two) = (event(), event());
    let batch = [one.clone(), two, one.clone()];
    let (status, receipts) = answer(post_batch(&gateway, WRITER, &batch)).await;
    assert_eq!(status, 202);
    assert_eq!((&receipts[0]["repeat"], &receipts[2]["repeat"]), (&json!(false), &json!(true)));
    assert_eq!(receipts[0]["offset"], receipts[2]["offset"]);
    assert_eq!(gateway.topic.records().len(), 2);
    let mut other = one.clone();
    other["data"]["delay"] = json!(99);
    let (status, problem) = answer(post_batch(&gateway, WRITER, &[one, other])).await;
    assert_eq!(status, 409, "{problem}");
    assert_eq!(statuses(&problem["results"]), [424, 409]);
}

#[tokio::test]
async fn a_batch_with_a_source_of_another_producer_is_forbidden() {
    let gateway = start(&[]).await;
    let (status, problem) =
        answer(post_batch(&gateway, AIRPORT, &[event(), with("source", json!("/lax"))])).await;
    assert_eq!(status, 403);
    assert_eq!(problem["results"][1]["problem"]["type"], "urn:farol:problem:forbidden");
}

#[tokio::test]
async fn a_batch_has_limits_of_its_own() {
    let gateway = start(&[
        ("FAROL_MAX_BATCH_EVENTS", "3".to_owned()),
        ("FAROL_MAX_EVENT_BYTES", "1024".to_owned()),
        ("FAROL_MAX_BATCH_BYTES", "8192".to_owned()),
    ])
    .await;
    let too_many: Vec<_> = (0..4).map(|_| event()).collect();
    let (status, problem) = answer(post_batch(&gateway, WRITER, &too_many)).await;
    assert_eq!((status.as_u16(), &problem["type"]), (413, &json!("urn:farol:problem:too-large")));
    let (status, problem) =
        answer(post_batch(&gateway, WRITER, &[event(), with("data", json!("x".repeat(2_000)))])).await;
    assert_eq!(status, 413);
    assert_eq!(statuses(&problem["results"]), [424, 413]);
    let huge = post_batch(&gateway, WRITER, &[with("data", json!("x".repeat(9_000)))]);
    assert_eq!(answer(huge).await.1["type"], "urn:farol:problem:too-large");
    assert_eq!(gateway.topic.records().len(), 0);
}

#[tokio::test]
async fn what_is_no_array_of_events_is_malformed() {
    let gateway = start(&[]).await;
    for (body, pointer) in [("{}", None), ("[{\"a\":1}", None), ("[1]", Some("/0")), ("", None)] {
        let request = gateway.request(reqwest::Method::POST, "/v1/events").bearer_auth(WRITER);
        let request = request.header("content-type", "application/cloudevents-batch+json").body(body);
        let (status, problem) = answer(request).await;
        assert_eq!(status, 400, "{body}: {problem}");
        if let Some(pointer) = pointer {
            assert_eq!(problem["results"][0]["problem"]["pointer"], pointer, "{problem}");
        }
    }
}

#[tokio::test]
async fn a_batch_that_kafka_took_only_in_part_says_which_part() {
    let brokers = format!("127.0.0.1:{}", testkit::closed_port());
    let gateway = start(&[
        ("FAROL_KAFKA_BROKERS", brokers),
        ("FAROL_DELIVERY_TIMEOUT", "1s".to_owned()),
        ("FAROL_KAFKA_QUEUE_EVENTS", "2".to_owned()),
    ])
    .await;
    let response = post_batch(&gateway, WRITER, &[event(), event(), event()]).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    let problem = json(response).await;
    assert_eq!(problem["type"], "urn:farol:problem:unavailable");
    assert_eq!(statuses(&problem["results"]), [503, 503, 503]);
    let types: Vec<_> = problem["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["problem"]["type"].as_str().unwrap())
        .collect();
    assert_eq!(types[2], "urn:farol:problem:overloaded", "the third found no room: {types:?}");
}
