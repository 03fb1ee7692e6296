//! The worker's loop: collect a batch, store it, tell Kafka; and what to do when that fails.
//!
//! Runs on a thread of its own, since the Kafka client blocks.

mod books;
mod collecting;
mod writing;

use std::cell::Cell;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::runtime::Handle;

use crate::batch::{self, Batch};
use crate::config::BatchLimits;
use crate::consumer::Consumer;
use crate::failure::{Backoff, Class};
use crate::instruments::{self, Outcome};
use crate::record::Record;
use crate::status::{Reason, Status};
use crate::stop::Stop;
use crate::store::{Position, Store, StoreError};
use writing::attempt;

/// How often a worker that waits for somebody to act says so.
const REMINDER: Duration = Duration::from_secs(30);

/// Everything the loop works with.
pub(crate) struct Pipeline {
    pub(crate) consumer: Consumer,
    pub(crate) store: Store,
    pub(crate) limits: BatchLimits,
    pub(crate) status: Status,
    pub(crate) runtime: Handle,
    pub(crate) stop: Stop,
    /// What the Kafka client said while a failed batch waited.
    pub(crate) heard: Cell<Option<Reason>>,
}

/// An attempt to store a batch that is over.
struct Attempt {
    written: Result<Vec<Outcome>, StoreError>,
    took: Duration,
    over: OffsetDateTime,
}

impl Pipeline {
    /// Consumes until told to stop, or until the Kafka client has to be replaced; the batch in hand is finished.
    pub(crate) fn run(self) {
        let mut writing = None;
        while !self.stop.is_set() {
            if let Some(error) = self.consumer.fatal_error() {
                tracing::error!(
                    name: "kafka_consumer_replaced",
                    error,
                    "the Kafka client cannot go on; another one takes its place"
                );
                if let Some(writing) = writing.take() {
                    self.settle(writing);
                }
                return;
            }
            let collected = self.collect(&mut writing);
            if !writing.take().is_none_or(|writing| self.settle(writing)) {
                break;
            }
            match collected {
                Ok(batch) => writing = self.begin(batch),
                Err(reason) if self.has_lost_records(reason) => self.stand_still(reason),
                Err(reason) => {
                    let reason = reason.name();
                    tracing::warn!(
                        name: "client_replaced",
                        reason,
                        "the ledger goes on elsewhere; another client takes this one's place"
                    );
                    return;
                }
            }
        }
        if writing.is_none_or(|writing| self.settle(writing)) {
            tracing::info!(name: "pipeline_finished", "pipeline finished its last batch");
        }
    }

    /// Stores a batch, however long it takes, unless its partitions are given away meanwhile. Answers whether nothing of it
    /// is left to decide.
    fn write(&self, mut batch: Batch, mut backoff: Backoff) -> bool {
        loop {
            batch.keep_owned(&self.consumer.assignment);
            if batch.is_empty() {
                return true;
            }
            let spans = batch.spans(&self.consumer.assignment);
            let records: Vec<&Record> = batch.records().collect();
            self.took(&spans, &records);
            let book = &self.consumer.book;
            let attempt = attempt(|| self.runtime.block_on(self.store.write(book, &spans, &records)));
            if self.is_decided(&spans, &records, attempt, &mut backoff) {
                return true;
            }
            if self.stop.is_set() {
                self.abandoned(records.len());
                return false;
            }
        }
    }

    /// Whether the attempt decided its records; what has to be done first if it did not, is done.
    fn is_decided(
        &self,
        spans: &[batch::Span],
        records: &[&Record],
        attempt: Attempt,
        backoff: &mut Backoff,
    ) -> bool {
        match attempt.written {
            Ok(outcomes) => {
                instruments::batch(records.len(), attempt.took);
                self.status.consuming();
                self.committed(spans, records, &outcomes, attempt.over);
                return true;
            }
            Err(StoreError::Fenced(partitions)) => self.let_go(&partitions),
            Err(error) => self.failed(&error, backoff),
        }
        false
    }

