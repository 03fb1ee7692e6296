//! A running worker in the model: what it owns, where its client reads, what it holds. Each step
//! wakes the worker's own `Assignment` and `Batch`, lets them decide, and keeps what they say.

use std::time::Duration;

use super::database::{Database, Refused, Transaction};
use super::guards::{Guard, Guards};
use super::topic::{PARTITION, Topic};
use crate::assignment::{Arrival, Assignment, Owned, gap_is_empty};
use crate::batch::{Batch, Taken};
use crate::config::BatchLimits;
use crate::record::Record;
use crate::status::Reason;

/// What fills a batch: the log needs more than one.
const BATCH_RECORDS: usize = 2;

/// One life of a worker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Member {
    pub(super) owned: Option<Owned>,
    /// The group took the partition away, and the worker has not heard of it.
    pub(super) revoked: bool,
    /// The last write failed: the batch is tried again, and nothing is collected.
    pub(super) retrying: bool,
    /// Where the client reads next.
    position: i64,
    batch: Vec<Held>,
}

/// A record in the batch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Held {
    offset: i64,
    generation: u64,
    gap: i64,
}

/// How the client comes by the next record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetch {
    /// From the broker, where it should read.
    Plain,
    /// It was fetched before retention took it.
    Buffered,
    /// The client could not be moved, and brings what lies where it is.
    Unmoved,
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

impl Member {
    /// Whether the group has something to say to it.
    pub(super) fn has_news(&self, is_owner: bool) -> bool {
        self.revoked || (is_owner && self.owned.is_none())
    }

    /// The group's callback: a loss first, then what is new.
    pub(super) fn hear(&mut self, database: &mut Database, log_start: i64) {
        let assignment = self.assignment();
        if self.revoked {
            assignment.remove([PARTITION]);
            self.revoked = false;
            self.position = 0;
        } else {
            let next = database.open(log_start);
            assignment.add([(PARTITION, next)]);
            self.position = next;
        }
        self.keep(&assignment);
    }

    /// The ways in which a record, or the news that there is none any more, may come.
    pub(super) fn fetches(&self, topic: &Topic, log_start: i64) -> Vec<Fetch> {
        let Some(owned) = self.owned.filter(|_| !self.retrying && self.batch.len() < BATCH_RECORDS) else {
            return Vec::new();
        };
        let has_next = topic.next(self.position).is_some() || self.position < log_start;
        let mut fetches = Vec::new();
        if owned.astray || has_next {
            fetches.push(Fetch::Plain);
        }
        if owned.astray && has_next {
            fetches.push(Fetch::Unmoved);
        }
        if !owned.astray && self.position < log_start && topic.next(self.position).is_some() {
            fetches.push(Fetch::Buffered);
        }
        fetches
    }

    /// `Pipeline::collect` for one record.
    pub(super) fn poll(
        &mut self,
        topic: &Topic,
        guards: Guards,
        log_start: i64,
        fetch: Fetch,
    ) -> Result<(), Reason> {
        let assignment = self.assignment();
        if let Some((_, next)) = assignment.astray().first() {
            if fetch != Fetch::Unmoved {
                self.position = *next;
            }
            if fetch != Fetch::Unmoved || !guards.has(Guard::Place) {
                assignment.found_place(PARTITION);
            }
        }
        if self.position < log_start && fetch != Fetch::Buffered {
            if guards.has(Guard::ResetIsAnError) {
                return Err(Reason::OffsetOutOfRange);
            }
            self.position = log_start;
        }
        if let Some(offset) = topic.next(self.position) {
            self.position = offset + 1;
            if let Arrival::Take { generation, gap } = assignment.expect(PARTITION, offset) {
                if guards.has(Guard::LogStart) && !gap_is_empty(offset, gap, log_start) {
                    return Err(Reason::LogTruncated);
                }
                assignment.taken(PARTITION, offset);
                self.batch.push(Held { offset, generation, gap });
            }
        }
        self.keep(&assignment);
        Ok(())
    }

    /// Whether a record may still arrive while a failed batch waits.
    pub(super) fn can_pass_over(&self, topic: &Topic, log_start: i64) -> bool {
        // Once astray, one more changes nothing.
        let in_place = self.owned.is_some_and(|owned| !owned.astray);
        self.retrying && in_place && self.position >= log_start && topic.next(self.position).is_some()
    }

