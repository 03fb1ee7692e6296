//! The HTTP protocol binding of CloudEvents 1.0.2: which content mode a message is in, and
//! the event it holds. Knows header names and bytes, not a server.

mod batch;
mod binary;
mod header_value;
mod structured;

use bytes::Bytes;

pub use batch::BatchRefusal;

use crate::Event;
use crate::refusal::Refusal;

/// The media type of structured mode in the JSON event format.
pub const STRUCTURED_JSON: &str = "application/cloudevents+json";

/// The media type of batched mode in the JSON event format.
pub const BATCHED_JSON: &str = "application/cloudevents-batch+json";

/// The prefix of the media types that mean structured or batched mode.
const CLOUDEVENTS_TYPE: &str = "application/cloudevents";

/// Why an HTTP message holds no event that Farol takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpRefusal {
    /// A CloudEvents format this side does not read (HTTP 415).
    #[error("event format {0} is not supported")]
    UnsupportedFormat(String),
    /// The event is not one, or cannot be stored.
    #[error(transparent)]
    Event(#[from] Refusal),
}

/// How an HTTP message carries its event (HTTP binding §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentMode {
    /// Attributes in `ce-` headers, data in the body.
    Binary,
    /// The whole event as one JSON document in the body.
    Structured,
    /// Many events as one JSON array in the body.
    Batched,
}

impl ContentMode {
    /// The mode that a `Content-Type` announces; anything that is not CloudEvents is data.
    pub fn of(content_type: Option<&str>) -> Result<Self, HttpRefusal> {
        let essence = content_type.map(essence).unwrap_or_default();
        if essence == STRUCTURED_JSON {
            return Ok(Self::Structured);
        }
        if essence == BATCHED_JSON {
            return Ok(Self::Batched);
        }
        if essence.starts_with(CLOUDEVENTS_TYPE) {
            return Err(HttpRefusal::UnsupportedFormat(essence));
        }
        Ok(Self::Binary)
    }
}

/// Reads the event out of an HTTP message. Header names may be in any case.
pub fn read<'h>(
    mode: ContentMode,
    headers: impl Iterator<Item = (&'h str, &'h [u8])>,
    body: Bytes,
) -> Result<Event, Refusal> {
    match mode {
        ContentMode::Binary => binary::read(headers, body),
        ContentMode::Structured => structured::read(&body),
        ContentMode::Batched => Err(Refusal::message("is a batch, not one event")),
    }
}

/// Reads the events of a batch in their order. A bad event does not hide the others.
pub fn read_batch(body: &Bytes, max_events: usize) -> Result<Vec<Result<Event, Refusal>>, BatchRefusal> {
    batch::read(body, max_events)
}

/// The event as a JSON document in structured mode.
pub fn to_structured(event: &Event) -> Vec<u8> {
    structured::write(event)
}

/// A media type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
