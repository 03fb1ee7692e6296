//! The PRODUCER span of an event, by the messaging conventions.

use event::Event;
use tracing::Span;
use tracing::field::Empty;

use crate::trace_context;

/// The span of sending one event, inside the request's; where Kafka keeps it is known at its end.
///
/// It names the event and leads to the span that the event was made in, so that traces are found by
/// id and source, and counted by type and producer.
pub(super) fn send(topic: &str, event: &Event, producer: &str) -> Span {
    let span = tracing::info_span!(
        "send",
        otel.name = format!("send {topic}"),
        otel.kind = "producer",
        otel.status_code = Empty,
        error.r#type = Empty,
        messaging.system = "kafka",
        messaging.operation.name = "send",
        messaging.operation.r#type = "send",
        messaging.destination.name = topic,
        messaging.destination.partition.id = Empty,
        messaging.kafka.offset = Empty,
        messaging.client.id = crate::SERVICE.name,
        cloudevents.event_id = event.attributes.id.as_str(),
        cloudevents.event_source = event.attributes.source.as_str(),
        cloudevents.event_type = event.attributes.event_type.as_str(),
        farol.producer = producer,
    );
    telemetry::link_elsewhere(&span, &trace_context::of_event(event));
    span
}
