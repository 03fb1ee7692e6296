//! Rows as columns: the arrays that the insert statement unnests.

use event::{Data, Event};
use time::OffsetDateTime;

use super::events::Candidate;
use super::trace_id_bytes;

/// Rows turned into the arrays that one statement takes.
#[derive(Default)]
pub(super) struct Columns<'r> {
    pub(super) keys: Vec<uuid::Uuid>,
    pub(super) places: Vec<i32>,
    pub(super) partitions: Vec<i32>,
    pub(super) offsets: Vec<i64>,
    pub(super) received: Vec<Option<OffsetDateTime>>,
    pub(super) times: Vec<Option<OffsetDateTime>>,
    pub(super) digests: Vec<&'r [u8]>,
    pub(super) trace_ids: Vec<Option<Vec<u8>>>,
    pub(super) sources: Vec<&'r str>,
    pub(super) ids: Vec<&'r str>,
    pub(super) types: Vec<&'r str>,
    pub(super) subjects: Vec<Option<&'r str>>,
    pub(super) time_texts: Vec<Option<&'r str>>,
    pub(super) media_types: Vec<Option<&'r str>>,
    pub(super) schemas: Vec<Option<&'r str>>,
    pub(super) producers: Vec<Option<&'r str>>,
    pub(super) extensions: Vec<Option<String>>,
    pub(super) json: Vec<Option<&'r str>>,
    pub(super) bytes: Vec<Option<&'r [u8]>>,
}

impl<'r> Columns<'r> {
    pub(super) fn push(&mut self, candidate: &'r Candidate<'_>) {
        let (record, attributes) = (candidate.record, &candidate.event.attributes);
        self.keys.push(candidate.key.as_uuid());
        self.places.push(candidate.n);
        self.partitions.push(record.partition);
        self.offsets.push(record.offset);
        self.received.push(record.received_at_ms().and_then(instant));
        self.times.push(attributes.time.as_ref().map(event::Time::instant));
        self.digests.push(&candidate.digest);
        self.trace_ids.push(trace_id_bytes(record));
        self.sources.push(attributes.source.as_str());
        self.ids.push(attributes.id.as_str());
        self.types.push(attributes.event_type.as_str());
        self.subjects.push(attributes.subject.as_ref().map(event::Subject::as_str));
        self.time_texts.push(attributes.time.as_ref().map(event::Time::as_str));
        self.media_types.push(attributes.datacontenttype.as_ref().map(event::MediaType::as_str));
        self.schemas.push(attributes.dataschema.as_ref().map(event::SchemaUri::as_str));
        self.producers.push(record.producer());
        self.extensions.push(extensions(candidate.event));
        let (json, bytes) = match &candidate.event.data {
            Data::Absent => (None, None),
            Data::Json(json) => (Some(json.as_str()), None),
            Data::Bytes(bytes) => (None, Some(bytes.as_ref())),
        };
        self.json.push(json);
        self.bytes.push(bytes);
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

fn instant(milliseconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
}
