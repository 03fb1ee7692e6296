//! What a row is made of. COPY into the same table costs PostgreSQL a third less than an INSERT from arrays of columns:
//! rows need no arrays taken apart, and a page of them is one record of its log.

use deadpool_postgres::Transaction;
use event::{DIGEST_VERSION, Data, Event};
use telemetry::TraceId;
use time::OffsetDateTime;

use super::copy::{Tuples, copy};
use super::events::Candidate;
use super::{Book, StoreError};

/// Columns in the order in which [`write()`] writes them. `stored_at` is always PostgreSQL's own.
const COPY: &str = "
COPY farol.events
    (tx, topic, digest_version, key, n, partition, \"offset\", received_at, time, digest, trace_id, source, id, type,
     subject, time_text, datacontenttype, dataschema, producer, extensions, data, data_bytes)
FROM STDIN (FORMAT binary)";
const COLUMNS: i16 = 22;

/// No ON CONFLICT: the keys have decided.
pub(super) async fn insert<'c, 'r: 'c>(
    transaction: &Transaction<'_>,
    book: &Book,
    tx: i64,
    candidates: impl Iterator<Item = &'c Candidate<'r>>,
) -> Result<(), StoreError> {
    copy(transaction, COPY, COLUMNS, candidates, |row, candidate| write(row, book, tx, candidate)).await
}

fn write(row: &mut Tuples, book: &Book, tx: i64, candidate: &Candidate<'_>) {
    let (record, attributes) = (candidate.record, &candidate.event.attributes);
    row.value(&tx.to_be_bytes());
    row.value(book.topic.as_bytes());
    row.value(&DIGEST_VERSION.to_be_bytes());
    row.value(candidate.key.as_uuid().as_bytes());
    row.value(&candidate.n.to_be_bytes());
    row.value(&record.partition.to_be_bytes());
    row.value(&record.offset.to_be_bytes());
    row.instant(record.received_at_ms().and_then(from_milliseconds));
    row.instant(attributes.time.as_ref().map(event::Time::instant));
    row.value(candidate.digest.as_bytes());
    row.optional(record.trace_id().map(TraceId::to_bytes));
    row.value(attributes.source.as_str().as_bytes());
    row.value(attributes.id.as_str().as_bytes());
    row.value(attributes.event_type.as_str().as_bytes());
    row.optional(attributes.subject.as_ref().map(event::Subject::as_str));
    row.optional(attributes.time.as_ref().map(event::Time::as_str));
    row.optional(attributes.datacontenttype.as_ref().map(event::MediaType::as_str));
    row.optional(attributes.dataschema.as_ref().map(event::SchemaUri::as_str));
    row.optional(record.producer());
    row.jsonb(extensions(candidate.event).as_deref());
    let (json, bytes) = match &candidate.event.data {
        Data::Absent => (None, None),
        Data::Json(json) => (Some(json.as_str()), None),
        Data::Bytes(bytes) => (None, Some(bytes.as_ref())),
    };
    row.jsonb(json);
    row.optional(bytes);
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
