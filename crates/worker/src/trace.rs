//! The worker's spans: one CONSUMER span a record, in the trace of the request that sent it,
//! and one CLIENT span a batch, linked to each of them.

use telemetry::Remote;
use tracing::Span;
use tracing::field::Empty;

use crate::instruments;

/// The span of one record, from here until its outcome is committed.
///
/// Its parent is the span that sent the record; a link to it as well, which the conventions
/// suggest, makes Jaeger show the link instead of the parent. A sender that decided against
/// recording costs nothing here: there is no span at all then.
pub(crate) fn process(topic: &str, group: &str, partition: i32, offset: i64, remote: &Remote) -> Span {
    if matches!(remote, Remote::Broken) {
        instruments::broken_trace_context();
    }
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
        farol.outcome = Empty,
    );
    telemetry::adopt(&span, remote);
    span
}

/// The span of the transaction that stores one batch.
pub(crate) fn batch(records: usize) -> Span {
    tracing::info_span!(
        parent: None,
        "INSERT",
        otel.name = "INSERT farol.events",
        otel.kind = "client",
        otel.status_code = Empty,
        error.r#type = Empty,
        db.system.name = "postgresql",
        db.namespace = "farol",
        db.query.summary = "INSERT farol.events",
        db.operation.batch.size = i64::try_from(records).unwrap_or(i64::MAX),
        db.response.status_code = Empty,
    )
}
