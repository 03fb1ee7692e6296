//! What becomes of the events of one request, whichever mode they came in: repeats get their
//! first receipt, conflicts are refused, the rest goes to Kafka in its order.

mod entry;
mod lane;
mod rate_limit;
mod receipt;
mod shed;

use std::time::Duration;

use event::{Event, EventKey};
use flags::Shedding;
use time::OffsetDateTime;

use crate::instruments::{self, EventOutcome};
use crate::keys::Key;
use crate::problem::{Kind, Problem};
use crate::producer_rate::Verdict;
use crate::publisher::NotAcknowledged;
use crate::redis::{Kept, Redis};
use crate::startup::State;

use entry::{Entry, Firsts, conflict};

pub(crate) use lane::Lane;
pub(crate) use rate_limit::rate_limit_headers;
pub(crate) use receipt::{EventResult, Receipt};

/// What became of one event.
#[derive(Debug, Clone)]
pub(crate) enum Decision {
    /// Kafka holds it.
    Accepted(Kept),
    /// Kafka held it before.
    Repeat(Kept),
    /// The client has to do something.
    Refused(Problem),
}

/// An event that may go on, or why not.
pub(crate) type Candidate = Result<Event, Problem>;

impl Decision {
    pub(crate) fn refusal(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            Self::Accepted(_) | Self::Repeat(_) => None,
        }
    }

    fn outcome(&self) -> EventOutcome {
        match self {
            Self::Accepted(_) => EventOutcome::Accepted,
            Self::Repeat(_) => EventOutcome::Repeat,
            Self::Refused(problem) => EventOutcome::Refused(problem.kind),
        }
    }
}

/// What to do when some events of a request are good and others are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handling {
    /// All or nothing: one bad event keeps the others out.
    Strict,
    /// The good ones are taken (`Prefer: handling=lenient`, RFC 7240 §4.4).
    Lenient,
}

/// The decisions on a request's events, in their order, and what is left of the producer's rate.
pub(crate) struct Decided {
    pub(crate) decisions: Vec<Decision>,
    pub(crate) rate: Verdict,
    /// How long Kafka was waited for.
    pub(crate) waited_for_kafka: Duration,
}

impl Decided {
    /// Without Kafka.
    fn at_once(decisions: Vec<Decision>, rate: Verdict) -> Self {
        Self { decisions, rate, waited_for_kafka: Duration::ZERO }
    }
}

/// Decides all candidates; an `Err` is about the request as a whole.
pub(crate) async fn take(
    state: &State,
    lane: &Lane,
    key: &Key,
    candidates: &[Candidate],
    handling: Handling,
) -> Result<Decided, Problem> {
    let received_at_ms = now_ms();
    let mut intake = Intake::of(key, candidates, state.flags.shedding());
    if intake.must_stop(handling) {
        return Ok(Decided::at_once(intake.stopped(), Verdict::Unlimited));
    }
    let rate = intake.ask_redis(state, &lane.redis, key).await?;
    if intake.must_stop(handling) {
        return Ok(Decided::at_once(intake.stopped(), rate));
    }
    let waited_for_kafka = intake.publish(state, lane, key, received_at_ms).await;
    Ok(Decided { decisions: intake.finished(), rate, waited_for_kafka })
}

/// Counts what became of the events of a request.
pub(crate) fn count(decisions: &[Decision]) {
    let accepted = decisions.iter().filter(|decision| matches!(decision, Decision::Accepted(_))).count();
    instruments::events(&EventOutcome::Accepted, accepted as u64);
    let others = decisions.iter().filter(|decision| !matches!(decision, Decision::Accepted(_)));
    others.for_each(|decision| instruments::event(&decision.outcome()));
}

/// One request's events on their way.
struct Intake<'e> {
    entries: Vec<Entry<'e>>,
}

impl<'e> Intake<'e> {
    /// What can be decided without asking anybody: what was refused before, sources that are not
    /// the caller's, what is not taken now, and events that the request itself repeats.
    fn of(key: &Key, candidates: &'e [Candidate], shedding: Option<Shedding>) -> Self {
        // One event repeats none.
        let mut firsts = (candidates.len() > 1).then(|| Firsts::with_capacity(candidates.len()));
        let entry = |(index, candidate): (usize, &'e Candidate)| match candidate {
            Ok(event) => Entry::of(index, event, key, shedding.as_ref(), firsts.as_mut()),
            Err(problem) => Entry::refused(problem.clone()),
        };
        let entries: Vec<_> = candidates.iter().enumerate().map(entry).collect();
        shed::tell(shedding, entries.iter().filter_map(|entry| entry.decision.as_ref()?.refusal()));
        Self { entries }
    }

