//! What an event carries: nothing, JSON, or bytes of another media type.

use bytes::Bytes;

use crate::json::JsonText;
use crate::media_type::MediaType;
use crate::refusal::Refusal;

/// The payload of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// The event has no data.
    Absent,
    /// A JSON value, kept as the text it came with.
    Json(JsonText),
    /// Bytes of any other media type, kept byte for byte.
    Bytes(Bytes),
}

impl Data {
    /// Reads `bytes` as data of `media_type`: JSON is validated, everything else is only carried.
    pub fn parse(media_type: Option<&MediaType>, bytes: Bytes) -> Result<Self, Refusal> {
        match media_type {
            Some(media_type) if media_type.is_json() => Ok(Self::Json(JsonText::parse(bytes)?)),
            _ => Ok(Self::Bytes(bytes)),
        }
    }

    /// The bytes as they travel in a Kafka record's value or an HTTP body; `None` when absent.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Absent => None,
            Self::Json(json) => Some(json.text()),
            Self::Bytes(bytes) => Some(bytes),
        }
    }
}
