//! Batched content mode in the JSON batch format (CloudEvents JSON format §4): an array of
//! events, each of them an event of its own.

use bytes::Bytes;
use jiter::Jiter;

use super::structured;
use crate::Event;
use crate::json;
use crate::refusal::{Place, Refusal};

/// Why a body is no batch at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchRefusal {
    /// More events than are taken at once.
    #[error("the batch holds more than {limit} events")]
    TooMany {
        /// The most that are taken.
        limit: usize,
    },
    /// No JSON array.
    #[error(transparent)]
    Malformed(#[from] Refusal),
}

pub(super) fn read(body: &Bytes, max_events: usize) -> Result<Vec<Result<Event, Refusal>>, BatchRefusal> {
    let mut jiter = Jiter::new(body);
    let broken = |error: &jiter::JiterError| json::refusal(error, body, Place::Message);
    let mut events = Vec::new();
    let mut next = jiter.next_array().map_err(|e| broken(&e))?;
    while let Some(peek) = next {
        if events.len() == max_events {
            return Err(BatchRefusal::TooMany { limit: max_events });
        }
        let start = jiter.current_index();
        jiter.known_skip(peek).map_err(|e| broken(&e))?;
        events.push(structured::read(&body.slice(start..jiter.current_index())));
        next = jiter.array_step().map_err(|e| broken(&e))?;
    }
    jiter.finish().map_err(|e| broken(&e))?;
    Ok(events)
}
