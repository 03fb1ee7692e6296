//! The worker's loop: collect a batch, store it, tell Kafka; and what to do when that fails.
//!
//! Runs on a thread of its own, since the Kafka client blocks.

mod books;

use std::cell::Cell;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use time::OffsetDateTime;
use tokio::runtime::Handle;

use crate::assignment::{Arrival, gap_is_empty};
use crate::batch::{self, Batch, Taken};
use crate::config::BatchLimits;
use crate::consumer::Consumer;
use crate::failure::{Backoff, Class};
use crate::instruments::{self, Outcome};
use crate::record::Record;
use crate::status::{Reason, Status};
use crate::stop::Stop;
use crate::store::{Position, Store, StoreError};

/// How long one look for records takes when there are none.
const IDLE_POLL: Duration = Duration::from_millis(100);
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

impl Pipeline {
    /// Consumes until told to stop, or until the Kafka client has to be replaced; the batch in hand is finished.
    pub(crate) fn run(self) {
        self.status.consuming();
        while !self.stop.is_set() {
            if let Some(error) = self.consumer.fatal_error() {
                tracing::error!(error, "the Kafka client cannot go on; another one takes its place");
                return;
            }
            match self.collect() {
                Ok(batch) => self.write(batch),
                Err(reason) if self.has_lost_records(reason) => self.stand_still(reason),
                Err(reason) => {
                    let reason = reason.name();
                    tracing::warn!(
                        reason,
                        "the ledger goes on elsewhere; another client takes this one's place"
                    );
                    return;
                }
            }
        }
        tracing::info!("pipeline finished its last batch");
    }

    /// Polls until a batch is full, old enough, or the worker is told to stop.
    fn collect(&self) -> Result<Batch, Reason> {
        let mut batch = Batch::new(self.limits);
        while let Some(wait) = batch.room(IDLE_POLL) {
            if let Some(reason) = self.heard.take() {
                return Err(reason);
            }
            let polled = self.consumer.poll(wait);
            if self.consumer.continuity.is_broken() {
                return Err(Reason::LogDiverged);
            }
            match polled {
                None if self.stop.is_set() || self.consumer.fatal_error().is_some() => break,
                None => {}
                Some(Ok(message)) => {
                    let (partition, offset) = (message.partition(), message.offset());
                    if let Arrival::Take { generation, gap } =
                        self.consumer.assignment.expect(partition, offset)
                    {
                        self.check_gap(partition, offset, gap)?;
                        self.consumer.assignment.taken(partition, offset);
                        batch.push(Taken {
                            record: Record::of(&message, &self.consumer.group),
                            generation,
                            gap,
                        });
                    }
                }
                Some(Err(error)) => {
                    self.consume_error(&error)?;
                    if self.consumer.fatal_error().is_some() {
                        break;
                    }
                }
            }
        }
        Ok(batch)
    }

    /// A gap is booked only if the log still begins before it: offsets that retention took away
    /// were never looked at, and nobody may count them as nothing.
    fn check_gap(&self, partition: i32, offset: i64, gap: i64) -> Result<(), Reason> {
        if gap == 0 {
            return Ok(());
        }
        match self.consumer.log_start(partition) {
            Ok(log_start) if gap_is_empty(offset, gap, log_start) => Ok(()),
            Ok(log_start) => {
                tracing::warn!(
                    partition,
                    offset,
                    gap,
                    log_start,
                    "log_truncated: offsets before a record are gone"
                );
                Err(Reason::LogTruncated)
            }
            Err(error) => {
                tracing::warn!(%error, partition, offset, gap, "a gap cannot be verified");
                Err(Reason::LogTruncated)
            }
        }
    }

    fn consume_error(&self, error: &KafkaError) -> Result<(), Reason> {
        if let KafkaError::MessageConsumption(
            RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset,
        ) = error
        {
            tracing::warn!(%error, "offset_out_of_range: the topic does not hold the next offset");
            return Err(Reason::OffsetOutOfRange);
        }
        tracing::warn!(%error, "a poll failed");
        Ok(())
    }

    /// Stores a batch, however long it takes, unless its partitions are given away meanwhile.
    fn write(&self, mut batch: Batch) {
        let mut backoff = Backoff::new();
        loop {
            batch.keep_owned(&self.consumer.assignment);
            if batch.is_empty() {
                return;
            }
            let spans = batch.spans(&self.consumer.assignment);
            let records: Vec<&Record> = batch.records().collect();
            let started = Instant::now();
            match self.runtime.block_on(self.store.write(&self.consumer.book, &spans, &records)) {
                Ok(outcomes) => {
                    instruments::batch(records.len(), started.elapsed());
                    self.status.consuming();
                    return self.committed(&spans, &records, &outcomes);
                }
                Err(StoreError::Fenced(partitions)) => self.let_go(&partitions),
                Err(error) => self.failed(&error, &mut backoff),
            }
            if self.stop.is_set() {
                // Nothing of it is in the database: whoever owns the partitions next reads it again.
                tracing::warn!(records = records.len(), "stopping with a batch that could not be stored");
                return;
            }
        }
    }

    fn committed(&self, spans: &[batch::Span], records: &[&Record], outcomes: &[Outcome]) {
        let now_ms = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
        for span in spans {
            self.consumer.assignment.committed(span.partition, span.generation, span.next);
            instruments::gaps(u64::try_from(span.gaps).unwrap_or_default());
        }
        for outcome in [Outcome::Stored, Outcome::Duplicate, Outcome::DeadLettered] {
            let count = outcomes.iter().filter(|o| **o == outcome).count();
            instruments::records(outcome, u64::try_from(count).unwrap_or(u64::MAX));
        }
        for (record, outcome) in records.iter().zip(outcomes) {
            record.span.record("farol.outcome", outcome.name());
            if let (Outcome::Stored, Some(received_ms)) = (outcome, record.received_at_ms()) {
                let age_ms = u64::try_from(now_ms - i128::from(received_ms)).unwrap_or_default();
                instruments::freshness(Duration::from_millis(age_ms));
            }
        }
        self.consumer.hint(spans);
    }

    /// The ledger is not where we thought: what we hold of those partitions is worth nothing.
    /// Starts them anew from where the ledger says.
    fn let_go(&self, partitions: &[i32]) {
        instruments::fenced();
        match self.ledger_of(partitions) {
            Ok(positions) => {
                tracing::warn!(?positions, "fenced: continuing where the ledger is");
                for Position { partition, next, .. } in positions {
                    self.consumer.rewind(partition, next);
                }
            }
            Err(error) => tracing::warn!(%error, "fenced, and the ledger cannot be read"),
        }
    }

    fn failed(&self, error: &StoreError, backoff: &mut Backoff) {
        let class = error.class();
        instruments::batch_retry(class);
        match class {
            Class::Structural => {
                self.status.stopped(Reason::Database);
                tracing::error!(%error, "stopped: PostgreSQL refuses, and that does not pass by itself");
            }
            Class::Transient | Class::Data => tracing::warn!(%error, "a batch is tried again"),
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
            tracing::error!(reason = reason.name(), "stopped: see the runbook of this reason, then restart");
            self.idle(REMINDER);
        }
    }
}
