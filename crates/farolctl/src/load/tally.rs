//! What became of the events of a step, and how long their answers took from the moment the request was meant to leave.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::latencies::{Latencies, milliseconds};

/// A request that leaves so much later than meant tells of this machine and not of the gateway.
const LATE: Duration = Duration::from_millis(5);

/// What became of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The status of its answer.
    Answered(u16),
    /// Nobody answered, or in time.
    NoAnswer,
    /// It never left: as many as may be were waiting for answers.
    NotSent,
}

/// The figures of one step while they come in.
pub(crate) struct Tally {
    offered: u64,
    accepted: u64,
    refused: BTreeMap<String, u64>,
    late: u64,
    latencies: Latencies,
}

/// The figures of one step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    /// What was meant to be offered.
    pub(crate) events_per_second: f64,
    pub(crate) seconds: f64,
    /// Events that were meant to be sent.
    pub(crate) offered: u64,
    /// Events in requests that were answered 202.
    pub(crate) accepted: u64,
    /// Events that were not, by the status of their answer; `no-answer` and `not-sent` beside it.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Requests that left more than 5 ms later than meant.
    pub(crate) late_starts: u64,
    /// From the moment a request was meant to leave to its answer, of all that were answered.
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    pub(crate) p999_ms: Option<f64>,
    pub(crate) longest_ms: Option<f64>,
}

impl Tally {
    pub(crate) fn new() -> Result<Self, hdrhistogram::CreationError> {
        Ok(Self { offered: 0, accepted: 0, refused: BTreeMap::new(), late: 0, latencies: Latencies::new()? })
    }

    /// Books a request of so many events.
    pub(crate) fn book(&mut self, events: u64, outcome: Outcome, late: Duration, latency: Duration) {
        self.offered += events;
        self.late += u64::from(late > LATE && outcome != Outcome::NotSent);
        let refused = match outcome {
            Outcome::Answered(202) => {
                self.accepted += events;
                None
            }
            Outcome::Answered(status) => Some(status.to_string()),
            Outcome::NoAnswer => Some("no-answer".to_owned()),
            Outcome::NotSent => Some("not-sent".to_owned()),
        };
        if let Some(reason) = refused {
            *self.refused.entry(reason).or_default() += events;
        }
        if matches!(outcome, Outcome::Answered(_)) {
            self.latencies.record(latency);
        }
    }

    pub(crate) fn close(&self, events_per_second: f64, elapsed: Duration) -> Step {
        Step {
            events_per_second,
            seconds: elapsed.as_secs_f64(),
            offered: self.offered,
            accepted: self.accepted,
            refused: self.refused.clone(),
            late_starts: self.late,
            p50_ms: self.latencies.p50().map(milliseconds),
            p99_ms: self.latencies.p99().map(milliseconds),
            p999_ms: self.latencies.p999().map(milliseconds),
            longest_ms: self.latencies.longest().map(milliseconds),
        }
    }

    /// For the line that tells how it goes.
    pub(crate) fn so_far(&self) -> (u64, u64, u64) {
        (self.offered, self.accepted, self.refused.values().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn events_are_counted_by_what_became_of_their_request() {
        let mut tally = Tally::new().unwrap();
        tally.book(10, Outcome::Answered(202), Duration::ZERO, MS);
        tally.book(10, Outcome::Answered(503), 6 * MS, 2 * MS);
        tally.book(10, Outcome::NoAnswer, Duration::ZERO, 40_000 * MS);
        tally.book(10, Outcome::NotSent, 900 * MS, 900 * MS);
        let step = tally.close(40.0, Duration::from_secs(1));
        assert_eq!((step.offered, step.accepted, step.late_starts), (40, 10, 1));
        let refused: Vec<_> = step.refused.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        assert_eq!(refused, [("503", 10), ("no-answer", 10), ("not-sent", 10)]);
        // Only answers have a latency.
        assert!(step.longest_ms.unwrap() < 3.0, "{step:?}");
    }
}
