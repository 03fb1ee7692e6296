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
        self.records.push(taken);
    }

    /// How long to wait for more; `None` when the batch is full or old enough.
    pub(crate) fn room(&self, idle: Duration) -> Option<Duration> {
        let Some(opened) = self.opened else { return Some(idle) };
        if self.records.len() >= self.limits.records || self.bytes >= self.limits.bytes {
            return None;
        }
        self.limits.age.checked_sub(opened.elapsed()).filter(|left| !left.is_zero())
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
