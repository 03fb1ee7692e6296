//! What the client gets for an accepted event.

use event::Event;
use serde::Serialize;

use crate::redis::Kept;

/// Where Kafka holds an event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt<'a> {
    id: &'a str,
    source: &'a str,
    topic: &'a str,
    partition: i32,
    offset: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    /// Whether this is the first receipt again, because the event was accepted before.
    repeat: bool,
}

impl<'a> Receipt<'a> {
    pub(crate) fn new(event: &'a Event, topic: &'a str, kept: &'a Kept, repeat: bool) -> Self {
        Self {
            id: event.attributes.id.as_str(),
            source: event.attributes.source.as_str(),
            topic,
            partition: kept.partition,
            offset: kept.offset,
            trace_id: kept.trace_id.as_deref(),
            repeat,
        }
    }
}
