//! The worker's spans: one CONSUMER span a record, in the trace of the request that sent it,
//! and one CLIENT span a batch, linked to each of them.

use event::Event;
use telemetry::Remote;
use tracing::Span;
use tracing::field::Empty;

use crate::record::{Raw, Record};

/// The spans that sent records. One that sent several is read once, where they are neighbours: a request of many events does.
#[derive(Debug, Default)]
pub(crate) struct Senders {
    last: Option<(String, Remote)>,
}

impl Senders {
    /// The span that sent a record, as its header tells it, or failing that the one that made its event,
    /// as the event's extension does: records of other producers may have no header.
    pub(crate) fn of(&mut self, raw: &Raw, event: Option<&Event>) -> Remote {
        let header = self.in_header(raw).counted();
        match event {
            Some(event) if !matches!(header, Remote::Span(_)) && has_context(event) => {
                let [traceparent, tracestate] = event.trace_context();
                telemetry::extract_fields(traceparent, tracestate).counted()
            }
            _ => header,
        }
    }

    fn in_header(&mut self, raw: &Raw) -> Remote {
        let Some(traceparent) = raw.headers.text(telemetry::TRACEPARENT) else { return Remote::None };
        // Others of this span may say more, or something else.
        if ["tracestate", "baggage"].iter().any(|name| raw.headers.text(name).is_some()) {
            return telemetry::extract(raw);
        }
        match &self.last {
            Some((known, remote)) if known == traceparent => remote.clone(),
            _ => {
                let remote = telemetry::extract(raw);
                self.last = Some((traceparent.to_owned(), remote.clone()));
                remote
            }
        }
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

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceContextExt as _;

    use super::*;
    use crate::headers::Headers;

    const ONE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    const OTHER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn raw(headers: &[(&str, &str)]) -> Raw {
        let (mut raw, mut all) = (Raw::default(), Headers::default());
        headers.iter().for_each(|(name, value)| all.push(name, Some(value.as_bytes())));
        raw.headers = all;
        raw
    }

    #[test]
    fn each_record_has_the_sender_that_its_own_headers_tell_whatever_its_neighbours_said() {
        let mut senders = Senders::default();
        let mut told = |headers: &[(&str, &str)]| {
            let remote = senders.of(&raw(headers), None);
            (remote.trace_id().map(|id| id.to_string()), remote.is_sampled())
        };
        let one = (Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()), false);
        let other = (Some("0af7651916cd43dd8448eb211c80319c".to_owned()), true);
        assert_eq!(told(&[("traceparent", ONE)]), one);
        assert_eq!(told(&[("traceparent", ONE)]), one);
        assert_eq!(told(&[]), (None, false));
        assert_eq!(told(&[("traceparent", "broken")]), (None, false));
        assert_eq!(told(&[("traceparent", OTHER)]), other);
        assert_eq!(told(&[("traceparent", OTHER), ("tracestate", "a=b")]), other);
        assert_eq!(told(&[("traceparent", ONE)]), one);
    }

    #[test]
    fn a_span_with_a_state_of_its_own_is_not_taken_for_its_neighbour() {
        let mut senders = Senders::default();
        let mut state = |headers: &[(&str, &str)]| match senders.of(&raw(headers), None) {
            Remote::Span(context) => context.span().span_context().trace_state().header(),
            Remote::None | Remote::Broken => panic!("there is a span"),
        };
        assert_eq!(state(&[("traceparent", ONE)]), "");
        assert_eq!(state(&[("traceparent", ONE), ("tracestate", "a=b")]), "a=b");
        assert_eq!(state(&[("traceparent", ONE)]), "");
    }
}
