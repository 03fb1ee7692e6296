//! The log of the model: one partition with a record, a conflict with it, an offset that holds
//! none, and a repetition of the first.

use bytes::Bytes;
use event::{Digest, EventKey, kafka};

use crate::record::{Identified, Origin, Raw, Record};

/// The only partition.
pub(super) const PARTITION: i32 = 0;
/// The offset behind the last record.
pub(super) const END: i64 = 4;
/// The id and data of the record at each offset; none where a control marker is.
const RECORDS: [Option<(&str, &str)>; 4] = [Some(("a", "1")), Some(("a", "2")), None, Some(("a", "1"))];

/// The records, decoded once. Retention is a matter of the state, not of this.
pub(super) struct Topic(Vec<Option<Identified>>);

impl Topic {
    pub(super) fn new() -> Self {
        Self(RECORDS.into_iter().map(|record| record.map(|(id, data)| identified(id, data))).collect())
    }

    /// The first record at or behind an offset.
    pub(super) fn next(&self, from: i64) -> Option<i64> {
        (from..END).find(|offset| self.get(*offset).is_some())
    }

    pub(super) fn has(&self, offset: i64) -> bool {
        self.get(offset).is_some()
    }

    /// The record as the worker would take it from the client.
    pub(super) fn record(&self, offset: i64) -> Record {
        Record {
            partition: PARTITION,
            offset,
            timestamp_ms: None,
            content: Ok(self.get(offset).unwrap().clone()),
            span: tracing::Span::none(),
            received_at_ms: None,
            dead_letter_id: None,
            trace_id: None,
            raw: Raw::default(),
        }
    }

    pub(super) fn key(&self, offset: i64) -> EventKey {
        self.get(offset).unwrap().key
    }

    pub(super) fn digest(&self, offset: i64) -> Digest {
        self.get(offset).unwrap().digest
    }

    fn get(&self, offset: i64) -> Option<&Identified> {
        self.0.get(usize::try_from(offset).unwrap())?.as_ref()
    }
}

fn identified(id: &str, data: &'static str) -> Identified {
    let headers =
        [("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", "/model"), ("ce_type", "model.record")];
    let headers = headers.into_iter().map(|(name, value)| (name, Some(value.as_bytes())));
    let event = kafka::read(headers, Some(Bytes::from_static(data.as_bytes()))).unwrap();
    Identified::of(event, &Origin::default())
}
