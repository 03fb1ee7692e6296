//! Sends many events with bounded concurrency, at a chosen pace, each with bounded retries,
//! and keeps the tally. It does not know what the events are about.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use serde::Serialize;

use crate::{
    error::Error,
    gateway_client::{self, Answer, GatewayClient, Problem, Receipt},
    progress::Progress,
    retry::{self, RetryPolicy},
    traceparent::Traceparent,
};

/// One event of a series, made when its turn comes.
pub(crate) trait Outgoing {
    /// The event in structured mode.
    fn body(&self) -> Bytes;
}

/// How a series is sent.
pub(crate) struct Delivery<'a> {
    pub(crate) gateway: &'a GatewayClient,
    pub(crate) retry: RetryPolicy,
    /// Events in flight at most.
    pub(crate) concurrency: usize,
}

/// The last answer to one event, and how often it was sent again before that.
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) retries: u32,
}

/// What became of a series.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tally {
    /// Events that got a final answer.
    pub(crate) sent: u64,
    /// Acknowledged for the first time.
    pub(crate) accepted: u64,
    /// Acknowledged before; the first receipt came again.
    pub(crate) repeats: u64,
    /// Refused for good, by problem type.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Times an event was sent again.
    pub(crate) retries: u64,
    pub(crate) seconds: f64,
    /// Events answered per second.
    pub(crate) rate: f64,
    pub(crate) first_receipt: Option<Receipt>,
    /// Highest acknowledged offset by topic and partition.
    #[serde(skip)]
    pub(crate) highest: BTreeMap<(String, i32), i64>,
    #[serde(skip)]
    first_problem: Option<Problem>,
}

impl Delivery<'_> {
    /// Sends every event when it is due (`due[i]` after the start); stops early only
    /// when the gateway stays unreachable or does not take the key.
    pub(crate) async fn send_all<E: Outgoing>(
        &self,
        events: &[E],
        due: &[Duration],
        progress: &Progress,
    ) -> Result<Tally, Error> {
        let start = tokio::time::Instant::now();
        let clock = Instant::now();
        let mut tally = Tally::default();
        let mut outcomes = stream::iter(events.iter().zip(due))
            .map(|(event, due)| async move {
                tokio::time::sleep_until(start + *due).await;
                self.send_one(event.body(), None).await
            })
            .buffer_unordered(self.concurrency);
        while let Some(outcome) = outcomes.next().await {
            tally.book(outcome?)?;
            progress.advance();
        }
        tally.close(clock.elapsed());
        Ok(tally)
    }

    /// Sends one event until it has a final answer or the attempts are used up.
    pub(crate) async fn send_one(
        &self,
        body: Bytes,
        traceparent: Option<&Traceparent>,
    ) -> Result<Outcome, gateway_client::Error> {
        let mut attempt = 1;
        loop {
            let result = self.gateway.send(body.clone(), traceparent).await;
            let Some(retry_after) = asks_for_repeat(&result) else {
                return result.map(|answer| Outcome { answer, retries: attempt - 1 });
            };
            match self.retry.wait(attempt, retry_after, rand::random()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return result.map(|answer| Outcome { answer, retries: attempt - 1 }),
            }
            attempt += 1;
        }
    }
}

/// `Some` if the event should be sent again, with the wait the gateway asked for.
fn asks_for_repeat(result: &Result<Answer, gateway_client::Error>) -> Option<Option<Duration>> {
    match result {
        Ok(Answer::Refused { problem, retry_after }) if retry::is_temporary(problem.status) => {
            Some(*retry_after)
        }
        Err(gateway_client::Error::Unreachable { .. }) => Some(None),
        _ => None,
    }
}

impl Tally {
    /// Events refused for good.
    pub(crate) fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }

    /// An error if anything was refused, with the first problem as the example.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.first_problem {
            None => Ok(()),
            Some(problem) => Err(Error::Failed(format!(
                "{} of {} events were refused; the first: {problem}",
                self.refusals(),
                self.sent
            ))),
        }
    }

    fn book(&mut self, outcome: Outcome) -> Result<(), Error> {
        self.sent += 1;
        self.retries += u64::from(outcome.retries);
        match outcome.answer {
            Answer::Accepted(receipt) => {
                self.book_receipt(receipt);
                Ok(())
            }
            // every other event would be refused the same way
            Answer::Refused { problem, .. } if matches!(problem.status, 401 | 403) => {
                Err(Error::Failed(format!("the gateway refuses this key: {problem}")))
            }
            Answer::Refused { problem, .. } => {
                *self.refused.entry(problem.kind.clone()).or_default() += 1;
                self.first_problem.get_or_insert(problem);
                Ok(())
            }
        }
    }

    fn book_receipt(&mut self, receipt: Receipt) {
        if receipt.repeat {
            self.repeats += 1;
        } else {
            self.accepted += 1;
        }
        let place = (receipt.topic.clone(), receipt.partition);
        let highest = self.highest.entry(place).or_insert(receipt.offset);
        *highest = receipt.offset.max(*highest);
        // the receipt of a new event tells more than one that came again
        match &self.first_receipt {
            Some(first) if !first.repeat || receipt.repeat => {}
            _ => self.first_receipt = Some(receipt),
        }
    }

    fn close(&mut self, elapsed: Duration) {
        self.seconds = elapsed.as_secs_f64();
        self.rate = self.sent as f64 / self.seconds.max(f64::EPSILON);
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Outcome, Tally};
    use crate::gateway_client::{Problem, Receipt};

    fn accepted(partition: i32, offset: i64, repeat: bool) -> Outcome {
        let receipt = Receipt {
            id: format!("{partition}-{offset}"),
            source: "/test".to_owned(),
            topic: "t".to_owned(),
            partition,
            offset,
            trace_id: None,
            repeat,
        };
        Outcome { answer: Answer::Accepted(receipt), retries: 1 }
    }

    fn refused(status: u16, kind: &str) -> Outcome {
        let problem = Problem {
            kind: kind.to_owned(),
            title: "no".to_owned(),
            status,
            detail: None,
            pointer: None,
            header: None,
            parameter: None,
            behind: None,
            trace_id: None,
        };
        Outcome { answer: Answer::Refused { problem, retry_after: None }, retries: 0 }
    }

    #[test]
    fn receipts_are_counted_and_the_highest_offsets_kept() {
        let mut tally = Tally::default();
        for (partition, offset, repeat) in [(0, 7, true), (0, 5, false), (1, 9, false)] {
            assert!(tally.book(accepted(partition, offset, repeat)).is_ok());
        }
        assert_eq!((tally.sent, tally.accepted, tally.repeats, tally.retries), (3, 2, 1, 3));
        assert_eq!(tally.highest.values().copied().collect::<Vec<_>>(), [7, 9]);
        assert_eq!(tally.first_receipt.as_ref().map(|receipt| receipt.offset), Some(5));
        assert!(tally.check().is_ok());
    }

    #[test]
    fn refusals_are_counted_by_type_and_fail_the_run() {
        let mut tally = Tally::default();
        for outcome in [refused(409, "/conflict"), refused(503, "/busy"), refused(409, "/conflict")] {
            assert!(tally.book(outcome).is_ok());
        }
        assert_eq!(tally.refused.get("/conflict"), Some(&2));
        assert_eq!(tally.refusals(), 3);
        assert!(tally.check().is_err());
    }

    #[test]
    fn a_refused_key_ends_the_run_at_once() {
        assert!(Tally::default().book(refused(401, "/unauthorized")).is_err());
    }
}
