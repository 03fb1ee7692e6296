//! Gateway and worker together on real servers: one event, one row, one trace.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "pipeline/contexts.rs"]
mod contexts;
mod whole;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use telemetry::{MetricsPage, Service, Traces};
use testkit::{Database, DocumentedSpan, KeysFile, OtlpReceiver, SeenSpan, Topic, eventually};
use whole::{KEY, Whole};

const PARENT: &str = "00f067aa0ba902b7";

/// The whole pipeline and what it stands on.
struct Pipeline {
    database: Database,
    topic: Topic,
    url: String,
    receiver: OtlpReceiver,
    metrics: MetricsPage,
    _keys: KeysFile,
}

/// Runs in this process until it ends. One telemetry serves both halves, so there is one test here.
async fn start() -> Pipeline {
    let receiver = OtlpReceiver::start();
    let service = Service { name: "farol-test", version: "0" };
    let telemetry =
        telemetry::start_with(service, Traces::To(format!("{}/v1/traces", receiver.endpoint()))).unwrap();
    let metrics = telemetry.metrics();
    let Whole { url, topic, database, keys } = whole::start(2, metrics.clone()).await;
    Pipeline { database, topic, url, receiver, metrics, _keys: keys }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_request_to_the_row() {
    let pipeline = start().await;
    let client = reqwest::Client::new();
    let trace_id = uuid::Uuid::new_v4().simple().to_string();
    let receipt: serde_json::Value = client
        .post(format!("{}/v1/events", pipeline.url))
        .bearer_auth(KEY)
        .header("traceparent", format!("00-{trace_id}-{PARENT}-01"))
        .header("content-type", "application/cloudevents+json")
        .body(r#"{"specversion":"1.0","id":"UA1545","source":"/nyc/EWR","type":"aero.flight.departed","subject":"N14228","time":"2013-01-01T05:17:00-05:00","leg":1,"data":{"delay":2.50,"big":9007199254740993}}"#)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(receipt["traceId"], trace_id);

    let spans = pipeline.receiver.trace(&trace_id, |spans| spans.len() >= 4).await;
    assert_eq!(spans.len(), 4, "{spans:?}");
    let [server, producer, consumer] =
        [SpanKind::Server, SpanKind::Producer, SpanKind::Consumer].map(|kind| only(&spans, kind));
    assert_eq!(hex::encode(&server.span.parent_span_id), PARENT);
    assert_eq!(producer.span.parent_span_id, server.span.span_id);
    assert_eq!(consumer.span.parent_span_id, producer.span.span_id);
    assert_redis(only(&spans, SpanKind::Client), server);
    assert_server(server);
    assert_messaging(producer, consumer, &pipeline, &receipt);
    assert_batch(&pipeline, consumer).await;
    assert_row(&pipeline, &client, &receipt, &trace_id).await;
    contexts::every_rule_holds(&pipeline, &client).await;
    assert_documented(&pipeline, &client).await;
}

fn assert_redis(redis: &SeenSpan, server: &SeenSpan) {
    assert_eq!(redis.span.name, "EVALSHA");
    assert_eq!(redis.span.parent_span_id, server.span.span_id);
    assert_eq!(redis.text("db.system.name"), Some("redis"));
    assert_eq!(redis.text("db.operation.name"), Some("EVALSHA"));
    assert!(redis.text("server.address").is_some() && redis.int("server.port").is_some());
}

/// Every span that arrived is in the tables of docs/TELEMETRY.md with all its attributes, and every
/// span of the tables arrives.
async fn assert_documented(pipeline: &Pipeline, client: &reqwest::Client) {
    let unknown = uuid::Uuid::new_v4();
    for path in
        [format!("/v1/event?source=/nyc/EWR&id={unknown}"), "/v1/events".into(), "/v1/dead-letters".into()]
    {
        let request = client.get(format!("{}{path}", pipeline.url)).bearer_auth(KEY);
        request.send().await.unwrap();
    }
    let documented = testkit::documented_spans();
    let is = |row: &DocumentedSpan, seen: &SeenSpan| {
        row.is(&seen.span.name, seen.span.kind().as_str_name().trim_start_matches("SPAN_KIND_"))
    };
    eventually("every span of the tables arrives", || async {
        let seen = pipeline.receiver.spans();
        let missing = documented.iter().filter(|row| !seen.iter().any(|seen| is(row, seen)));
        let missing: Vec<&str> = missing.map(|row| row.name.as_str()).collect();
        missing.is_empty().then_some(())
    })
    .await;
    for seen in pipeline.receiver.spans() {
        let row = documented.iter().find(|row| is(row, &seen));
        let row = row.unwrap_or_else(|| panic!("{} is in no table", seen.span.name));
        for name in seen.attribute_names() {
            assert!(row.attributes.contains(name), "{name} of {} is in no table", row.name);
        }
        assert_eq!(seen.schema_url, "https://opentelemetry.io/schemas/1.42.0");
        assert!(seen.resource("service.instance.id").is_some());
    }
}

fn only(spans: &[SeenSpan], kind: SpanKind) -> &SeenSpan {
    let mut of_kind = spans.iter().filter(|seen| seen.span.kind() == kind);
    let found = of_kind.next().unwrap_or_else(|| panic!("no {kind:?} span in {spans:?}"));
    assert!(of_kind.next().is_none(), "more than one {kind:?} span");
    found
}

fn assert_server(server: &SeenSpan) {
    assert_eq!(server.span.name, "POST /v1/events");
    assert_eq!(server.text("http.request.method"), Some("POST"));
    assert_eq!(server.text("http.route"), Some("/v1/events"));
    assert_eq!(server.text("url.path"), Some("/v1/events"));
    assert_eq!(server.text("server.address"), Some("127.0.0.1"));
    assert!(server.int("server.port").is_some());
    assert_eq!(server.int("http.response.status_code"), Some(202));
    assert_eq!(server.resource("service.namespace"), Some("farol"));
    for extra in ["busy_ns", "idle_ns", "thread.id", "code.file.path", "target"] {
        assert!(!server.attribute_names().contains(&extra), "{extra} is nobody's business");
    }
}

fn assert_messaging(
    producer: &SeenSpan,
    consumer: &SeenSpan,
    pipeline: &Pipeline,
    receipt: &serde_json::Value,
) {
    let topic = pipeline.topic.name();
    let partition = receipt["partition"].to_string();
    assert_eq!(producer.span.name, format!("send {topic}"));
    assert_eq!(producer.text("messaging.operation.type"), Some("send"));
    assert_eq!(consumer.span.name, format!("process {topic}"));
    for span in [producer, consumer] {
        assert_eq!(span.text("messaging.system"), Some("kafka"));
        assert_eq!(span.text("messaging.destination.name"), Some(topic));
        assert_eq!(span.text("messaging.destination.partition.id"), Some(partition.as_str()));
        assert_eq!(span.int("messaging.kafka.offset"), receipt["offset"].as_i64());
        assert_eq!(span.text("cloudevents.event_id"), Some("UA1545"));
        assert_eq!(span.text("cloudevents.event_source"), Some("/nyc/EWR"));
        assert_eq!(span.text("cloudevents.event_type"), Some("aero.flight.departed"));
    }
    assert_eq!(consumer.text("messaging.consumer.group.name"), Some(topic));
    assert_eq!(consumer.text("farol.outcome"), Some("stored"));
    assert_eq!(producer.text("farol.producer"), Some("test"));
    assert!(
        consumer.span.links.iter().all(|link| link.trace_id != consumer.span.trace_id),
        "a link to the parent would hide the parent in Jaeger"
    );
}

/// The batch is a trace of its own, linked to the event's.
async fn assert_batch(pipeline: &Pipeline, consumer: &SeenSpan) {
    let batch = eventually("the batch's span arrives", || async {
        pipeline.receiver.spans().into_iter().find(|seen| seen.span.name == "INSERT farol.events")
    })
    .await;
    assert_eq!(batch.span.kind(), SpanKind::Client);
    assert_eq!(batch.text("db.system.name"), Some("postgresql"));
    assert!(batch.span.parent_span_id.is_empty());
    assert_eq!(batch.span.links.len(), 1);
    assert_eq!(batch.span.links[0].trace_id, consumer.span.trace_id);
    assert_eq!(batch.span.links[0].span_id, consumer.span.span_id);
    let back: Vec<_> = consumer.span.links.iter().map(|link| (&link.trace_id, &link.span_id)).collect();
    assert_eq!(back, [(&batch.span.trace_id, &batch.span.span_id)]);
}

async fn assert_row(
    pipeline: &Pipeline,
    client: &reqwest::Client,
    receipt: &serde_json::Value,
    trace_id: &str,
) {
    let found: serde_json::Value = client
        .get(format!("{}/v1/event?source=/nyc/EWR&id=UA1545", pipeline.url))
        .bearer_auth(KEY)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(found["status"], "stored");
    assert_eq!((&found["partition"], &found["offset"]), (&receipt["partition"], &receipt["offset"]));
    assert_eq!(found["traceId"], trace_id);
    assert_eq!(found["event"]["time"], "2013-01-01T05:17:00-05:00");
    assert_eq!(found["event"]["leg"], "1");
    let data: String = pipeline.database.one("SELECT data::text FROM farol.events", &[]).await;
    assert_eq!(data, r#"{"big": 9007199254740993, "delay": 2.50}"#, "no digit is lost");
    let balanced: bool = pipeline
        .database
        .one("SELECT sum(stored) = 1 AND sum(next_offset - start_offset) = 1 FROM farol.ledger", &[])
        .await;
    assert!(balanced);
}
