//! What became of the requests of a load, and how long they took from the moment they were
//! meant to be sent.

use std::{collections::BTreeMap, io, time::Duration};

use serde_json::Value;

use super::connection::Answer;
use crate::latencies::{Latencies, milliseconds};

const ACCEPTED: u16 = 202;
const UNAVAILABLE: u16 = 503;
/// What a client may be asked to wait, in seconds.
const RETRY_AFTER: std::ops::RangeInclusive<u64> = 1..=30;
const PROBLEM: &str = "urn:farol:problem:";

/// What became of one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    /// Nothing of it was kept.
    Overloaded,
    /// Some of its events may be in Kafka, `accepted` of them are.
    Unavailable {
        accepted: u64,
        unknown: u64,
    },
    /// It should not have been answered so.
    Unexpected(String),
}

impl Outcome {
    /// Reads the answer to a request with so many events.
    pub(crate) fn of(answer: io::Result<Answer>, events: u64) -> Self {
        match answer {
            Err(error) => Self::Unexpected(format!("no answer: {}", error.kind())),
            Ok(answer) if answer.status == ACCEPTED => Self::Accepted,
            Ok(answer) if answer.status == UNAVAILABLE => Self::refused(&answer, events),
            Ok(answer) => Self::Unexpected(format!("status {}", answer.status)),
        }
    }

    fn refused(answer: &Answer, events: u64) -> Self {
        if !answer.retry_after.is_some_and(|seconds| RETRY_AFTER.contains(&seconds)) {
            return Self::Unexpected(format!("503 with Retry-After {:?}", answer.retry_after));
        }
        let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match kind(&problem) {
            "overloaded" => Self::Overloaded,
            "unavailable" => {
                let Some(results) = problem["results"].as_array() else {
                    return Self::Unavailable { accepted: 0, unknown: events };
                };
                let count = |test: &dyn Fn(&Value) -> bool| results.iter().filter(|item| test(item)).count();
                let accepted = count(&|item| item["status"] == ACCEPTED) as u64;
                let unknown = count(&|item| kind(&item["problem"]) == "unavailable") as u64;
                Self::Unavailable { accepted, unknown }
            }
            other => Self::Unexpected(format!("503 of type {other:?}")),
        }
    }
}

fn kind(problem: &Value) -> &str {
    problem["type"].as_str().and_then(|kind| kind.strip_prefix(PROBLEM)).unwrap_or_default()
}

/// What became of all requests of one load.
#[derive(Debug)]
pub(crate) struct Tally {
    length: Duration,
    events_per_request: u64,
    pub(crate) offered: u64,
    /// How much later than meant the requests were sent: the machine's doing, not the gateway's,
    /// as long as there are connections enough.
    late: Latencies,
    pub(crate) all: Latencies,
    pub(crate) accepted: Latencies,
    /// The accepted ones of the first, second and last third of the load.
    pub(crate) accepted_by_third: [Latencies; 3],
    pub(crate) overloaded: Latencies,
    pub(crate) accepted_events: u64,
    /// Those answered while the load lasted: the ones after it say nothing of a rate.
    accepted_in_time: u64,
    pub(crate) unknown_events: u64,
    pub(crate) unexpected: BTreeMap<String, u64>,
}

impl Tally {
    pub(crate) fn new(
        length: Duration,
        events_per_request: u64,
    ) -> Result<Self, hdrhistogram::CreationError> {
        let empty = Latencies::new()?;
        Ok(Self {
            length,
            events_per_request,
            offered: 0,
            late: empty.clone(),
            all: empty.clone(),
            accepted: empty.clone(),
            accepted_by_third: [empty.clone(), empty.clone(), empty.clone()],
            overloaded: empty,
            accepted_events: 0,
            accepted_in_time: 0,
            unknown_events: 0,
            unexpected: BTreeMap::new(),
        })
    }

    /// A request was sent so much later than meant.
    pub(crate) fn sent_late(&mut self, by: Duration) {
        self.late.record(by);
    }

