//! Whose traces are recorded, and what those that are not leave behind.

use reqwest::Client;
use testkit::OtlpReceiver;

use crate::process::{ready, stop};
use crate::signals::{Ground, KEY};
use crate::support::{json, uuid};

#[tokio::test]
async fn where_all_traces_are_recorded_those_that_their_senders_do_not_record_are_not() {
    let (ground, receiver) = (Ground::prepare().await, OtlpReceiver::start());
    let gateway = ground.command(&receiver.endpoint()).spawn().unwrap();
    let url = ready(ground.port).await;
    let unsampled = format!("00-{}-00f067aa0ba902b7-00", uuid::Uuid::new_v4().simple());
    let by_event = format!(r#","traceparent":"{unsampled}""#);
    for (header, extension) in [("traceparent", ""), ("x-nothing", by_event.as_str())] {
        let body =
            format!(r#"{{"specversion":"1.0","id":"{}","source":"/a","type":"t"{extension}}}"#, uuid());
        let request = Client::new().post(format!("{url}/v1/events")).bearer_auth(KEY).body(body);
        let request =
            request.header(header, &unsampled).header("content-type", "application/cloudevents+json");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 202);
        assert_eq!(response.headers()["x-request-id"].to_str().unwrap(), &unsampled[3..35]);
    }
    stop(gateway).await;
    let names: Vec<_> = receiver.spans().iter().map(|seen| seen.span.name.clone()).collect();
    assert!(names.is_empty(), "{names:?}");
}

#[tokio::test]
async fn a_request_that_is_not_recorded_names_its_trace_in_answer_receipt_and_record_and_sends_no_span() {
    let (ground, receiver) = (Ground::prepare().await, OtlpReceiver::start());
    let mut gateway = ground.command(&receiver.endpoint());
    let gateway = gateway.env("OTEL_TRACES_SAMPLER", "parentbased_always_off").spawn().unwrap();
    let url = ready(ground.port).await;
    let send = async |traceparent: Option<&str>, extension: &str| {
        let id = uuid();
        let body = format!(r#"{{"specversion":"1.0","id":"{id}","source":"/a","type":"t"{extension}}}"#);
        let request = Client::new().post(format!("{url}/v1/events")).bearer_auth(KEY).body(body);
        let request = traceparent.into_iter().fold(request, |request, it| request.header("traceparent", it));
        let response = request.header("content-type", "application/cloudevents+json").send().await.unwrap();
        let trace_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(json(response).await["traceId"], trace_id.as_str());
        let records = ground.topic.records();
        let record = records.iter().find(|record| record.header("ce_id") == Some(id.as_str())).unwrap();
        (trace_id, record.header("traceparent").unwrap().to_owned())
    };
    let (trace_id, own) = send(None, "").await;
    assert!(own.starts_with(&format!("00-{trace_id}-")) && own.ends_with("-00"), "{own}");

    let unsampled = format!("00-{}-00f067aa0ba902b7-00", uuid::Uuid::new_v4().simple());
    let (_, child) = send(Some(&unsampled), "").await;
    assert!(child[..36] == unsampled[..36] && child.ends_with("-00"), "{child} does not go on {unsampled}");
    assert_ne!(child, unsampled);

    let sampled = format!("00-{}-00f067aa0ba902b7-01", uuid::Uuid::new_v4().simple());
    let (trace_id, of_event) = send(None, &format!(r#","traceparent":"{sampled}""#)).await;
    assert!(of_event[..36] == sampled[..36] && of_event.ends_with("-01"), "{of_event}");
    stop(gateway).await;
    let spans = receiver.trace(&trace_id, |spans| spans.len() >= 2).await;
    assert_eq!(receiver.spans().len(), spans.len(), "only the third request is recorded");
}
