//! A running worker in the model: what it owns, where its client reads, what it holds. Each step
//! wakes the worker's own `Assignment` and `Batch`, lets them decide, and keeps what they say.

use super::batches::{BATCH_RECORDS, Ending, Held, Told, Writing, attempt, held_of, still_owned};
use super::database::{Database, Transaction};
use super::guards::{Guard, Guards};
use super::topic::{PARTITION, Topic};
use crate::assignment::{Arrival, Assignment, Owned, gap_is_empty};
use crate::status::Reason;

/// One life of a worker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Member {
    pub(super) owned: Option<Owned>,
    /// The group took the partition away, and the worker has not heard of it.
    pub(super) revoked: bool,
    /// Where the client reads next.
    position: i64,
    /// What is being collected.
    batch: Vec<Held>,
    writing: Option<Writing>,
    /// A batch whose first attempt failed: it is tried again, and nothing is collected.
    failed: Vec<Held>,
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

impl Member {
    /// Whether the group has something to say to it.
    pub(super) fn has_news(&self, is_owner: bool) -> bool {
        self.revoked || (is_owner && self.owned.is_none())
    }

    /// The group's callback: a loss first, then what is new.
    pub(super) fn hear(&mut self, guards: Guards, database: &mut Database, log_start: i64) {
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
        self.keep(guards, &assignment);
    }

    /// The ways in which a record, or the news that there is none any more, may come.
    pub(super) fn fetches(&self, topic: &Topic, log_start: i64) -> Vec<Fetch> {
        let Some(owned) = self.owned.filter(|_| self.failed.is_empty() && self.batch.len() < BATCH_RECORDS)
        else {
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
        self.keep(guards, &assignment);
        Ok(())
    }

    /// Whether a record may still arrive while a failed batch waits.
    pub(super) fn can_pass_over(&self, topic: &Topic, log_start: i64) -> bool {
        // Once astray, one more changes nothing.
        let in_place = self.owned.is_some_and(|owned| !owned.astray);
        !self.failed.is_empty()
            && in_place
            && self.position >= log_start
            && topic.next(self.position).is_some()
    }

    /// A record arrives while a failed batch waits, and is not put back yet.
    pub(super) fn pass_over(&mut self, topic: &Topic, guards: Guards) {
        let assignment = self.assignment();
        self.position = topic.next(self.position).map_or(self.position, |offset| offset + 1);
        assignment.lost_place(PARTITION);
        self.keep(guards, &assignment);
    }

    pub(super) fn has_batch(&self) -> bool {
        !self.batch.is_empty() || self.writing.is_some() || !self.failed.is_empty()
    }

    /// Whether an attempt may begin: the next batch waits until it is known what became of the one before.
    pub(super) fn can_write(&self) -> bool {
        self.writing.is_none() && !(self.batch.is_empty() && self.failed.is_empty())
    }

    pub(super) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// One attempt: `Pipeline::begin` for a batch's first, whose end is heard later; `Pipeline::write` for others.
    pub(super) fn write(&mut self, topic: &Topic, guards: Guards, database: &mut Database, ending: Ending) {
        let is_first = self.failed.is_empty();
        let mut held = std::mem::take(if is_first { &mut self.batch } else { &mut self.failed });
        if let Some(owned) = self.owned.filter(|_| !guards.has(Guard::Generations)) {
            // The partition's number is all that counts.
            held.iter_mut().for_each(|held| held.generation = owned.generation);
        }
        let assignment = self.assignment();
        let batch = still_owned(topic, &assignment, &held);
        if let Some(span) = batch.spans(&assignment).first() {
            let offsets = batch.records().map(|record| record.offset).collect();
            let told = attempt(topic, guards, database, Transaction { span: *span, offsets }, ending);
            let (generation, next) = (span.generation, span.next);
            self.writing = Some(Writing { batch: held_of(&batch), generation, next, told });
        }
        match is_first {
            true => self.keep(guards, &assignment),
            false => self.settle(topic, guards, database),
        }
    }

    /// `Pipeline::settle`: the worker hears what became of an attempt.
    pub(super) fn settle(&mut self, topic: &Topic, guards: Guards, database: &mut Database) {
        let assignment = self.assignment();
        let Some(Writing { batch, generation, next, told }) = self.writing.take() else { return };
        match told {
            Told::Committed => assignment.committed(PARTITION, generation, next),
            Told::Fenced if guards.has(Guard::Rewind) => assignment.rewind(PARTITION, database.open(0)),
            Told::Fenced | Told::Failed => {}
        }
        if told != Told::Committed {
            self.failed = held_of(&still_owned(topic, &assignment, &batch));
        }
        self.keep(guards, &assignment);
    }

    /// The worker's own assignment in this state.
    fn assignment(&mut self) -> Assignment {
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
    fn keep(&mut self, guards: Guards, assignment: &Assignment) {
        if guards.has(Guard::Generations) {
            self.let_go(assignment);
        }
        let newest = self.newest_generation() + 1;
        self.owned = (1..=newest).find_map(|generation| assignment.owned(PARTITION, generation));
        let mut known: Vec<u64> = self.generations().map(|generation| *generation).collect();
        known.extend(self.owned.map(|owned| owned.generation));
        known.sort_unstable();
        known.dedup();
        let rank = |generation: u64| 1 + known.partition_point(|other| *other < generation) as u64;
        self.generations().for_each(|generation| *generation = rank(*generation));
        if let Some(owned) = &mut self.owned {
            owned.generation = rank(owned.generation);
        }
    }

    /// What is of an earlier assignment does nothing any more but wait for `Batch::keep_owned`. Letting go of it at once keeps
    /// the states few.
    fn let_go(&mut self, assignment: &Assignment) {
        let is_ours = |generation: u64| assignment.owned(PARTITION, generation).is_some();
        self.batch.retain(|held| is_ours(held.generation));
        self.failed.retain(|held| is_ours(held.generation));
        self.writing.take_if(|writing| !is_ours(writing.generation));
    }

    fn newest_generation(&mut self) -> u64 {
        let held = self.generations().map(|generation| *generation).max().unwrap_or(0);
        held.max(self.owned.map_or(0, |owned| owned.generation))
    }

    /// Of everything that it holds.
    fn generations(&mut self) -> impl Iterator<Item = &mut u64> {
        let Self { batch, writing, failed, .. } = self;
        let writing = writing.iter_mut().flat_map(|writing| {
            writing.batch.iter_mut().map(|held| &mut held.generation).chain([&mut writing.generation])
        });
        batch.iter_mut().chain(failed).map(|held| &mut held.generation).chain(writing)
    }
}
