//! What a worker of the model holds: batches in each state, and one attempt to write one.

use std::time::Duration;

use super::database::{Database, Refused, Transaction};
use super::guards::Guards;
use super::topic::Topic;
use crate::assignment::Assignment;
use crate::batch::{Batch, Taken};
use crate::config::BatchLimits;
use crate::record::Record;

/// What fills a batch: the log needs more than one.
pub(super) const BATCH_RECORDS: usize = 2;

/// A record in the batch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Held {
    pub(super) offset: i64,
    pub(super) generation: u64,
    pub(super) gap: i64,
}

/// A batch on its way into PostgreSQL, while the next one is collected. What PostgreSQL did is done; the worker has not
/// looked yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Writing {
    pub(super) batch: Vec<Held>,
    pub(super) generation: u64,
    pub(super) next: i64,
    pub(super) told: Told,
}

/// What the worker hears of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Told {
    Committed,
    Fenced,
    Failed,
}

/// How a write ends for the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// PostgreSQL answers.
    Told,
    /// The transaction ran, and the answer is lost.
    Unknown,
    /// It never ran.
    Failed,
    /// The worker gives up on it, and it may run later.
    Late,
    /// Only when rows and books are two transactions: the first ran, the second did not.
    Torn,
}

/// What PostgreSQL does, and what the worker is told of it.
pub(super) fn attempt(
    topic: &Topic,
    guards: Guards,
    database: &mut Database,
    asked: Transaction,
    ending: Ending,
) -> Told {
    if ending != Ending::Told {
        database.run_unheard(topic, guards, asked, ending);
        return Told::Failed;
    }
    match database.run(topic, guards, &asked) {
        Ok(()) => Told::Committed,
        Err(Refused::Fenced) => Told::Fenced,
        Err(Refused::Constraint) => Told::Failed,
    }
}

pub(super) fn still_owned(topic: &Topic, assignment: &Assignment, held: &[Held]) -> Batch {
    let mut batch = Batch::new(BatchLimits { records: BATCH_RECORDS, bytes: usize::MAX, age: Duration::MAX });
    for Held { offset, generation, gap } in held {
        let record: Record = topic.record(*offset);
        batch.push(Taken { record, generation: *generation, gap: *gap });
    }
    batch.keep_owned(assignment);
    batch
}

pub(super) fn held_of(batch: &Batch) -> Vec<Held> {
    let held =
        |taken: &Taken| Held { offset: taken.record.offset, generation: taken.generation, gap: taken.gap };
    batch.taken().iter().map(held).collect()
}
