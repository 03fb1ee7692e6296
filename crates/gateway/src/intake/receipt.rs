//! What the client gets for an accepted event, and for each event of a batch.

use event::Event;
use serde::{Serialize, Serializer};
use serde_json::Value;
use telemetry::TraceId;
use utoipa::ToSchema;

use crate::problem::{Document, Problem};
use crate::redis::Kept;

/// Where Kafka holds an event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt<'a> {
    id: &'a str,
    source: &'a str,
    topic: &'a str,
    #[schema(minimum = 0)]
    partition: i32,
    #[schema(minimum = 0)]
    offset: i64,
    /// The trace in which it was accepted.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_hexadecimal")]
    #[schema(value_type = Option<&str>, nullable = false, pattern = "^[0-9a-f]{32}$")]
    trace_id: Option<TraceId>,
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
            trace_id: kept.trace_id,
            repeat,
        }
    }
}

fn in_hexadecimal<S: Serializer>(id: &Option<TraceId>, serializer: S) -> Result<S::Ok, S::Error> {
    id.map(telemetry::in_hexadecimal).serialize(serializer)
}

/// What became of one event of a batch: it has a receipt or a problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventResult<'r> {
    /// The status that it would have been answered with alone; 424 where it was left out because of others.
    status: u16,
    /// Whether the same event may be accepted later.
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    receipt: Option<Receipt<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Document, required = false)]
    problem: Option<Value>,
}

impl<'r> EventResult<'r> {
    pub(crate) fn accepted(receipt: Receipt<'r>) -> Self {
        Self { status: 202, retryable: false, receipt: Some(receipt), problem: None }
    }

    pub(crate) fn refused(problem: &Problem) -> Self {
        Self {
            status: problem.kind.status().as_u16(),
            retryable: problem.kind.is_retryable(),
            receipt: None,
            problem: Some(problem.as_item()),
        }
    }
}
