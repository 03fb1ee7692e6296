//! A CloudEvent as Farol knows it: attributes and data that exist only when they are valid,
//! the HTTP and Kafka bindings, identity and digest.
//!
//! Pure: it knows bytes, names and values, never a socket, a broker or a database.

mod attribute;
mod attributes;
mod data;
mod digest;
pub mod http;
mod identity;
mod json;
mod json_format;
pub mod kafka;
mod media_type;
mod refusal;
mod text;

pub use attribute::{EventId, EventType, ExtensionName, SchemaUri, Source, Subject, Time};
pub use attributes::{Attributes, SPEC_VERSION};
pub use data::Data;
pub use digest::{DIGEST_VERSION, Digest};
pub use identity::EventKey;
pub use json::JsonText;
pub use media_type::MediaType;
pub use refusal::{Class, Place, Refusal};

/// A CloudEvent 1.0.2: what it says about itself, and what it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The context attributes, extensions included.
    pub attributes: Attributes,
    /// The payload.
    pub data: Data,
}

impl Event {
    /// The identity that is unique in Farol: (source, id).
    pub fn key(&self) -> EventKey {
        EventKey::of(&self.attributes.source, &self.attributes.id)
    }

    /// The content digest: two events with one identity are the same event when it is equal.
    pub fn digest(&self) -> Digest {
        Digest::of(self)
    }

    /// `traceparent` and `tracestate` of the span that the event was made in (CloudEvents' distributed tracing extension).
    pub fn trace_context(&self) -> [Option<&str>; 2] {
        ["traceparent", "tracestate"].map(|name| self.attributes.extension(name))
    }

    /// The Kafka record key that keeps related events in order.
    ///
    /// The `partitionkey` extension decides; without it, events of one `source` and `subject`
    /// stay together; without a subject, the event stands alone under its own identity.
    pub fn partition_key(&self) -> String {
        let attributes = &self.attributes;
        if let Some(key) = attributes.extension("partitionkey") {
            return key.to_owned();
        }
        let second = attributes.subject.as_ref().map_or(attributes.id.as_str(), Subject::as_str);
        // A source is a URI reference and so never holds a space: the join is unambiguous.
        [attributes.source.as_str(), second].join(" ")
    }
}
