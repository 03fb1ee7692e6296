//! The open batch: records in the order they came, within its limits.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::assignment::Assignment;
use crate::config::BatchLimits;
use crate::record::Record;

/// A record in a batch, with the assignment it arrived under.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) record: Record,
    pub(crate) generation: u64,
    /// Offsets right before it that hold no record for us.
    pub(crate) gap: i64,
}

/// What one batch decides of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    pub(crate) partition: i32,
    pub(crate) generation: u64,
    /// What the ledger must say before.
    pub(crate) expected: i64,
    /// What it will say afterwards.
    pub(crate) next: i64,
    pub(crate) gaps: i64,
}

/// What a batch has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// It is empty.
    Whole,
    /// Records that come within so much time.
    Until(Duration),
    /// It is old: records that need not be waited for, so that a backlog makes full batches.
    ForWhatIsThere,
    /// It is full.
    None,
}

/// A batch that comes to so many records has a backlog behind it.
const BACKLOG: usize = 64;

/// Records that go into one transaction.
#[derive(Debug)]
pub(crate) struct Batch {
    limits: BatchLimits,
    records: Vec<Taken>,
    bytes: usize,
    opened: Option<Instant>,
}

impl Batch {
    pub(crate) fn new(limits: BatchLimits) -> Self {
        Self { limits, records: Vec::new(), bytes: 0, opened: None }
    }

    pub(crate) fn push(&mut self, taken: Taken) {
        self.opened.get_or_insert_with(Instant::now);
        self.bytes += taken.record.bytes();
        if self.records.len() == BACKLOG {
            // A list that grows step by step moves all that is in it with each.
            self.records.reserve_exact(self.limits.records.saturating_sub(BACKLOG));
        }
        self.records.push(taken);
    }

    /// What it has room for.
    pub(crate) fn room(&self) -> Room {
        let Some(opened) = self.opened else { return Room::Whole };
        if self.records.len() >= self.limits.records || self.bytes >= self.limits.bytes {
            return Room::None;
        }
        match self.limits.age.checked_sub(opened.elapsed()).filter(|left| !left.is_zero()) {
            Some(left) => Room::Until(left),
            None => Room::ForWhatIsThere,
        }
    }

    /// Drops the records of partitions that were given away since they came.
    pub(crate) fn keep_owned(&mut self, assignment: &Assignment) {
        self.records.retain(|t| assignment.owned(t.record.partition, t.generation).is_some());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(crate) fn records(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.records.iter().map(|taken| &taken.record)
    }

    /// For the model, which keeps a batch as plain values between its steps.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> &[Taken] {
        &self.records
    }

    /// What this batch decides, partition by partition, in the order that locks are taken in.
    pub(crate) fn spans(&self, assignment: &Assignment) -> Vec<Span> {
        let mut spans: BTreeMap<i32, Span> = BTreeMap::new();
        for Taken { record, generation, gap } in &self.records {
            let Some(owned) = assignment.owned(record.partition, *generation) else { continue };
            let span = spans.entry(record.partition).or_insert(Span {
                partition: record.partition,
                generation: *generation,
                expected: owned.committed,
                next: owned.committed,
                gaps: 0,
            });
            span.next = record.offset + 1;
            span.gaps += gap;
        }
        spans.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Raw;

    fn taken(offset: i64) -> Taken {
        let content = Err(event::Refusal {
            class: event::Class::Malformed,
            place: event::Place::Message,
            reason: "of a test".into(),
        });
        let record = Record {
            partition: 0,
            offset,
            timestamp_ms: None,
            raw: Raw::default(),
            content,
            received_at_ms: None,
            dead_letter_id: None,
            span: tracing::Span::none(),
            trace_id: None,
        };
        Taken { record, generation: 1, gap: 0 }
    }

    fn batch(records: usize, age: Duration) -> Batch {
        Batch::new(BatchLimits { records, bytes: 1 << 20, age })
    }

    #[test]
    fn a_batch_waits_for_company_until_it_is_full() {
        let mut batch = batch(2, Duration::from_secs(3_600));
        assert_eq!(batch.room(), Room::Whole);
        batch.push(taken(0));
        assert!(matches!(batch.room(), Room::Until(_)));
        batch.push(taken(1));
        assert_eq!(batch.room(), Room::None);
    }

    #[test]
    fn an_old_batch_waits_for_nothing_and_takes_what_is_there() {
        let mut batch = batch(2, Duration::ZERO);
        batch.push(taken(0));
        assert_eq!(batch.room(), Room::ForWhatIsThere);
        batch.push(taken(1));
        assert_eq!(batch.room(), Room::None);
    }
}
