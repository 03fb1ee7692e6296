//! Rows in COPY's binary form. Beside one INSERT from arrays of columns, COPY into the same table
//! costs PostgreSQL a third less: rows need no arrays taken apart, and a page of them is one record of its log.

use bytes::{BufMut as _, Bytes, BytesMut};
use event::{DIGEST_VERSION, Data, Event};
use time::OffsetDateTime;
use time::macros::datetime;

use super::events::Candidate;
use super::{Book, trace_id_bytes};

/// Columns in the order in which [`Rows::push`] writes them. `stored_at` is always PostgreSQL's own.
pub(super) const COPY: &str = "
COPY farol.events
    (tx, topic, digest_version, key, n, partition, \"offset\", received_at, time, digest, trace_id, source, id, type,
     subject, time_text, datacontenttype, dataschema, producer, extensions, data, data_bytes)
FROM STDIN (FORMAT binary)";
const COLUMNS: i16 = 22;
/// Signature, no flags, no further header.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;
const NULL: i32 = -1;
/// What jsonb's binary form begins with; the rest is text.
const JSONB_VERSION: u8 = 1;
/// PostgreSQL counts microseconds from here.
const EPOCH: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);

/// Rows on their way to one COPY.
pub(super) struct Rows<'b> {
    book: &'b Book,
    tx: i64,
    bytes: BytesMut,
}

impl<'b> Rows<'b> {
    /// None yet; all will belong to transaction `tx`.
    pub(super) fn new(book: &'b Book, tx: i64) -> Self {
        Self { book, tx, bytes: BytesMut::from(HEAD) }
    }

    /// How many bytes are waiting.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What is waiting; the rows go on behind it.
    pub(super) fn take(&mut self) -> Bytes {
        self.bytes.split().freeze()
    }

    /// The last bytes.
    pub(super) fn end(mut self) -> Bytes {
        self.bytes.put_i16(END);
        self.bytes.freeze()
    }

    pub(super) fn push(&mut self, candidate: &Candidate<'_>) {
        let (record, attributes) = (candidate.record, &candidate.event.attributes);
        self.bytes.put_i16(COLUMNS);
        self.value(&self.tx.to_be_bytes());
        self.value(self.book.topic.as_bytes());
        self.value(&DIGEST_VERSION.to_be_bytes());
        self.value(candidate.key.as_uuid().as_bytes());
        self.value(&candidate.n.to_be_bytes());
        self.value(&record.partition.to_be_bytes());
        self.value(&record.offset.to_be_bytes());
        self.instant(record.received_at_ms().and_then(from_milliseconds));
        self.instant(attributes.time.as_ref().map(event::Time::instant));
        self.value(&candidate.digest);
        self.optional(trace_id_bytes(record).as_deref());
        self.value(attributes.source.as_str().as_bytes());
        self.value(attributes.id.as_str().as_bytes());
        self.value(attributes.event_type.as_str().as_bytes());
        self.text(attributes.subject.as_ref().map(event::Subject::as_str));
        self.text(attributes.time.as_ref().map(event::Time::as_str));
        self.text(attributes.datacontenttype.as_ref().map(event::MediaType::as_str));
        self.text(attributes.dataschema.as_ref().map(event::SchemaUri::as_str));
        self.text(record.producer());
        self.jsonb(extensions(candidate.event).as_deref());
        let (json, bytes) = match &candidate.event.data {
            Data::Absent => (None, None),
            Data::Json(json) => (Some(json.as_str()), None),
            Data::Bytes(bytes) => (None, Some(bytes.as_ref())),
        };
        self.jsonb(json);
        self.optional(bytes);
    }

    fn value(&mut self, bytes: &[u8]) {
        self.bytes.put_i32(length(bytes.len()));
        self.bytes.put_slice(bytes);
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.value(bytes),
            None => self.bytes.put_i32(NULL),
        }
    }

    fn text(&mut self, text: Option<&str>) {
        self.optional(text.map(str::as_bytes));
    }

    fn jsonb(&mut self, json: Option<&str>) {
        let Some(json) = json else { return self.bytes.put_i32(NULL) };
        self.bytes.put_i32(length(json.len() + 1));
        self.bytes.put_u8(JSONB_VERSION);
        self.bytes.put_slice(json.as_bytes());
    }

    fn instant(&mut self, instant: Option<OffsetDateTime>) {
        // every instant of OffsetDateTime is one of PostgreSQL's
        let microseconds =
            instant.and_then(|instant| i64::try_from((instant - EPOCH).whole_microseconds()).ok());
        self.optional(microseconds.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    }
}

/// A batch is bounded far below what does not fit.
fn length(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
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
