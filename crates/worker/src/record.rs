//! One record of Kafka as the worker handles it: what came, what it says, where it belongs.

use bytes::Bytes;
use event::{Class, Digest, Event, EventKey, Place, Refusal, kafka};
use rdkafka::message::{BorrowedMessage, Message as _};
use sha2::{Digest as _, Sha256};
use telemetry::{Extractor, Remote, TraceId};
use tracing::Span;

use crate::headers::Headers;
use crate::trace;

/// A record's bytes as Kafka held them; a dead letter keeps them all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Bytes>,
    pub(crate) headers: Headers,
    /// Whether its headers end here before one whose name is not text.
    headers_cut: bool,
}

/// An event, and what it is known by: computed as it comes, while PostgreSQL stores those before it.
#[derive(Debug, Clone)]
pub(crate) struct Identified {
    pub(crate) event: Event,
    pub(crate) key: EventKey,
    pub(crate) digest: Digest,
}

impl Identified {
    pub(crate) fn of(event: Event) -> Self {
        Self { key: event.key(), digest: event.digest(), event }
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
    /// Open from here until the record's outcome is committed.
    pub(crate) span: Span,
    pub(crate) remote: Remote,
}

impl Record {
    /// Takes a record out of the client's hands and decodes it.
    pub(crate) fn of(message: &BorrowedMessage<'_>, group: &str) -> Self {
        let raw = Raw::of(message);
        let content = raw.event();
        let remote = trace::sender(&raw, content.as_ref().ok());
        let (partition, offset) = (message.partition(), message.offset());
        let span = trace::process(message.topic(), group, partition, offset, &remote);
        if let Ok(event) = &content {
            trace::name_event(&span, event);
        }
        let content = content.map(Identified::of);
        Self { partition, offset, timestamp_ms: message.timestamp().to_millis(), raw, content, span, remote }
    }

    /// How much memory it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        self.raw.headers.bytes()
            + self.raw.key.as_ref().map_or(0, Vec::len)
            + self.raw.value.as_ref().map_or(0, Bytes::len)
    }

    /// The gateway's name for who sent it.
    pub(crate) fn producer(&self) -> Option<&str> {
        self.raw.headers.text("farol-producer")
    }

    /// When the gateway received it, in milliseconds since 1970.
    pub(crate) fn received_at_ms(&self) -> Option<i64> {
        self.raw.headers.text("farol-received-at")?.parse().ok()
    }

    /// The dead letter that it says it was made of. Anybody can say so.
    pub(crate) fn dead_letter_id(&self) -> Option<i64> {
        self.raw.headers.text("farol-dead-letter-id")?.parse().ok()
    }

    /// The trace that its row leads to.
    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        self.remote.trace_id().or_else(|| telemetry::trace_id(&self.span))
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