    fn must_stop(&self, handling: Handling) -> bool {
        let mut refused = self.entries.iter().filter_map(|entry| entry.decision.as_ref()?.refusal());
        match handling {
            Handling::Strict => refused.next().is_some(),
            Handling::Lenient => refused.count() == self.entries.len(),
        }
    }

    /// Asks Redis once for everything: whether the producer may, and which events came before.
    async fn ask_redis(&mut self, state: &State, redis: &Redis, key: &Key) -> Result<Verdict, Problem> {
        let keys: Vec<EventKey> = self.entries.iter().filter_map(|entry| Some(entry.open()?.key)).collect();
        let asked = redis.ask(&key.producer, key.rate, &keys).await;
        rate_limit::refuse_over_rate(&asked.verdict)?;
        if !state.flags.receipt_cache() {
            return Ok(asked.verdict);
        }
        let open = self.entries.iter_mut().filter(|entry| entry.open().is_some());
        for (entry, receipt) in open.zip(asked.receipts) {
            if let (Some(kept), Some(known)) = (receipt, &entry.known) {
                entry.decision = Some(match kept.digest == known.digest {
                    true => Decision::Repeat(kept),
                    false => Decision::Refused(conflict()),
                });
            }
        }
        Ok(asked.verdict)
    }

    /// Hands everything that is still open to Kafka, in order, then waits for all of it; answers how
    /// long it waited.
    async fn publish(&mut self, state: &State, lane: &Lane, key: &Key, received_at_ms: i64) -> Duration {
        let events: Vec<_> = self.entries.iter().filter_map(|entry| Some(entry.open()?.event)).collect();
        let published = state.publisher.publish(&events, &key.producer, received_at_ms, &lane.wakes).await;
        let trace_id = telemetry::current_trace_id();
        let mut receipts = Vec::with_capacity(events.len());
        let open = self.entries.iter_mut().filter(|entry| entry.open().is_some());
        for (entry, result) in open.zip(published.results) {
            let Some(known) = &entry.known else { continue };
            entry.decision = Some(match result {
                Ok(position) => {
                    let kept = Kept {
                        digest: known.digest,
                        partition: position.partition,
                        offset: position.offset,
                        trace_id,
                    };
                    receipts.push((known.key, kept));
                    Decision::Accepted(kept)
                }
                Err(error) => Decision::Refused(not_acknowledged(state, &error)),
            });
        }
        if state.flags.receipt_cache() {
            lane.redis.keep(&key.producer, receipts);
        }
        published.waited
    }

    /// Every decision, repeats told by the entry they repeat.
    fn finished(self) -> Vec<Decision> {
        let mut decisions: Vec<Decision> = Vec::with_capacity(self.entries.len());
        for entry in self.entries {
            let first = entry.known.and_then(|known| known.repeats).and_then(|first| decisions.get(first));
            let decision = match (entry.decision, first) {
                (Some(decision), _) => decision,
                (None, Some(Decision::Accepted(kept) | Decision::Repeat(kept))) => Decision::Repeat(*kept),
                (None, Some(refused)) => refused.clone(),
                (None, None) => Decision::Refused(Problem::new(Kind::NotAttempted, "it was not sent")),
            };
            decisions.push(decision);
        }
        decisions
    }

    /// The refused ones as they are; the others could have been taken, but were not.
    fn stopped(self) -> Vec<Decision> {
        let left_out = || Problem::new(Kind::NotAttempted, "it is good, but others of its batch are not");
        let decide = |entry: Entry<'_>| match entry.decision {
            Some(Decision::Refused(problem)) => Decision::Refused(problem),
            _ => Decision::Refused(left_out()),
        };
        self.entries.into_iter().map(decide).collect()
    }
}

fn not_acknowledged(state: &State, error: &NotAcknowledged) -> Problem {
    match error {
        NotAcknowledged::QueueFull => overloaded(state),
        NotAcknowledged::TooLarge => Problem::new(Kind::TooLarge, "the event is larger than the topic takes"),
        NotAcknowledged::Unknown(_) | NotAcknowledged::TimedOut => {
            Problem::new(Kind::Unavailable, "Kafka did not acknowledge; repeat with the same id")
                .retry_after(state.retry_after())
        }
    }
}

/// There is no room now; nothing of the event was kept.
pub(crate) fn overloaded(state: &State) -> Problem {
    Problem::new(Kind::Overloaded, "there is no room for more events now; repeat with the same id")
        .retry_after(state.retry_after())
}

fn now_ms() -> i64 {
    let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
    i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX)
}
