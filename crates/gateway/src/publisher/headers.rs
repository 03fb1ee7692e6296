//! The headers of an event's record: its attributes, who sent it and when, and the span that
//! the worker continues.

use event::{Event, kafka};
use rdkafka::message::{Header, OwnedHeaders};
use telemetry::Injector;
use tracing::Span;

/// What an event has beside its attributes: producer, time, `traceparent` and `tracestate`.
const BESIDE_ATTRIBUTES: usize = 4;

/// What the records of all events of one request have in common.
pub(super) struct RequestHeaders<'r> {
    producer: &'r str,
    received_at: String,
    is_recorded: bool,
    trace: TraceContext,
}

impl<'r> RequestHeaders<'r> {
    /// Of the request that this is called in.
    pub(super) fn of(producer: &'r str, received_at_ms: i64) -> Self {
        let (is_recorded, trace) = (telemetry::is_recorded(&Span::current()), TraceContext::current());
        Self { producer, received_at: received_at_ms.to_string(), is_recorded, trace }
    }

    /// Whether events have spans of their own. Where the request's is not recorded nobody would see them, and their
    /// place in the record is as well taken by the request's.
    pub(super) fn is_recorded(&self) -> bool {
        self.is_recorded
    }

    pub(super) fn producer(&self) -> &'r str {
        self.producer
    }

    /// With those of one event; what it is sent in is `span` where there is one, else the request's.
    pub(super) fn with(&self, event: &Event, span: &Span) -> OwnedHeaders {
        let attributes = kafka::headers(event);
        let (least, most) = attributes.size_hint();
        let mut headers = OwnedHeaders::new_with_capacity(most.unwrap_or(least) + BESIDE_ATTRIBUTES);
        for (name, value) in attributes {
            headers = add(headers, &name, value);
        }
        headers = add(headers, "farol-producer", self.producer);
        headers = add(headers, "farol-received-at", &self.received_at);
        match span.is_none() {
            true => self.trace.write(headers),
            false => TraceContext::of(span).write(headers),
        }
    }
}

/// A span as messages name it.
#[derive(Default)]
struct TraceContext(Vec<(String, String)>);

impl TraceContext {
    fn current() -> Self {
        let mut context = Self::default();
        telemetry::inject_current(&mut context);
        context
    }

    fn of(span: &Span) -> Self {
        let mut context = Self::default();
        telemetry::inject(span, &mut context);
        context
    }

    fn write(&self, headers: OwnedHeaders) -> OwnedHeaders {
        self.0.iter().fold(headers, |headers, (key, value)| add(headers, key, value))
    }
}

impl Injector for TraceContext {
    fn set(&mut self, key: &str, value: String) {
        self.0.push((key.to_owned(), value));
    }
}

fn add(headers: OwnedHeaders, key: &str, value: &str) -> OwnedHeaders {
    headers.insert(Header { key, value: Some(value) })
}
