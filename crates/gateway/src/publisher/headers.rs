//! The headers of an event's record: its attributes, who sent it and when, and the span that
//! the worker continues.

use event::{Event, kafka};
use rdkafka::message::{Header, OwnedHeaders};
use telemetry::Injector;
use tracing::Span;

/// The headers while they are written.
struct Headers(OwnedHeaders);

/// Writes them.
pub(super) fn of(event: &Event, producer: &str, received_at_ms: i64, span: &Span) -> OwnedHeaders {
    let mut headers = Headers(OwnedHeaders::new());
    for (name, value) in kafka::headers(event) {
        headers.add(&name, value);
    }
    headers.add("farol-producer", producer);
    headers.add("farol-received-at", &received_at_ms.to_string());
    telemetry::inject(span, &mut headers);
    headers.0
}

impl Headers {
    fn add(&mut self, key: &str, value: &str) {
        let headers = std::mem::replace(&mut self.0, OwnedHeaders::new_with_capacity(0));
        self.0 = headers.insert(Header { key, value: Some(value) });
    }
}

impl Injector for Headers {
    fn set(&mut self, key: &str, value: String) {
        self.add(key, &value);
    }
}
