//! The worker's spans: one CONSUMER span a record, in the trace of the request that sent it,
//! and one CLIENT span a batch, linked to each of them.

use event::Event;
use telemetry::Remote;
use tracing::Span;
use tracing::field::Empty;

use crate::record::{Raw, Record};

/// The span that sent a record, as its header tells it, or failing that the one that made its event,
/// as the event's extension does: records of other producers may have no header.
pub(crate) fn sender(raw: &Raw, event: Option<&Event>) -> Remote {
    let header = telemetry::extract(raw).counted();
    match event {
        Some(event) if !matches!(header, Remote::Span(_)) && has_context(event) => {
            let [traceparent, tracestate] = event.trace_context();
            telemetry::extract_fields(traceparent, tracestate).counted()
        }
        _ => header,
    }
}

fn has_context(event: &Event) -> bool {
    event.trace_context()[0].is_some()
}

/// Lets a record's trace be found by its event.
pub(crate) fn name_event(span: &Span, event: &Event) {
    if !span.is_disabled() {
        span.record("cloudevents.event_id", event.attributes.id.as_str());
        span.record("cloudevents.event_source", event.attributes.source.as_str());
        span.record("cloudevents.event_type", event.attributes.event_type.as_str());
    }
}

/// The span of one record, from here until its outcome is committed.
///
/// Its parent is the span that sent the record; a link to it as well, which the conventions
/// suggest, makes Jaeger show the link instead of the parent. A sender that decided against
/// recording costs nothing here: there is no span at all then.
pub(crate) fn process(topic: &str, group: &str, partition: i32, offset: i64, remote: &Remote) -> Span {
    if matches!(remote, Remote::Span(_)) && !remote.is_sampled() {
        return Span::none();
    }
    let span = tracing::info_span!(
        parent: None,
        "process",
        otel.name = format!("process {topic}"),
        otel.kind = "consumer",
        messaging.system = "kafka",
        messaging.operation.name = "process",
        messaging.operation.r#type = "process",
        messaging.destination.name = topic,
        messaging.destination.partition.id = partition.to_string(),
        messaging.kafka.offset = offset,
        messaging.consumer.group.name = group,
        cloudevents.event_id = Empty,
        cloudevents.event_source = Empty,
        cloudevents.event_type = Empty,
        farol.outcome = Empty,
    );
    telemetry::adopt(&span, remote);
    span
}

/// The span of the transaction that stores one batch, linked with those of its records, and they with
/// it. None where none of them is recorded.
pub(crate) fn batch(records: &[&Record]) -> Span {
    let recorded = || records.iter().map(|record| &record.span).filter(|span| telemetry::is_recorded(span));
    if recorded().next().is_none() {
        return Span::none();
    }
    let span = tracing::info_span!(
        parent: None,
        "INSERT",
        otel.name = "INSERT farol.events",
        otel.kind = "client",
        otel.status_code = Empty,
        error.r#type = Empty,
        db.system.name = "postgresql",
        db.namespace = "farol",
        db.query.summary = "INSERT farol.events",
        db.operation.batch.size = batch_size(records.len()),
        db.response.status_code = Empty,
    );
    telemetry::link_with_each(&span, recorded());
    span
}

/// The conventions know no batch of one.
fn batch_size(records: usize) -> Option<i64> {
    i64::try_from(records).ok().filter(|size| *size > 1)
}