    /// One answer to the request that was meant to be sent at `intended` of the load's time.
    pub(crate) fn record(&mut self, intended: Duration, latency: Duration, outcome: Outcome) {
        self.offered += 1;
        self.all.record(latency);
        let events = self.events_per_request;
        match outcome {
            Outcome::Accepted => {
                self.accepted.record(latency);
                let third = (3.0 * intended.as_secs_f64() / self.length.as_secs_f64()) as usize;
                self.accepted_by_third[third.min(2)].record(latency);
                self.count_accepted(events, intended + latency);
            }
            Outcome::Overloaded => self.overloaded.record(latency),
            Outcome::Unavailable { accepted, unknown } => {
                self.count_accepted(accepted, intended + latency);
                self.unknown_events += unknown;
            }
            Outcome::Unexpected(what) => *self.unexpected.entry(what).or_default() += 1,
        }
    }

    fn count_accepted(&mut self, events: u64, answered: Duration) {
        self.accepted_events += events;
        if answered <= self.length {
            self.accepted_in_time += events;
        }
    }

    /// Events per second that were offered.
    pub(crate) fn offered_rate(&self) -> f64 {
        (self.offered * self.events_per_request) as f64 / self.length.as_secs_f64()
    }

    /// Events per second that were accepted while the load lasted.
    pub(crate) fn accepted_rate(&self) -> f64 {
        self.accepted_in_time as f64 / self.length.as_secs_f64()
    }

    pub(crate) fn unexpected_answers(&self) -> u64 {
        self.unexpected.values().sum()
    }

    /// How well the load itself went, and the answers that should not have been; for a reader.
    pub(crate) fn remarks(&self) -> String {
        let late = self.late.p99().map_or(0.0, milliseconds);
        format!("; sent late by {late:.1} ms in p99{}", self.surprises())
    }

    /// The answers that should not have been, for a reader.
    pub(crate) fn surprises(&self) -> String {
        let surprises: Vec<_> =
            self.unexpected.iter().map(|(what, times)| format!("{times} x {what}")).collect();
        if surprises.is_empty() { String::new() } else { format!("; {}", surprises.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<u64>, body: &str) -> io::Result<Answer> {
        Ok(Answer { status, retry_after, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn a_refusal_counts_only_with_its_type_and_a_time_to_come_again() {
        let overloaded = r#"{"type":"urn:farol:problem:overloaded"}"#;
        assert_eq!(Outcome::of(answer(503, Some(1), overloaded), 1), Outcome::Overloaded);
        for bad in [
            answer(503, None, overloaded),
            answer(503, Some(31), overloaded),
            answer(503, Some(1), "{}"),
            answer(500, Some(1), overloaded),
            Err(io::ErrorKind::ConnectionReset.into()),
        ] {
            assert!(matches!(Outcome::of(bad, 1), Outcome::Unexpected(_)));
        }
    }

    #[test]
    fn the_events_of_a_half_accepted_batch_are_told_apart() {
        let body = r#"{"type":"urn:farol:problem:unavailable","results":[{"status":202},
            {"status":503,"problem":{"type":"urn:farol:problem:unavailable"}},
            {"status":503,"problem":{"type":"urn:farol:problem:overloaded"}}]}"#;
        let expected = Outcome::Unavailable { accepted: 1, unknown: 1 };
        assert_eq!(Outcome::of(answer(503, Some(2), body), 3), expected);
    }

    #[test]
    fn a_rate_is_of_what_was_answered_while_the_load_lasted() {
        let mut tally = Tally::new(Duration::from_secs(10), 100).unwrap();
        let (early, late) = (Duration::from_secs(1), Duration::from_secs(9));
        tally.record(early, Duration::from_millis(500), Outcome::Accepted);
        tally.record(late, Duration::from_secs(2), Outcome::Accepted);
        tally.record(late, Duration::from_millis(1), Outcome::Overloaded);
        assert_eq!((tally.accepted_events, tally.accepted_rate(), tally.offered_rate()), (200, 10.0, 30.0));
        assert!(tally.accepted_by_third[1].p99().is_none());
        let last = tally.accepted_by_third[2].longest().unwrap();
        assert!(last.abs_diff(Duration::from_secs(2)) < Duration::from_millis(5), "{last:?}");
    }
}