    /// Nothing of it is in the database: whoever owns the partitions next reads it again.
    fn abandoned(&self, records: usize) {
        tracing::warn!(name: "batch_abandoned", records, "stopping with a batch that could not be stored");
    }

    /// What waits for PostgreSQL ages from its oldest record on.
    fn took(&self, spans: &[batch::Span], records: &[&Record]) {
        for span in spans {
            let oldest = records.iter().find(|record| record.partition == span.partition);
            self.consumer.gauges.lag.took(span.partition, oldest.and_then(|record| record.timestamp_ms));
        }
    }

    fn committed(
        &self,
        spans: &[batch::Span],
        records: &[&Record],
        outcomes: &[Outcome],
        at: OffsetDateTime,
    ) {
        let at_ms = at.unix_timestamp_nanos() / 1_000_000;
        for span in spans {
            self.consumer.assignment.committed(span.partition, span.generation, span.next);
            instruments::gaps(u64::try_from(span.gaps).unwrap_or_default());
            let newest = records.iter().rev().find(|record| record.partition == span.partition);
            self.consumer.gauges.lag.committed(span.partition, newest.and_then(|record| record.timestamp_ms));
        }
        for outcome in [Outcome::Stored, Outcome::Duplicate, Outcome::DeadLettered] {
            let count = outcomes.iter().filter(|o| **o == outcome).count();
            instruments::records(outcome, u64::try_from(count).unwrap_or(u64::MAX));
        }
        let decided = || records.iter().zip(outcomes);
        decided().for_each(|(record, outcome)| {
            record.span.record("farol.outcome", outcome.name());
        });
        let stored = decided().filter(|(_, outcome)| **outcome == Outcome::Stored);
        instruments::freshness(stored.filter_map(|(record, _)| {
            let age_ms = at_ms - i128::from(record.received_at_ms?);
            Some(Duration::from_millis(u64::try_from(age_ms).unwrap_or_default()))
        }));
        self.consumer.hint(spans);
    }

    /// The ledger is not where we thought: what we hold of those partitions is worth nothing.
    /// Starts them anew from where the ledger says.
    fn let_go(&self, partitions: &[i32]) {
        instruments::fenced();
        partitions.iter().for_each(|partition| self.consumer.gauges.lag.let_go(*partition));
        match self.ledger_of(partitions) {
            Ok(positions) => {
                tracing::warn!(name: "batch_fenced", ?positions, "fenced: continuing where the ledger is");
                for Position { partition, next, .. } in positions {
                    self.consumer.rewind(partition, next);
                }
            }
            Err(error) => {
                tracing::warn!(
                    name: "fenced_ledger_unreadable",
                    %error,
                    "fenced, and the ledger cannot be read"
                )
            }
        }
    }

    fn failed(&self, error: &StoreError, backoff: &mut Backoff) {
        let class = error.class();
        instruments::batch_retry(class);
        match class {
            Class::Structural => {
                self.status.stopped(Reason::Database);
                tracing::error!(
                    name: "worker_stopped_database",
                    %error,
                    "stopped: PostgreSQL refuses, and that does not pass by itself"
                );
            }
            Class::Transient | Class::Data => {
                tracing::warn!(name: "batch_retried", %error, "a batch is tried again")
            }
        }
        self.idle(backoff.next_wait());
    }

    fn idle(&self, wait: Duration) {
        self.consumer.idle(wait, &self.stop, |error| {
            if let Err(reason) = self.consume_error(error) {
                self.heard.set(Some(reason));
            }
        });
    }

    /// Keeps the place in the group and says why nothing moves, until somebody restarts the worker.
    fn stand_still(&self, reason: Reason) {
        self.status.stopped(reason);
        while !self.stop.is_set() {
            tracing::error!(
                name: "worker_stopped",
                reason = reason.name(),
                "stopped: see the runbook of this reason, then restart"
            );
            self.idle(REMINDER);
        }
    }
}