    /// A record arrives while a failed batch waits, and is not put back yet.
    pub(super) fn pass_over(&mut self, topic: &Topic) {
        let assignment = self.assignment();
        self.position = topic.next(self.position).map_or(self.position, |offset| offset + 1);
        assignment.lost_place(PARTITION);
        self.keep(&assignment);
    }

    pub(super) fn has_batch(&self) -> bool {
        !self.batch.is_empty()
    }

    /// `Pipeline::write` for one attempt.
    pub(super) fn write(&mut self, topic: &Topic, guards: Guards, database: &mut Database, ending: Ending) {
        let assignment = self.assignment();
        if !guards.has(Guard::Generations) {
            self.take_all_for_current();
        }
        let batch = self.let_go_of_lost(topic, &assignment);
        let Some(span) = batch.spans(&assignment).first().copied() else { return };
        let offsets = batch.records().map(|record| record.offset).collect();
        let asked = Transaction { span, offsets };
        match ending {
            Ending::Told => match database.run(topic, guards, &asked) {
                Ok(()) => {
                    assignment.committed(PARTITION, span.generation, span.next);
                    self.batch.clear();
                    self.retrying = false;
                }
                Err(Refused::Fenced) if guards.has(Guard::Rewind) => {
                    assignment.rewind(PARTITION, database.open(0));
                    self.let_go_of_lost(topic, &assignment);
                }
                Err(Refused::Fenced | Refused::Constraint) => self.retrying = true,
            },
            _ => {
                self.retrying = true;
                database.run_unheard(topic, guards, asked, ending);
            }
        }
        self.keep(&assignment);
    }

    /// What `Guard::Generations` prevents: the partition's number is all that counts.
    fn take_all_for_current(&mut self) {
        if let Some(owned) = self.owned {
            self.batch.iter_mut().for_each(|held| held.generation = owned.generation);
        }
    }

    fn let_go_of_lost(&mut self, topic: &Topic, assignment: &Assignment) -> Batch {
        let mut batch =
            Batch::new(BatchLimits { records: BATCH_RECORDS, bytes: usize::MAX, age: Duration::MAX });
        for Held { offset, generation, gap } in &self.batch {
            let record: Record = topic.record(*offset);
            batch.push(Taken { record, generation: *generation, gap: *gap });
        }
        batch.keep_owned(assignment);
        let held = |taken: &Taken| Held {
            offset: taken.record.offset,
            generation: taken.generation,
            gap: taken.gap,
        };
        self.batch = batch.taken().iter().map(held).collect();
        self.retrying &= !batch.is_empty();
        batch
    }

    /// The worker's own assignment in this state.
    fn assignment(&self) -> Assignment {
        let assignment = Assignment::default();
        let rest_until = |generation| (1..generation).for_each(|_| assignment.add([]));
        match self.owned {
            Some(owned) => {
                rest_until(owned.generation);
                assignment.add([(PARTITION, owned.committed)]);
                assignment.taken(PARTITION, owned.next - 1);
                if owned.astray {
                    assignment.lost_place(PARTITION);
                }
            }
            None => rest_until(self.newest_generation() + 1),
        }
        assert_eq!(self.owned.and_then(|owned| assignment.owned(PARTITION, owned.generation)), self.owned);
        assignment
    }

    /// Keeps what the assignment says after a step, which begins one generation at most. Generations
    /// are numbered anew: only which are equal and which is newer counts, and the states stay few.
    fn keep(&mut self, assignment: &Assignment) {
        let newest = self.newest_generation() + 1;
        self.owned = (1..=newest).find_map(|generation| assignment.owned(PARTITION, generation));
        let mut known: Vec<u64> = self.batch.iter().map(|held| held.generation).collect();
        known.extend(self.owned.map(|owned| owned.generation));
        known.sort_unstable();
        known.dedup();
        let rank = |generation: u64| 1 + known.partition_point(|other| *other < generation) as u64;
        self.batch.iter_mut().for_each(|held| held.generation = rank(held.generation));
        if let Some(owned) = &mut self.owned {
            owned.generation = rank(owned.generation);
        }
    }

    fn newest_generation(&self) -> u64 {
        let of_batch = self.batch.iter().map(|held| held.generation).max().unwrap_or(0);
        of_batch.max(self.owned.map_or(0, |owned| owned.generation))
    }
}
