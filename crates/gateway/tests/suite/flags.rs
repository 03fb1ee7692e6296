//! Feature flags while the gateway runs: what they do to requests, and what a wrong file does.

use std::process::{Command, Stdio};

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use testkit::{Database, FlagsFile, KeysFile, OtlpReceiver, Topic, eventually};

use crate::process::{command, ready, stop};
use crate::support::{Running, WRITER, answer, event, json, start};

const SHED: &str = "shed-events";

fn bulk() -> Value {
    json!({ "types": ["my.bulk"], "retryAfterSeconds": 7 })
}

fn bulk_event() -> Value {
    let mut event = event();
    event["type"] = json!("my.bulk");
    event
}

async fn with(file: &FlagsFile) -> Running {
    start(&[("FAROL_FLAGS_FILE", file.path())]).await
}

fn batch(gateway: &Running, events: &[Value]) -> RequestBuilder {
    let request = gateway.request(reqwest::Method::POST, "/v1/events").bearer_auth(WRITER);
    request.header("content-type", "application/cloudevents-batch+json").body(json!(events).to_string())
}

fn statuses(results: &Value) -> Vec<u64> {
    results.as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

async fn flags(gateway: &Running) -> Value {
    answer(gateway.get("/version")).await.1["flags"].clone()
}

#[tokio::test]
async fn events_of_a_shed_type_are_refused_until_the_flag_changes_and_nothing_of_them_is_produced() {
    let file = FlagsFile::with(&[(SHED, bulk())]);
    let gateway = with(&file).await;
    let shed = bulk_event();
    let response = gateway.post(WRITER, &shed).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"7".parse().unwrap())
    );
    let problem = json(response).await;
    assert_eq!(problem["type"], "urn:farol:problem:shed");
    assert_eq!(answer(gateway.post(WRITER, &event())).await.0, 202);
    assert_eq!(gateway.topic.records().len(), 1);
    let page = gateway.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("farol_events_total{outcome=\"refused\",reason=\"shed\"}"), "{page}");

    file.replace(&[(SHED, json!({}))]);
    eventually("it is taken", || async {
        (answer(gateway.post(WRITER, &shed)).await.0 == 202).then_some(())
    })
    .await;
    assert_eq!(gateway.topic.records().len(), 2);
}

#[tokio::test]
async fn a_batch_with_a_shed_event_may_come_again_as_it_is() {
    let file = FlagsFile::with(&[(SHED, bulk())]);
    let gateway = with(&file).await;
    let response = batch(&gateway, &[event(), bulk_event()]).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"7".parse().unwrap())
    );
    let problem = json(response).await;
    assert_eq!((&problem["type"], &problem["status"]), (&json!("urn:farol:problem:shed"), &json!(503)));
    assert_eq!(statuses(&problem["results"]), [424, 503]);
    assert!(problem["results"].as_array().unwrap().iter().all(|result| result["retryable"] == true));
    assert_eq!(gateway.topic.records().len(), 0);

    // What has to be corrected says so, beside what only has to wait.
    let mut wrong = event();
    wrong["type"] = Value::Null;
    let (status, problem) = answer(batch(&gateway, &[bulk_event(), wrong])).await;
    assert_eq!((status.as_u16(), &problem["type"]), (400, &json!("urn:farol:problem:batch-refused")));
    assert_eq!(statuses(&problem["results"]), [503, 400]);
}

#[tokio::test]
async fn a_lenient_batch_is_taken_without_its_shed_events() {
    let file = FlagsFile::with(&[(SHED, bulk())]);
    let gateway = with(&file).await;
    let lenient = |events: &[Value]| batch(&gateway, events).header("prefer", "handling=lenient");
    let response = lenient(&[bulk_event(), event()]).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (207, &"7".parse().unwrap())
    );
    assert_eq!(statuses(&json(response).await), [503, 202]);
    assert_eq!(gateway.topic.records().len(), 1);
    let (status, problem) = answer(lenient(&[bulk_event(), bulk_event()])).await;
    assert_eq!((status.as_u16(), &problem["type"]), (503, &json!("urn:farol:problem:shed")));
}

#[tokio::test]
async fn a_key_that_may_not_use_a_source_learns_nothing_of_flags() {
    let file = FlagsFile::with(&[(SHED, json!({ "sources": ["/other"] }))]);
    let gateway = with(&file).await;
    let mut foreign = event();
    foreign["source"] = json!("/other/one");
    assert_eq!(answer(gateway.post(crate::support::AIRPORT, &foreign)).await.0, 403);
    assert_eq!(answer(gateway.post(WRITER, &foreign)).await.0, 503);
}

