//! Many events as a JSON array (CloudEvents JSON format §4), each of them an event of its own.

use bytes::Bytes;
use jiter::Jiter;
use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::structured;
use crate::Event;
use crate::refusal::Refusal;

/// What an event of a batch takes, about, to begin with enough room.
const USUAL_EVENT_BYTES: usize = 256;

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

/// Reads the events in their order; a bad one does not hide the others.
pub(crate) fn read(body: &Bytes, max_events: usize) -> Result<Vec<Result<Event, Refusal>>, BatchRefusal> {
    match read_all_good(body, max_events) {
        Some(events) => Ok(events),
        None => read_each(body, max_events),
    }
}

/// The events, where nothing at all is wrong with any of them, as in nearly every batch: they are read where they are then,
/// and nobody has to look for their ends first. What is wrong is told by [`read_each`].
fn read_all_good(body: &Bytes, max_events: usize) -> Option<Vec<Result<Event, Refusal>>> {
    let mut jiter = Jiter::new(body);
    let mut events = Vec::with_capacity((body.len() / USUAL_EVENT_BYTES).min(max_events));
    let mut next = jiter.next_array().ok()?;
    while next.is_some() {
        if events.len() == max_events {
            return None;
        }
        events.push(Ok(structured::read_next(&mut jiter, body).ok()?));
        next = jiter.array_step().ok()?;
    }
    jiter.finish().ok()?;
    Some(events)
}

/// Takes the array apart, and reads each item by itself.
fn read_each(body: &Bytes, max_events: usize) -> Result<Vec<Result<Event, Refusal>>, BatchRefusal> {
    let mut events = Events { body, max_events, read: Vec::new(), too_many: false };
    let mut json = serde_json::Deserializer::from_slice(body);
    let outcome = json.deserialize_seq(&mut events).and_then(|()| json.end());
    match outcome {
        Ok(()) => Ok(events.read),
        Err(_) if events.too_many => Err(BatchRefusal::TooMany { limit: max_events }),
        Err(error) => Err(Refusal::message(format!("is not a JSON array: {error}")).into()),
    }
}

/// Takes the array apart. Where an item ends is found by a parser that only looks at the grammar:
/// what no database could hold, such as half a surrogate pair, is then told of its item alone.
struct Events<'b> {
    body: &'b Bytes,
    max_events: usize,
    read: Vec<Result<Event, Refusal>>,
    too_many: bool,
}

impl<'de> Visitor<'de> for &mut Events<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&'de RawValue>()? {
            if self.read.len() == self.max_events {
                self.too_many = true;
                return Err(A::Error::custom("too many events"));
            }
            self.read.push(structured::read(&self.body.slice_ref(item.get().as_bytes())));
        }
        Ok(())
    }
}
