//! What a row is made of. COPY into the same table costs PostgreSQL a third less than an INSERT from arrays of columns:
//! rows need no arrays taken apart, and a page of them is one record of its log.

use std::fmt;

use bytes::Bytes;
use deadpool_postgres::Transaction;
use event::{DIGEST_VERSION, Data, Digest, Event, EventKey};
use telemetry::TraceId;
use time::OffsetDateTime;

use super::copy::{Values, copy};
use super::events::Candidate;
use super::{Book, StoreError};
use crate::record::Origin;

/// Columns in the order in which [`insert`] and then [`Row::of`] write them. `stored_at` is always PostgreSQL's own.
const COPY: &str = "
COPY farol.events
    (tx, n, topic, digest_version, key, partition, \"offset\", received_at, time, digest, trace_id, source, id, type,
     subject, time_text, datacontenttype, dataschema, producer, extensions, data, data_bytes)
FROM STDIN (FORMAT binary)";
const COLUMNS: i16 = 22;
/// What most rows take beside their data.
const USUAL_BYTES: usize = 512;

/// No ON CONFLICT: the keys have decided.
pub(super) async fn insert<'c, 'r: 'c>(
    transaction: &Transaction<'_>,
    book: &Book,
    tx: i64,
    candidates: impl Iterator<Item = &'c Candidate<'r>>,
) -> Result<(), StoreError> {
    let write = |values: &mut Values, candidate: &Candidate<'_>| {
        values.value(&tx.to_be_bytes());
        values.value(&candidate.n.to_be_bytes());
        values.value(book.topic.as_bytes());
        values.append(&candidate.row.0);
    };
    copy(transaction, COPY, COLUMNS, candidates, write).await
}

/// A row's values, but for its place and its topic, which whoever writes it knows.
#[derive(Clone)]
pub(crate) struct Row(Values);

impl Row {
    pub(crate) fn of(event: &Event, key: EventKey, digest: &Digest, origin: &Origin<'_>) -> Self {
        let attributes = &event.attributes;
        let mut row = Values::with_room(USUAL_BYTES + event.data.as_bytes().map_or(0, Bytes::len));
        row.value(&DIGEST_VERSION.to_be_bytes());
        row.value(key.as_uuid().as_bytes());
        row.value(&origin.partition.to_be_bytes());
        row.value(&origin.offset.to_be_bytes());
        row.instant(origin.received_at_ms.and_then(from_milliseconds));
        row.instant(attributes.time.as_ref().map(event::Time::instant));
        row.value(digest.as_bytes());
        row.optional(origin.trace_id.map(TraceId::to_bytes));
        row.value(attributes.source.as_str().as_bytes());
        row.value(attributes.id.as_str().as_bytes());
        row.value(attributes.event_type.as_str().as_bytes());
        row.optional(attributes.subject.as_ref().map(event::Subject::as_str));
        row.optional(attributes.time.as_ref().map(event::Time::as_str));
        row.optional(attributes.datacontenttype.as_ref().map(event::MediaType::as_str));
        row.optional(attributes.dataschema.as_ref().map(event::SchemaUri::as_str));
        row.optional(origin.producer);
        row.jsonb(extensions(event).as_deref());
        let (json, bytes) = match &event.data {
            Data::Absent => (None, None),
            Data::Json(json) => (Some(json.as_str()), None),
            Data::Bytes(bytes) => (None, Some(bytes)),
        };
        row.jsonb(json);
        row.optional(bytes);
        Self(row)
    }
}

impl fmt::Debug for Row {
    /// Payloads stay out of logs, so only the size is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({} bytes)", self.0.len())
    }
}

/// Extensions as one JSON object of strings; `None` where there are none.
fn extensions(event: &Event) -> Option<String> {
    let extensions = &event.attributes.extensions;
    if extensions.is_empty() {
        return None;
    }
    let object: serde_json::Map<_, _> =
        extensions.iter().map(|(name, value)| (name.to_string(), value.as_str().into())).collect();
    Some(serde_json::Value::Object(object).to_string())
}

fn from_milliseconds(milliseconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
}
