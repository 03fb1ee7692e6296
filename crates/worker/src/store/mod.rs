//! The only room that knows PostgreSQL: one transaction a batch, in the order ledger, rows, dead
//! letters, books.

mod blockers;
mod copy;
mod dead_letters;
pub(crate) mod events;
mod failure;
mod figures;
mod keys;
pub(crate) mod ledger;
mod redriven;
mod retention;
mod rows;
mod schema;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deadpool_postgres::{BuildError, Object, Pool, PoolError};
use postgres::Server;
use time::OffsetDateTime;
use tracing::Instrument as _;

use crate::batch;
use crate::continuity::Last;
use crate::instruments::{self, Outcome};
use crate::record::Record;
use crate::trace;

/// One connection writes, one looks up positions during a rebalance, one makes partitions.
const POOL_SIZE: usize = 4;
const PATIENCE: Duration = Duration::from_secs(5);
/// Bounds that PostgreSQL itself keeps: a statement, a lock, a transaction that nobody continues.
const SESSION_LIMITS: &str =
    "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s";
/// How many days of partitions exist ahead of today.
const PARTITION_DAYS_AHEAD: i32 = 7;

use events::{Care, Writing};

pub(crate) use dead_letters::Cause;
pub(crate) use failure::StoreError;
pub(crate) use figures::Figures;
pub(crate) use ledger::Position;
pub(crate) use retention::Expired;
pub(crate) use rows::Row;

/// Where a topic's books are kept.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    pub(crate) cluster_id: String,
    pub(crate) topic: String,
}

/// Rows, dead letters and books.
#[derive(Clone)]
pub(crate) struct Store {
    pool: Pool,
    session_name: String,
    /// Whether the last batch repeated nothing that is stored: the next one is presumed to do the same.
    keys_were_new: Arc<AtomicBool>,
}

impl Store {
    /// A pool that connects when it is first asked.
    pub(crate) fn connect(server: &Server) -> Result<Self, BuildError> {
        let session_name = blockers::session_name();
        let server = server.clone().for_sessions(&session_name, SESSION_LIMITS);
        let pool = server.pool(POOL_SIZE, PATIENCE)?;
        Ok(Self { pool, session_name, keys_were_new: Arc::new(AtomicBool::new(true)) })
    }

    async fn session(&self) -> Result<Object, StoreError> {
        let session = self.pool.get().await;
        if let Err(PoolError::Timeout(_)) = &session {
            telemetry::postgres_pool_timeout();
        }
        Ok(session?)
    }

    /// Sets the metrics of the pool.
    pub(crate) fn report_pool(&self) {
        telemetry::postgres_pool(self.pool.status());
    }

    /// What the ledger and the dead letters of the topic add up to.
    pub(crate) async fn figures(&self, topic: &str) -> Result<Figures, StoreError> {
        let started = Instant::now();
        let read = async { figures::read(&self.session().await?, topic).await }.await;
        let failed = read.as_ref().err().map(StoreError::error_type);
        telemetry::postgres_operation("SELECT farol.ledger", started.elapsed(), failed);
        read
    }

    /// Whether the schema has all that this program was written for. A newer one has it too.
    pub(crate) async fn check_schema(&self) -> Result<(), StoreError> {
        schema::check(&self.session().await?).await
    }

    /// Makes the partitions of the coming days.
    pub(crate) async fn create_partitions(&self) -> Result<i32, StoreError> {
        let client = self.session().await?;
        let row = client.query_one("SELECT farol.create_partitions($1)", &[&PARTITION_DAYS_AHEAD]).await?;
        Ok(row.try_get(0)?)
    }

    /// Where each partition's books are; a partition seen for the first time starts at the log's
    /// start, which the second of each pair tells.
    pub(crate) async fn positions(
        &self,
        book: &Book,
        partitions: &[(i32, i64)],
    ) -> Result<Vec<Position>, StoreError> {
        let client = self.session().await?;
        ledger::open(&client, book, partitions).await
    }

    /// Takes away the days of rows that ended before `rows_until`, and then the keys of before
    /// `keys_until` that have no row any more. `None` where another worker is at it.
    pub(crate) async fn expire(
        &self,
        rows_until: OffsetDateTime,
        keys_until: Option<OffsetDateTime>,
    ) -> Result<Option<Expired>, StoreError> {
        let client = self.session().await?;
        if !retention::lock(&client).await? {
            return Ok(None);
        }
        let expired = retention::expire(&client, rows_until, keys_until).await;
        retention::unlock(&client).await?;
        expired.map(Some)
    }