#[tokio::test]
async fn without_the_receipt_cache_a_repeat_goes_on_to_the_worker_and_with_it_gets_its_receipt() {
    let file = FlagsFile::with(&[("receipt-cache", json!(false))]);
    let gateway = with(&file).await;
    let repeated = event();
    let first = answer(gateway.post(WRITER, &repeated)).await.1;
    let second = answer(gateway.post(WRITER, &repeated)).await.1;
    assert_ne!(first["offset"], second["offset"], "{first} {second}");
    assert_eq!(gateway.topic.records().len(), 2);

    file.replace(&[("receipt-cache", json!(true))]);
    eventually("the receipt is answered", || async {
        let before = answer(gateway.post(WRITER, &repeated)).await.1;
        let again = answer(gateway.post(WRITER, &repeated)).await.1;
        (before["offset"] == again["offset"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_wrong_file_changes_nothing_and_is_seen() {
    let file = FlagsFile::with(&[(SHED, bulk())]);
    let gateway = with(&file).await;
    assert_eq!(flags(&gateway).await["values"][0]["value"], bulk());
    assert_eq!(flags(&gateway).await["values"][0]["reason"], "static");
    file.replace_text(r#"{"flags":{"shed-event":{}}}"#);
    eventually("the wrong file is seen", || async {
        (flags(&gateway).await["fileIsWrong"] == true).then_some(())
    })
    .await;
    assert_eq!(answer(gateway.post(WRITER, &bulk_event())).await.0, 503);
    let page = gateway.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("farol_flags_reloads_total{result=\"wrong\"}"), "{page}");
}

#[tokio::test]
async fn without_a_file_all_is_taken_and_the_built_in_values_are_told() {
    let gateway = start(&[]).await;
    assert_eq!(answer(gateway.post(WRITER, &bulk_event())).await.0, 202);
    let flags = flags(&gateway).await;
    assert_eq!((&flags["sha256"], &flags["fileIsWrong"]), (&Value::Null, &json!(false)));
    assert_eq!(flags["values"][0], json!({ "key": SHED, "value": {}, "variant": null, "reason": "default" }));
}

#[tokio::test]
async fn a_start_with_a_wrong_file_is_refused_and_names_the_mistake() {
    let (topic, database) = tokio::join!(Topic::create(1), Database::create());
    let keys = KeysFile::with(&[(WRITER, &["*"], &["write"])]);
    let file = FlagsFile::with(&[("trace-sampling-ratio", json!(50))]);
    let mut command: Command =
        command(&topic, &database, &keys, testkit::closed_port(), "http://127.0.0.1:9");
    let output = command.env("FAROL_FLAGS_FILE", file.path()).stdout(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&file.path()) && said.contains("must be a number from 0 to 1"), "{said}");
}

#[tokio::test]
async fn the_share_of_traces_and_what_was_shed_are_seen_by_the_collector() {
    let (topic, database, receiver) =
        (Topic::create(1).await, Database::create().await, OtlpReceiver::start());
    let keys = KeysFile::with(&[(WRITER, &["*"], &["write"])]);
    let file = FlagsFile::with(&[("trace-sampling-ratio", json!(0))]);
    let port = testkit::closed_port();
    let mut command = command(&topic, &database, &keys, port, &receiver.endpoint());
    let gateway =
        command.env("FAROL_FLAGS_FILE", file.path()).env("OTEL_BSP_SCHEDULE_DELAY", "50").spawn().unwrap();
    let url = ready(port).await;
    let client = reqwest::Client::new();
    let send = |event: Value| {
        let request = client.post(format!("{url}/v1/events")).bearer_auth(WRITER);
        request.header("content-type", "application/cloudevents+json").body(event.to_string()).send()
    };
    for _ in 0..5 {
        assert_eq!(send(event()).await.unwrap().status(), 202);
    }
    file.replace(&[("trace-sampling-ratio", json!(1)), (SHED, bulk())]);
    eventually("it is shed", || async { (send(bulk_event()).await.unwrap().status() == 503).then_some(()) })
        .await;
    let last = send(bulk_event()).await.unwrap();
    let trace_id = last.headers()["x-request-id"].to_str().unwrap().to_owned();
    let spans = receiver.trace(&trace_id, |spans| !spans.is_empty()).await;
    let told =
        spans.iter().flat_map(|seen| &seen.span.events).find(|event| event.name == "feature_flag.evaluation");
    let keys: Vec<_> = told.unwrap().attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    let expected = ["key", "result.variant", "result.reason", "provider.name"];
    assert_eq!(keys, expected.map(|key| format!("feature_flag.{key}")));
    stop(gateway).await;
    let of_taken = receiver.spans().into_iter().filter(|seen| seen.span.name.starts_with("send ")).count();
    assert_eq!(of_taken, 0, "the five before had no share");
}
