//! The content digest, version 1: equal exactly when two events say the same.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::Event;
use crate::data::Data;

/// The version of the digest's definition, kept beside every stored digest.
pub const DIGEST_VERSION: i16 = 1;

/// A tracing context differs on every attempt to send one event, so it is not content.
const NOT_CONTENT: [&str; 2] = ["traceparent", "tracestate"];

/// Room that most events need no more of.
const USUAL_ATTRIBUTES: usize = 16;
const USUAL_HEAD_BYTES: usize = 512;

/// SHA-256 over an event's content.
///
/// Every attribute sorted by name (without `traceparent` and `tracestate`), each as name and
/// canonical string; then one byte for the kind of data (0 absent, 1 JSON, 2 bytes) and the
/// data, JSON in canonical form. Each text is preceded by its length in bytes as a 32-bit
/// big-endian number, so that no two contents run together into the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `event`.
    pub(crate) fn of(event: &Event) -> Self {
        let mut attributes = Vec::with_capacity(USUAL_ATTRIBUTES);
        attributes.extend(event.attributes.iter().filter(|(name, _)| !NOT_CONTENT.contains(name)));
        attributes.sort_unstable();
        // In one piece: some thirty small ones take a seventh longer.
        let mut head = Vec::with_capacity(USUAL_HEAD_BYTES);
        for (name, value) in attributes {
            text(&mut head, name.as_bytes());
            text(&mut head, value.as_bytes());
        }
        let (kind, data) = match &event.data {
            Data::Absent => (0, None),
            Data::Json(json) => (1, Some(json.canonical())),
            Data::Bytes(bytes) => (2, Some(bytes.as_ref())),
        };
        head.push(kind);
        if let Some(data) = data {
            head.extend_from_slice(&length(data));
        }
        let hash = Sha256::new().chain_update(head).chain_update(data.unwrap_or_default());
        Self(hash.finalize().into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn text(head: &mut Vec<u8>, bytes: &[u8]) {
    head.extend_from_slice(&length(bytes));
    head.extend_from_slice(bytes);
}

/// The length prefix; no attribute and no body comes near 4 GiB.
pub(crate) fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()
}
