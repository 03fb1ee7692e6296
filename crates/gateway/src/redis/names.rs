//! The names of our keys in Redis.

use event::EventKey;
use fred::types::Key;

/// One producer's keys for one topic. All of them carry its hash tag, so that one script may use
/// them together on a cluster too.
#[derive(PartialEq, Eq)]
pub(super) struct Scope(String);

impl Scope {
    pub(super) fn new(topic: &str, producer: &str) -> Self {
        Self(["farol:{", topic, ":", producer, "}"].concat())
    }

    /// What the producer owes.
    pub(super) fn rate(&self) -> String {
        format!("{}:rate", self.0)
    }

    /// The first receipt of an event of this producer.
    pub(super) fn receipt(&self, key: EventKey) -> Key {
        [&self.0, ":receipt:", key.in_hexadecimal(&mut Default::default())].concat().into()
    }
}

/// What is remembered of a stored event.
pub(super) fn stored(topic: &str, key: EventKey) -> String {
    format!("farol:{topic}:stored:{key}")
}
