//! Where a trace comes from and goes to, rule by rule of docs/TELEMETRY.md.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use testkit::{Record, SeenSpan, eventually};

use crate::{KEY, PARENT, Pipeline, only};

const MAKER: &str = "53995c3f42cd8ad8";

pub(crate) async fn every_rule_holds(pipeline: &Pipeline, client: &Client) {
    without_a_header_the_event_is_followed(pipeline, client).await;
    the_header_is_followed_and_the_event_linked(pipeline, client).await;
    a_broken_header_leaves_it_to_the_event(pipeline, client).await;
    a_broken_context_starts_a_trace_and_is_counted(pipeline, client).await;
    a_batch_is_linked_with_each_of_its_events(pipeline, client).await;
    a_record_of_another_producer_goes_on_with_its_event(pipeline).await;
    what_its_sender_does_not_record_makes_no_span_and_keeps_its_id(pipeline, client).await;
}

fn new_trace() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn context(trace_id: &str, span_id: &str) -> String {
    format!("00-{trace_id}-{span_id}-01")
}

fn event(traceparent: Option<&str>) -> Value {
    let mut event = json!({ "specversion": "1.0", "id": new_trace(), "source": "/contexts", "type": "t" });
    if let Some(traceparent) = traceparent {
        event["traceparent"] = json!(traceparent);
    }
    event
}

fn post(pipeline: &Pipeline, client: &Client, body: &Value) -> RequestBuilder {
    let format = if body.is_array() { "cloudevents-batch" } else { "cloudevents" };
    let request = client.post(format!("{}/v1/events", pipeline.url)).bearer_auth(KEY);
    request.header("content-type", format!("application/{format}+json")).body(body.to_string())
}

async fn accepted(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 202);
    response.json().await.unwrap()
}

/// SERVER, PRODUCER and CONSUMER of a trace, each the parent of the next.
async fn in_one_trace(pipeline: &Pipeline, trace_id: &str) -> [SeenSpan; 3] {
    let kinds = [SpanKind::Server, SpanKind::Producer, SpanKind::Consumer];
    let complete =
        |spans: &[SeenSpan]| kinds.iter().all(|kind| spans.iter().any(|seen| seen.span.kind() == *kind));
    let spans = pipeline.receiver.trace(trace_id, complete).await;
    let [server, producer, consumer] = kinds.map(|kind| only(&spans, kind).clone());
    assert_eq!(producer.span.parent_span_id, server.span.span_id);
    assert_eq!(consumer.span.parent_span_id, producer.span.span_id);
    [server, producer, consumer]
}

fn linked_traces(seen: &SeenSpan) -> Vec<String> {
    seen.span.links.iter().map(|link| hex::encode(&link.trace_id)).collect()
}

async fn without_a_header_the_event_is_followed(pipeline: &Pipeline, client: &Client) {
    let trace_id = new_trace();
    let receipt = accepted(post(pipeline, client, &event(Some(&context(&trace_id, MAKER))))).await;
    assert_eq!(receipt["traceId"], trace_id.as_str());
    let [server, producer, _] = in_one_trace(pipeline, &trace_id).await;
    assert_eq!(hex::encode(&server.span.parent_span_id), MAKER);
    assert!(producer.span.links.is_empty());
    let binary_trace = new_trace();
    let request = client.post(format!("{}/v1/events", pipeline.url)).bearer_auth(KEY);
    let request = request.header("ce-specversion", "1.0").header("ce-id", new_trace()).header("ce-type", "t");
    let request =
        request.header("ce-source", "/contexts").header("ce-traceparent", context(&binary_trace, MAKER));
    accepted(request).await;
    in_one_trace(pipeline, &binary_trace).await;
}

async fn the_header_is_followed_and_the_event_linked(pipeline: &Pipeline, client: &Client) {
    let (senders, makers) = (new_trace(), new_trace());
    let request = post(pipeline, client, &event(Some(&context(&makers, MAKER))));
    accepted(request.header("traceparent", context(&senders, PARENT))).await;
    let [server, producer, _] = in_one_trace(pipeline, &senders).await;
    assert_eq!(hex::encode(&server.span.parent_span_id), PARENT);
    assert_eq!(linked_traces(&producer), std::slice::from_ref(&makers));
    assert_eq!(hex::encode(&producer.span.links[0].span_id), MAKER);
}

