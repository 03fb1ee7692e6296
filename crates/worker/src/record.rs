//! One record of Kafka as the worker handles it: what came, what it says, where it belongs.

use bytes::Bytes;
use event::{Class, Digest, Event, EventId, EventKey, Place, Refusal, Source, kafka};
use rdkafka::message::{BorrowedMessage, Message as _};
use sha2::{Digest as _, Sha256};
use telemetry::{Extractor, TraceId};
use tracing::Span;

use crate::headers::Headers;
use crate::store::Row;
use crate::trace::{self, Senders};

/// A record's bytes as Kafka held them; a dead letter keeps them all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Bytes>,
    pub(crate) headers: Headers,
    /// Whether its headers end here before one whose name is not text.
    headers_cut: bool,
}

/// Where a record was, and what its headers say beside its event.
#[derive(Debug, Default)]
pub(crate) struct Origin<'r> {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// When the gateway received it, in milliseconds since 1970.
    pub(crate) received_at_ms: Option<i64>,
    /// The gateway's name for who sent it.
    pub(crate) producer: Option<&'r str>,
    /// The trace that its row leads to.
    pub(crate) trace_id: Option<TraceId>,
}

/// An event's row, and what the event is known by: made as it comes, while PostgreSQL stores those before it. A whole batch is
/// more than the caches hold, so nothing is left to be looked up in it again.
#[derive(Debug, Clone)]
pub(crate) struct Identified {
    pub(crate) source: Source,
    pub(crate) id: EventId,
    pub(crate) key: EventKey,
    pub(crate) digest: Digest,
    pub(crate) row: Row,
}

impl Identified {
    pub(crate) fn of(event: Event, origin: &Origin<'_>) -> Self {
        let (key, digest) = (event.key(), event.digest());
        let row = Row::of(&event, key, &digest, origin);
        Self { source: event.attributes.source, id: event.attributes.id, key, digest, row }
    }
}

/// A consumed record.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) timestamp_ms: Option<i64>,
    pub(crate) raw: Raw,
    /// The event in it, or why there is none.
    pub(crate) content: Result<Identified, Refusal>,
    /// When the gateway received it, in milliseconds since 1970.
    pub(crate) received_at_ms: Option<i64>,
    /// The dead letter that it says it was made of. Anybody can say so.
    pub(crate) dead_letter_id: Option<i64>,
    /// Open from here until the record's outcome is committed.
    pub(crate) span: Span,
    /// The trace that its row leads to.
    pub(crate) trace_id: Option<TraceId>,
}

impl Record {
    /// Takes a record out of the client's hands and decodes it.
    pub(crate) fn of(message: &BorrowedMessage<'_>, group: &str, senders: &mut Senders) -> Self {
        let raw = Raw::of(message);
        let content = raw.event();
        let remote = senders.of(&raw, content.as_ref().ok());
        let (partition, offset) = (message.partition(), message.offset());
        let span = trace::process(message.topic(), group, partition, offset, &remote);
        if let Ok(event) = &content {
            trace::name_event(&span, event);
        }
        let trace_id = remote.trace_id().or_else(|| telemetry::trace_id(&span));
        let number = |header| raw.headers.text(header)?.parse().ok();
        let (received_at_ms, dead_letter_id) = (number("farol-received-at"), number("farol-dead-letter-id"));
        let producer = raw.headers.text("farol-producer");
        let origin = Origin { partition, offset, received_at_ms, producer, trace_id };
        let content = content.map(|event| Identified::of(event, &origin));
        let timestamp_ms = message.timestamp().to_millis();
        Self { partition, offset, timestamp_ms, raw, content, received_at_ms, dead_letter_id, span, trace_id }
    }

    /// How much memory it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        self.raw.headers.bytes()
            + self.raw.key.as_ref().map_or(0, Vec::len)
            + self.raw.value.as_ref().map_or(0, Bytes::len)
    }
}

impl Raw {
    pub(crate) fn of(message: &BorrowedMessage<'_>) -> Self {
        let (headers, headers_cut) = message.headers().map_or_else(Default::default, Headers::read);
        Self {
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(Bytes::copy_from_slice),
            headers,
            headers_cut,
        }
    }

    fn event(&self) -> Result<Event, Refusal> {
        if self.headers_cut {
            let reason = "a header's name is not UTF-8; it and those after it are not kept".into();
            return Err(Refusal { class: Class::Malformed, place: Place::Message, reason });
        }
        kafka::read(self.headers.iter(), self.value.clone())
    }

    /// SHA-256 over key, value and headers: tells whether an offset still holds this record.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        part(&mut hash, self.key.as_deref());
        part(&mut hash, self.value.as_deref());
        for (name, value) in self.headers.iter() {
            part(&mut hash, Some(name.as_bytes()));
            part(&mut hash, value);
        }
        hash.finalize().into()
    }
}

/// One part and whether it is there, so that no two records run together into the same bytes.
fn part(hash: &mut Sha256, bytes: Option<&[u8]>) {
    match bytes {
        None => hash.update([0]),
        Some(bytes) => {
            hash.update([1]);
            hash.update(bytes.len().to_be_bytes());
            hash.update(bytes);
        }
    }
}

impl Extractor for Raw {
    fn get(&self, key: &str) -> Option<&str> {
        self.headers.text(key)
    }

    fn keys(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name).collect()
    }
}
