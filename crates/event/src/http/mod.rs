//! The HTTP protocol binding of CloudEvents 1.0.2: which content mode a message is in, and
//! the event it holds. Knows header names and bytes, not a server.

mod binary;
mod header_value;

use bytes::Bytes;

pub use crate::json_format::{BATCHED_JSON, BatchRefusal, STRUCTURED_JSON};

use crate::Event;
use crate::json_format;
use crate::media_type::{essence, is_event_format};
use crate::refusal::Refusal;

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
        let Some(content_type) = content_type.filter(|value| is_event_format(value)) else {
            return Ok(Self::Binary);
        };
        match essence(content_type) {
            essence if essence.eq_ignore_ascii_case(STRUCTURED_JSON) => Ok(Self::Structured),
            essence if essence.eq_ignore_ascii_case(BATCHED_JSON) => Ok(Self::Batched),
            essence => Err(HttpRefusal::UnsupportedFormat(essence.to_ascii_lowercase())),
        }
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
        ContentMode::Structured => json_format::read(&body),
        ContentMode::Batched => Err(Refusal::message("is a batch, not one event")),
    }
}

/// Reads the events of a batch in their order. A bad event does not hide the others.
pub fn read_batch(body: &Bytes, max_events: usize) -> Result<Vec<Result<Event, Refusal>>, BatchRefusal> {
    json_format::read_batch(body, max_events)
}

/// The event as a JSON document in structured mode.
pub fn to_structured(event: &Event) -> Vec<u8> {
    json_format::write(event)
}

#[cfg(test)]
mod tests;