async fn a_broken_header_leaves_it_to_the_event(pipeline: &Pipeline, client: &Client) {
    let trace_id = new_trace();
    let request = post(pipeline, client, &event(Some(&context(&trace_id, MAKER))));
    accepted(request.header("traceparent", "00-broken")).await;
    in_one_trace(pipeline, &trace_id).await;
}

async fn a_broken_context_starts_a_trace_and_is_counted(pipeline: &Pipeline, client: &Client) {
    let before = broken_contexts(pipeline);
    let request = post(pipeline, client, &event(Some("also broken")));
    let receipt = accepted(request.header("traceparent", format!("00-{}-{PARENT}-01", "0".repeat(32)))).await;
    let [server, ..] = in_one_trace(pipeline, receipt["traceId"].as_str().unwrap()).await;
    assert!(server.span.parent_span_id.is_empty());
    assert_eq!(broken_contexts(pipeline), before + 2, "header and extension");
}

/// Of gateway and worker together, which share the metrics of this process.
fn broken_contexts(pipeline: &Pipeline) -> u64 {
    let page = pipeline.metrics.render();
    let line = page.lines().find(|line| line.starts_with("farol_broken_trace_contexts_total ")).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

async fn a_batch_is_linked_with_each_of_its_events(pipeline: &Pipeline, client: &Client) {
    let (senders, makers) = (new_trace(), new_trace());
    let events: Vec<Value> =
        (0..30).map(|n| event((n == 0).then(|| context(&makers, MAKER)).as_deref())).collect();
    let request = post(pipeline, client, &json!(events));
    accepted(request.header("traceparent", context(&senders, PARENT))).await;
    let of_kind = |spans: &[SeenSpan], kind| -> Vec<SeenSpan> {
        spans.iter().filter(|seen| seen.span.kind() == kind).cloned().collect()
    };
    let stored = |spans: &[SeenSpan]| of_kind(spans, SpanKind::Consumer).len() == events.len();
    let spans = pipeline.receiver.trace(&senders, stored).await;
    let producers = of_kind(&spans, SpanKind::Producer);
    assert_eq!(producers.iter().flat_map(linked_traces).collect::<Vec<_>>(), [makers]);
    for consumer in of_kind(&spans, SpanKind::Consumer) {
        eventually("the batch of each event is linked to it, and it to the batch", || async {
            let all = pipeline.receiver.spans();
            let batches = all.iter().filter(|seen| seen.span.name == "INSERT farol.events");
            let leads_here =
                |batch: &SeenSpan| batch.span.links.iter().any(|link| link.span_id == consumer.span.span_id);
            let mut leading = batches.filter(|batch| leads_here(batch));
            let batch = leading.next()?;
            consumer.span.links.iter().any(|link| link.span_id == batch.span.span_id).then_some(())
        })
        .await;
    }
}

async fn a_record_of_another_producer_goes_on_with_its_event(pipeline: &Pipeline) {
    let trace_id = new_trace();
    let mut record = Record::event(&new_trace(), "{}");
    record.headers.push(("ce_traceparent".to_owned(), context(&trace_id, MAKER).into_bytes()));
    pipeline.topic.produce(&[record], false);
    let spans = pipeline.receiver.trace(&trace_id, |spans| !spans.is_empty()).await;
    let consumer = only(&spans, SpanKind::Consumer);
    assert_eq!(hex::encode(&consumer.span.parent_span_id), MAKER);
}

async fn what_its_sender_does_not_record_makes_no_span_and_keeps_its_id(
    pipeline: &Pipeline,
    client: &Client,
) {
    let trace_id = new_trace();
    let event = event(None);
    let request = post(pipeline, client, &event).header("traceparent", format!("00-{trace_id}-{PARENT}-00"));
    assert_eq!(accepted(request).await["traceId"], trace_id.as_str());
    let id = event["id"].as_str().unwrap().to_owned();
    let row = "SELECT coalesce(max(encode(trace_id, 'hex')), '') FROM farol.events WHERE id = $1";
    eventually("the row keeps the trace's id", || async {
        (pipeline.database.one::<String>(row, &[&id]).await == trace_id).then_some(())
    })
    .await;
    // A later trace has arrived, and nothing of this one.
    let later = new_trace();
    accepted(post(pipeline, client, &self::event(Some(&context(&later, MAKER))))).await;
    in_one_trace(pipeline, &later).await;
    let unrecorded = hex::decode(&trace_id).unwrap();
    assert!(pipeline.receiver.spans().iter().all(|seen| seen.span.trace_id != unrecorded));
}
