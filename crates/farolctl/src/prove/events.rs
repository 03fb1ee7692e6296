//! The events of a proof: most of them plain, some sent twice at once, some under an id that is taken.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::journal::Identity;

const PERIOD: u64 = 100;
/// Of each hundred: this one is sent twice at once, with the same content.
const TWIN: u64 = 17;
/// This one is sent twice at once, with different content.
const RIVAL: u64 = 33;
/// This one is sent under the id of an earlier one, with other content.
const LATE_RIVAL: u64 = 66;
/// How many events before: seconds, not minutes.
const EARLIER: u64 = 1_066;
const TEXT_BYTES: usize = 200;

/// One event to send until it is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) identity: Identity,
    /// Somebody else uses its id: a 409 is a right answer then.
    pub(crate) contested: bool,
    pub(crate) body: String,
}

/// What an event carries; read back from its row to tell whether it is this one's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data {
    number: u64,
    version: u8,
    text: String,
}

impl Data {
    fn new(number: u64, version: u8) -> Self {
        let text = format!("{number:x}-").repeat(TEXT_BYTES).chars().take(TEXT_BYTES).collect();
        Self { number, version, text }
    }

    /// SHA-256 over every field, in a form that no database changes.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{} {} {}", self.number, self.version, self.text));
        hex::encode(hash.finalize())
    }
}

/// What is sent when event `number` of a run is due: one event, or two at once.
pub(crate) fn due(run: &str, number: u64) -> Vec<Outgoing> {
    match number % PERIOD {
        TWIN => vec![event(run, number, 0, false); 2],
        RIVAL => vec![event(run, number, 0, true), event(run, number, 1, true)],
        LATE_RIVAL if number > EARLIER => vec![event(run, number - EARLIER, 1, true)],
        0 => vec![event(run, number, 0, true)],
        _ => vec![event(run, number, 0, false)],
    }
}

fn event(run: &str, number: u64, version: u8, contested: bool) -> Outgoing {
    let data = Data::new(number, version);
    let source = format!("/prove/{}", number % 8);
    let id = format!("{run}-{number:09}");
    let body = serde_json::json!({
        "specversion": "1.0", "id": id, "source": source, "type": "farol.prove",
        "datacontenttype": "application/json", "data": data,
    });
    let identity = Identity { source, id, digest: data.digest() };
    Outgoing { identity, contested, body: body.to_string() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn an_id_with_two_contents_is_always_a_contested_one() {
        let mut seen: HashMap<String, Vec<Outgoing>> = HashMap::new();
        for event in (0..5_000).flat_map(|number| due("run", number)) {
            seen.entry(event.identity.id.clone()).or_default().push(event);
        }
        let rivals =
            |events: &&Vec<Outgoing>| events.iter().any(|e| e.identity.digest != events[0].identity.digest);
        let contested: Vec<_> = seen.values().filter(rivals).collect();
        assert!(contested.len() > 80, "{}", contested.len());
        assert!(contested.into_iter().flatten().all(|event| event.contested));
        let twins = |events: &&Vec<Outgoing>| events.len() == 2 && !events[0].contested;
        assert_eq!(seen.values().filter(twins).count(), 50);
    }

    #[test]
    fn a_row_tells_which_content_it_holds() {
        let [first, second] = &due("run", 33)[..] else { panic!("two at once") };
        assert_eq!(first.identity.id, second.identity.id);
        let body: serde_json::Value = serde_json::from_str(&second.body).unwrap();
        let data: Data = serde_json::from_value(body["data"].clone()).unwrap();
        assert_eq!(data.digest(), second.identity.digest);
        assert_ne!(data.digest(), first.identity.digest);
    }
}
