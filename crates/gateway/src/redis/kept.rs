//! What is remembered of a first receipt, and its form in Redis.

use bytes::Bytes;
use event::{DIGEST_VERSION, Digest};
use telemetry::TraceId;

/// The version of this form. A value of another version counts as a miss.
const VERSION: u8 = 1;
const WITHOUT_TRACE: usize = 46;
const WITH_TRACE: usize = WITHOUT_TRACE + 16;

/// What is kept of the first receipt of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Tells a repeat from a conflict.
    pub(crate) digest: Digest,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// The trace of the first request.
    pub(crate) trace_id: Option<TraceId>,
}

impl Kept {
    /// One byte each for the version of this form and of the digest, 32 of digest, then partition
    /// and offset as big-endian numbers and, if there is one, 16 of trace id.
    pub(super) fn encode(&self) -> Bytes {
        let mut value = Vec::with_capacity(WITH_TRACE);
        value.extend([VERSION, digest_version()]);
        value.extend(self.digest.as_bytes());
        value.extend(self.partition.to_be_bytes());
        value.extend(self.offset.to_be_bytes());
        value.extend(self.trace_id.iter().flat_map(|id| id.to_bytes()));
        value.into()
    }

    /// `None` for anything that this version did not write.
    pub(super) fn decode(value: &[u8]) -> Option<Self> {
        let (head, value) = value.split_first_chunk::<2>()?;
        if *head != [VERSION, digest_version()] {
            return None;
        }
        let (digest, value) = value.split_first_chunk::<32>()?;
        let (partition, value) = value.split_first_chunk()?;
        let (offset, trace_id) = value.split_first_chunk()?;
        let trace_id = match trace_id {
            [] => None,
            trace_id => Some(TraceId::from_bytes(trace_id.try_into().ok()?)),
        };
        Some(Self {
            digest: Digest::from(*digest),
            partition: i32::from_be_bytes(*partition),
            offset: i64::from_be_bytes(*offset),
            trace_id,
        })
    }
}

/// The digest's version, in the one byte it has here.
fn digest_version() -> u8 {
    DIGEST_VERSION.to_be_bytes()[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        Kept {
            digest: Digest::from([7; 32]),
            partition: 3,
            offset: i64::MAX - 1,
            trace_id: TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").ok(),
        }
    }

    #[test]
    fn what_is_written_is_read_with_and_without_a_trace() {
        assert_eq!(Kept::decode(&kept().encode()), Some(kept()));
        assert_eq!(kept().encode().len(), WITH_TRACE);
        let untraced = Kept { trace_id: None, partition: -1, ..kept() };
        assert_eq!(Kept::decode(&untraced.encode()), Some(untraced));
        assert_eq!(untraced.encode().len(), WITHOUT_TRACE);
    }

    #[test]
    fn another_version_or_another_length_is_a_miss() {
        for byte in [0, 1] {
            let mut other = kept().encode().to_vec();
            other[byte] += 1;
            assert_eq!(Kept::decode(&other), None);
        }
        let value = kept().encode();
        for length in (0..value.len()).filter(|length| *length != WITHOUT_TRACE) {
            assert_eq!(Kept::decode(&value[..length]), None, "{length}");
        }
        assert_eq!(Kept::decode(&[&value[..], b"x"].concat()), None);
        assert_eq!(Kept::decode(br#"{"digest":"00","partition":0,"offset":0}"#), None);
    }
}
