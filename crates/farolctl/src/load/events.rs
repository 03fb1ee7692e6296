//! The events of a load: real flights under ids of this run, some of them broken or sent again on purpose.

use bytes::Bytes;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::flights::Flight;

/// Which of the events are not as they should be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shares {
    /// No CloudEvents: the gateway refuses them (400).
    pub(crate) invalid: f64,
    /// An event of this run again, as it was.
    pub(crate) duplicate: f64,
}

/// Makes events for ever.
pub(crate) struct Events {
    flights: Vec<Flight>,
    run: String,
    shares: Shares,
    random: StdRng,
    made: u64,
}

/// One request's body.
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    pub(crate) is_batch: bool,
}

impl Events {
    /// Events of a run of this name; the same seed makes the same choices.
    pub(crate) fn new(flights: Vec<Flight>, run: String, shares: Shares, seed: u64) -> Self {
        Self { flights, run, shares, random: StdRng::seed_from_u64(seed), made: 0 }
    }

    /// The next `count` events, as one request: one alone in structured mode, several as a batch.
    pub(crate) fn next(&mut self, count: u32) -> Body {
        if count == 1 {
            return Body { bytes: self.one(), is_batch: false };
        }
        let mut batch = Vec::from(*b"[");
        for index in 0..count {
            if index > 0 {
                batch.push(b',');
            }
            batch.extend_from_slice(&self.one());
        }
        batch.push(b']');
        Body { bytes: batch.into(), is_batch: true }
    }

    fn one(&mut self) -> Bytes {
        let chosen: f64 = self.random.random();
        let Shares { invalid, duplicate } = self.shares;
        if chosen < invalid {
            return Bytes::from_static(
                br#"{"specversion":"1.0","note":"broken on purpose by farolctl load"}"#,
            );
        }
        if chosen < invalid + duplicate && self.made > 0 {
            let again = self.random.random_range(0..self.made);
            return self.event(again);
        }
        self.made += 1;
        self.event(self.made - 1)
    }

    /// The event of this number, always the same.
    fn event(&self, number: u64) -> Bytes {
        let index = usize::try_from(number).unwrap_or_default() % self.flights.len().max(1);
        let id = format!("{}-{number}", self.run);
        self.flights.get(index).map(|flight| flight.body_with_id(&id)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::*;
    use crate::flights::{self, Days};

    fn events(shares: Shares) -> Events {
        let csv = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/flights.csv");
        let flights = flights::load(Days::year().unwrap(), Some(csv.into())).unwrap();
        Events::new(flights, "run".to_owned(), shares, 7)
    }

    fn ids(events: &mut Events, count: usize) -> Vec<Option<String>> {
        let id = |body: Body| {
            let event: Value = serde_json::from_slice(&body.bytes).unwrap();
            event["id"].as_str().map(str::to_owned)
        };
        (0..count).map(|_| id(events.next(1))).collect()
    }

    #[test]
    fn every_event_is_new_unless_something_else_is_asked_for() {
        let ids = ids(&mut events(Shares { invalid: 0.0, duplicate: 0.0 }), 1_000);
        assert_eq!(ids.iter().flatten().collect::<HashSet<_>>().len(), 1_000);
    }

    #[test]
    fn broken_and_repeated_events_come_in_their_shares() {
        let ids = ids(&mut events(Shares { invalid: 0.05, duplicate: 0.2 }), 10_000);
        let broken = ids.iter().filter(|id| id.is_none()).count();
        let different = ids.iter().flatten().collect::<HashSet<_>>().len();
        assert!((400..600).contains(&broken), "{broken}");
        let repeated = ids.len() - broken - different;
        assert!((1_800..2_200).contains(&repeated), "{repeated}");
    }

    #[test]
    fn an_event_that_comes_again_is_the_same_to_the_byte() {
        let events = events(Shares { invalid: 0.0, duplicate: 0.0 });
        assert_eq!(events.event(3), events.event(3));
    }

    #[test]
    fn several_events_are_one_batch() {
        let body = events(Shares { invalid: 0.0, duplicate: 0.0 }).next(3);
        let batch: Value = serde_json::from_slice(&body.bytes).unwrap();
        assert!(body.is_batch);
        assert_eq!(batch.as_array().unwrap().len(), 3);
    }
}
