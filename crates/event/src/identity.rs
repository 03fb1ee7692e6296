//! The identity of an event as a fixed-width key.

use std::fmt;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::attribute::{EventId, Source};
use crate::digest::length;

/// (source, id) as 16 bytes: the first half of SHA-256 over the length of source as a 32-bit
/// big-endian number, source, and id.
///
/// Two events that met on one key by accident would differ in their digest and so be told
/// apart as a conflict; neither could be lost in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey(Uuid);

impl EventKey {
    /// The key of (source, id).
    pub fn of(source: &Source, id: &EventId) -> Self {
        let mut hash = Sha256::new();
        hash.update(length(source.as_str().as_bytes()));
        hash.update(source.as_str());
        hash.update(id.as_str());
        let mut first = [0; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        Self(Uuid::from_bytes(first))
    }

    /// The key in lower-case hexadecimal, written into `room`.
    pub fn in_hexadecimal<'r>(&self, room: &'r mut [u8; 32]) -> &'r str {
        self.0.simple().encode_lower(room)
    }

    /// The key in PostgreSQL's 16-byte type.
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_hexadecimal(&mut [0; 32]))
    }
}
