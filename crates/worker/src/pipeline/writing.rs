//! A batch on its way into PostgreSQL, while the next one is collected. Never two: the next transaction begins when
//! it is known what became of the one before.

use std::time::Instant;

use time::OffsetDateTime;
use tokio::task::{JoinError, JoinHandle};

use super::{Attempt, Pipeline};
use crate::batch::{Batch, Span};
use crate::failure::Backoff;
use crate::instruments::Outcome;
use crate::record::Record;
use crate::store::StoreError;

/// The first attempt to store a batch; gives the batch back when it is over.
pub(super) struct Writing {
    spans: Vec<Span>,
    attempt: JoinHandle<(Batch, Attempt)>,
}

impl Writing {
    /// Whether it is known what became of it.
    pub(super) fn is_over(&self) -> bool {
        self.attempt.is_finished()
    }
}

impl Pipeline {
    /// Begins to store a batch, as far as its partitions are still ours.
    pub(super) fn begin(&self, mut batch: Batch) -> Option<Writing> {
        batch.keep_owned(&self.consumer.assignment);
        if batch.is_empty() {
            return None;
        }
        let spans = batch.spans(&self.consumer.assignment);
        self.took(&spans, &batch.records().collect::<Vec<_>>());
        let (store, book, its_spans) = (self.store.clone(), self.consumer.book.clone(), spans.clone());
        let (runtime, flight) = (self.runtime.clone(), self.consumer.in_flight.begin());
        let attempt = self.runtime.spawn_blocking(move || {
            let _flight = flight;
            let records: Vec<&Record> = batch.records().collect();
            let attempt = attempt(|| runtime.block_on(store.write(&book, &its_spans, &records)));
            (batch, attempt)
        });
        Some(Writing { spans, attempt })
    }

    /// Waits for a batch's first attempt, and where that failed makes others. Answers whether the batch is decided; where it
    /// is not, because the worker stops, nothing that was collected after it may be written.
    pub(super) fn settle(&self, writing: Writing) -> bool {
        let (batch, attempt) = match self.runtime.block_on(writing.attempt).map_err(JoinError::try_into_panic)
        {
            Ok(over) => over,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            // The runtime ended before it began.
            Err(Err(_)) => return false,
        };
        let mut backoff = Backoff::new();
        let records: Vec<&Record> = batch.records().collect();
        if self.is_decided(&writing.spans, &records, attempt, &mut backoff) {
            return true;
        }
        if self.stop.is_set() {
            self.abandoned(records.len());
            return false;
        }
        self.write(batch, backoff)
    }
}

/// One attempt, and when it was over.
pub(super) fn attempt(write: impl FnOnce() -> Result<Vec<Outcome>, StoreError>) -> Attempt {
    let started = Instant::now();
    let written = write();
    Attempt { written, took: started.elapsed(), over: OffsetDateTime::now_utc() }
}