    /// Where the books of these partitions are, as far as there are any.
    pub(crate) async fn known_positions(
        &self,
        book: &Book,
        partitions: &[i32],
    ) -> Result<Vec<Position>, StoreError> {
        ledger::positions(&self.session().await?, book, partitions).await
    }

    /// Remembers a decided record as the one that the log must go on to hold.
    pub(crate) async fn set_anchor(&self, book: &Book, anchor: &Last) -> Result<(), StoreError> {
        ledger::set_anchor(&self.session().await?, book, anchor).await
    }

    /// Stores a batch, whole or not at all; answers with the outcome of each record, in order.
    pub(crate) async fn write(
        &self,
        book: &Book,
        spans: &[batch::Span],
        records: &[&Record],
    ) -> Result<Vec<Outcome>, StoreError> {
        let span = trace::batch(records);
        let started = Instant::now();
        let writing = self.transaction(book, spans, records).instrument(span.clone());
        let written = self.while_ending_blockers(writing).await;
        let failed = written.as_ref().err().map(StoreError::error_type);
        if let Some(error_type) = &failed {
            span.record("otel.status_code", "error");
            span.record("error.type", error_type);
            if let Some(state) = written.as_ref().err().and_then(StoreError::sqlstate) {
                span.record("db.response.status_code", state);
            }
        }
        telemetry::postgres_operation("INSERT farol.events", started.elapsed(), failed);
        written
    }

    /// Waits for the work, and every few seconds looks at who keeps it from its locks.
    async fn while_ending_blockers<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            if let Ok(done) = tokio::time::timeout(blockers::PATIENCE, &mut work).await {
                return done;
            }
            match self.end_blockers().await {
                Ok(ended) => instruments::sessions_ended(ended),
                Err(error) => {
                    tracing::warn!(
                        name: "blockers_unknown",
                        %error,
                        "sessions that hold locks cannot be looked at"
                    )
                }
            }
        }
    }

    async fn end_blockers(&self) -> Result<usize, StoreError> {
        blockers::end(&self.session().await?, &self.session_name).await
    }

    /// As little care as will do, and more where that was too little: repeated events and rows that PostgreSQL refuses are
    /// rare, and looking for them in every batch costs each of them more than one that begins again.
    async fn transaction(
        &self,
        book: &Book,
        spans: &[batch::Span],
        records: &[&Record],
    ) -> Result<Vec<Outcome>, StoreError> {
        let mut care = match self.keys_were_new.load(Ordering::Relaxed) {
            true => Care::Presuming,
            false => Care::Asking,
        };
        let outcomes = loop {
            match self.attempt(book, spans, records, care).await {
                Err(StoreError::KeyKnown(_)) => care = Care::Asking,
                Err(StoreError::RowRefused(_)) => care = Care::Bisecting,
                done => break done?,
            }
        };
        let is_new = care == Care::Presuming || !outcomes.contains(&Outcome::Duplicate);
        self.keys_were_new.store(is_new, Ordering::Relaxed);
        Ok(outcomes)
    }

    async fn attempt(
        &self,
        book: &Book,
        spans: &[batch::Span],
        records: &[&Record],
        care: Care,
    ) -> Result<Vec<Outcome>, StoreError> {
        let mut client: Object = self.session().await?;
        let mut transaction = client.transaction().await?;
        let held = ledger::hold(&transaction, book, spans).await?;
        // Keys that nothing keeps unique must be asked for, which PostgreSQL refuses, and so the worker stops.
        let care = if held.keys_are_unique { care } else { care.max(Care::Asking) };
        let writing = Writing { transaction: &mut transaction, book, tx: held.tx, care };
        let decided = events::store(writing, records).await?;
        let redriven = redriven::decide(&transaction, records, &decided).await?;
        let written = redriven.without_their_own(&decided.letters);
        dead_letters::write(&transaction, book, records, &written).await?;
        ledger::advance(&transaction, book, spans, records, &decided.outcomes).await?;
        transaction.commit().await?;
        for letter in written {
            instruments::dead_letter(letter.cause);
        }
        redriven.count();
        Ok(decided.outcomes)
    }
}
