//! Which partitions are ours, from which offset on, and which records still count as ours.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is known of a partition that is assigned to this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Owned {
    /// Tells this assignment from an earlier one of the same partition.
    pub(crate) generation: u64,
    /// The ledger's `next_offset`: everything below it is decided and committed.
    pub(crate) committed: i64,
    /// The offset that the next record should have.
    pub(crate) next: i64,
    /// The client may read from elsewhere than `next`: what it brings would look like a gap.
    pub(crate) astray: bool,
}

/// What the next record of a partition means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The record that was expected, or one behind a gap of so many offsets.
    Take {
        /// The assignment it arrived under.
        generation: u64,
        /// How many offsets before it hold no record for us.
        gap: i64,
    },
    /// A record that is decided already, or of a partition that is not ours any more.
    Skip,
}

/// Whether the offsets before a record hold nothing. Read after the record came, the log's start
/// tells: had it moved into the gap, what was there may have been a record that nobody looked at.
pub(crate) fn gap_is_empty(offset: i64, gap: i64, log_start: i64) -> bool {
    gap == 0 || log_start <= offset - gap
}

/// Whether the log, from its start to its end, still has what comes next by the ledger. A worker that was frozen for longer
/// than the topic keeps records misses its own next offset, though another one took everything before it left.
pub(crate) fn is_lost(ledger_next: i64, log_start: i64, log_end: i64) -> bool {
    !(log_start..=log_end).contains(&ledger_next)
}

/// The partitions of this worker. Shared between the rebalance callback and the pipeline, which
/// run on one thread, so nobody ever waits for the lock.
#[derive(Debug, Default)]
pub(crate) struct Assignment {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    generation: u64,
    partitions: BTreeMap<i32, Owned>,
}

impl Assignment {
    /// Takes partitions, each from its ledger's next offset on.
    pub(crate) fn add(&self, positions: impl IntoIterator<Item = (i32, i64)>) {
        let mut state = self.lock();
        state.generation += 1;
        let generation = state.generation;
        for (partition, next) in positions {
            let owned = Owned { generation, committed: next, next, astray: false };
            state.partitions.insert(partition, owned);
        }
    }

    /// Gives partitions away.
    pub(crate) fn remove(&self, partitions: impl IntoIterator<Item = i32>) {
        let mut state = self.lock();
        for partition in partitions {
            state.partitions.remove(&partition);
        }
    }

    /// Looks at an arriving record without moving on.
    pub(crate) fn expect(&self, partition: i32, offset: i64) -> Arrival {
        match self.lock().partitions.get(&partition) {
            Some(owned) if offset >= owned.next && !owned.astray => {
                Arrival::Take { generation: owned.generation, gap: offset - owned.next }
            }
            _ => Arrival::Skip,
        }
    }

    /// The record at `offset` is in the open batch.
    pub(crate) fn taken(&self, partition: i32, offset: i64) {
        if let Some(owned) = self.lock().partitions.get_mut(&partition) {
            owned.next = offset + 1;
        }
    }

    /// The partition as it is now, if it is still ours under that generation.
    pub(crate) fn owned(&self, partition: i32, generation: u64) -> Option<Owned> {
        self.lock().partitions.get(&partition).copied().filter(|owned| owned.generation == generation)
    }

    /// Everything below `next` is committed.
    pub(crate) fn committed(&self, partition: i32, generation: u64, next: i64) {
        if let Some(owned) = self.lock().partitions.get_mut(&partition)
            && owned.generation == generation
        {
            owned.committed = next;
        }
    }

    /// Starts a partition anew from `next`, because the ledger says something else than we thought.
    /// It takes nothing before the client was moved there.
    pub(crate) fn rewind(&self, partition: i32, next: i64) {
        let mut state = self.lock();
        state.generation += 1;
        let generation = state.generation;
        if let Some(owned) = state.partitions.get_mut(&partition) {
            *owned = Owned { generation, committed: next, next, astray: true };
        }
    }

    /// A record of this partition was passed over: it takes nothing before the client was moved back.
    pub(crate) fn lost_place(&self, partition: i32) {
        if let Some(owned) = self.lock().partitions.get_mut(&partition) {
            owned.astray = true;
        }
    }

    /// The partitions whose client has to be moved, and where to.
    pub(crate) fn astray(&self) -> Vec<(i32, i64)> {
        let state = self.lock();
        let astray = state.partitions.iter().filter(|(_, owned)| owned.astray);
        astray.map(|(partition, owned)| (*partition, owned.next)).collect()
    }

    /// The client reads from `next` now.
    pub(crate) fn found_place(&self, partition: i32) {
        if let Some(owned) = self.lock().partitions.get_mut(&partition) {
            owned.astray = false;
        }
    }

    /// All partitions that are ours.
    pub(crate) fn partitions(&self) -> Vec<i32> {
        self.lock().partitions.keys().copied().collect()
    }

    /// A panic elsewhere leaves the map as valid as it was: every change is one insert or remove.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owning(next: i64) -> Assignment {
        let assignment = Assignment::default();
        assignment.add([(0, next)]);
        assignment
    }

    fn take(assignment: &Assignment, offset: i64) -> u64 {
        match assignment.expect(0, offset) {
            Arrival::Take { generation, .. } => {
                assignment.taken(0, offset);
                generation
            }
            Arrival::Skip => panic!("offset {offset} was skipped"),
        }
    }

    #[test]
    fn records_are_taken_once_and_in_order() {
        let assignment = owning(5);
        assert_eq!(assignment.expect(0, 4), Arrival::Skip);
        take(&assignment, 5);
        assert_eq!(assignment.expect(0, 5), Arrival::Skip);
        assert!(matches!(assignment.expect(0, 6), Arrival::Take { gap: 0, .. }));
        assert!(matches!(assignment.expect(0, 9), Arrival::Take { gap: 3, .. }));
    }

    #[test]
    fn records_of_others_are_skipped() {
        assert_eq!(owning(0).expect(1, 0), Arrival::Skip);
    }

    #[test]
    fn a_partition_that_left_and_came_back_starts_over() {
        let assignment = owning(5);
        let before = take(&assignment, 5);
        assignment.remove([0]);
        assignment.add([(0, 5)]);
        assert_eq!(assignment.owned(0, before), None);
        assert_ne!(take(&assignment, 5), before);
    }

    #[test]
    fn a_rewind_forgets_what_was_taken() {
        let assignment = owning(5);
        let before = take(&assignment, 5);
        assignment.rewind(0, 3);
        assignment.committed(0, before, 6);
        assert!(assignment.owned(0, before).is_none());
        assignment.found_place(0);
        assert!(matches!(assignment.expect(0, 3), Arrival::Take { gap: 0, .. }));
    }

    #[test]
    fn a_partition_takes_nothing_while_the_client_may_be_elsewhere() {
        let assignment = owning(5);
        let generation = take(&assignment, 5);
        assignment.lost_place(0);
        assert_eq!(assignment.expect(0, 7), Arrival::Skip, "offset 6 would have become a gap");
        assert_eq!(assignment.astray(), [(0, 6)]);
        assignment.found_place(0);
        assert_eq!(assignment.expect(0, 6), Arrival::Take { generation, gap: 0 });
        assert!(assignment.astray().is_empty());
    }

    #[test]
    fn a_gap_is_empty_only_while_the_log_begins_before_it() {
        assert!(gap_is_empty(9, 3, 6));
        assert!(!gap_is_empty(9, 3, 7));
        assert!(gap_is_empty(9, 0, 12), "a record that came has no gap to prove");
    }
}
