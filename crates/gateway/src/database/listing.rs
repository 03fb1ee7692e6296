//! Pages of stored events in the order of `(tx, n)`: the transaction that stored them and their
//! place in it.
//!
//! Transactions commit in another order than they begin. So a page ends before the oldest
//! transaction that is still open (`pg_snapshot_xmin`): below it nothing can appear any more, and
//! a reader that goes on from a page's end misses nothing. Any transaction of the server that
//! writes counts, so a long one elsewhere holds the end of the listing back.

use std::ops::Range;

use time::OffsetDateTime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Row};

use super::stored::{COLUMNS, Stored};
use super::{Database, LookUpError};

/// A page looks at this many rows at most, so that a filter few rows match costs no more than
/// one that all match; it then holds fewer events, perhaps none.
const EXAMINED: i64 = 10_000;
/// A page ends once its data is this large, after one event at least.
const MAX_BYTES: usize = 8 << 20;
/// Rows fetched at a time while nothing is known of their size.
const FIRST_FETCH: usize = 8;

/// What stays the same from page to page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) source: Option<String>,
    pub(crate) event_type: Option<String>,
    /// When it was stored.
    pub(crate) stored: Range<Option<OffsetDateTime>>,
}

/// A place between events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) tx: i64,
    pub(crate) n: i32,
}

impl Place {
    /// Before every event.
    pub(crate) const START: Self = Self { tx: 0, n: 0 };
}

/// Some events, and where the next page begins.
pub(crate) struct Page {
    pub(crate) events: Vec<Stored>,
    pub(crate) next: Place,
    /// Nothing more can be seen at this moment.
    pub(crate) caught_up: bool,
}

impl Database {
    /// The events after `after`, `limit` at most.
    pub(crate) async fn page(
        &self,
        filter: &Filter,
        after: Place,
        limit: usize,
    ) -> Result<Page, LookUpError> {
        self.asked("SELECT farol.events page", async {
            let mut session = self.session().await?;
            // One snapshot for all statements: what is below its oldest transaction is complete.
            let transaction =
                session.build_transaction().isolation_level(IsolationLevel::RepeatableRead).start().await?;
            let horizon: i64 = transaction
                .query_one("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", &[])
                .await?
                .try_get(0)?;
            let Range { start: since, end: until } = filter.stored;
            let (event_type, source) = (&filter.event_type, &filter.source);
            let bound: [&(dyn ToSql + Sync); 7] =
                [&after.tx, &after.n, &horizon, &since, &until, source, event_type];
            let portal = transaction.bind(&transaction.prepare_cached(&page_sql()).await?, &bound).await?;
            let mut collected = Collected::default();
            while let Some(count) = collected.next_fetch(limit) {
                let rows =
                    transaction.query_portal(&portal, i32::try_from(count).unwrap_or(i32::MAX)).await?;
                collected.take(&rows, count)?;
            }
            if let Some(next) = collected.cut_at() {
                return Ok(Page { events: collected.events, next, caught_up: false });
            }
            // Every row that was looked at is in the page or filtered out: the next begins behind them.
            let last = transaction
                .query_opt(&transaction.prepare_cached(&last_examined_sql()).await?, &bound[..5])
                .await?;
            let (next, caught_up) = match last {
                Some(row) => (Place { tx: row.try_get(0)?, n: row.try_get(1)? }, false),
                None => (Place { tx: horizon - 1, n: i32::MAX }.max(after), true),
            };
            Ok(Page { events: collected.events, next, caught_up })
        })
        .await
    }
}

/// The rows that a page looks at: after ($1, $2), before the horizon $3, stored from $4 until $5.
fn examined(columns: &str) -> String {
    format!(
        "SELECT {columns} FROM farol.events WHERE (tx, n) > ($1, $2) AND tx < $3
         AND stored_at >= coalesce($4, '-infinity'::timestamptz) AND stored_at < coalesce($5, 'infinity'::timestamptz)
         ORDER BY tx, n LIMIT {EXAMINED}"
    )
}

/// Those of them that have the source $6 and the type $7, where these are given.
pub(super) fn page_sql() -> String {
    let examined = examined("*");
    format!(
        "SELECT {COLUMNS} FROM ({examined}) e
         WHERE ($6::text IS NULL OR source = $6) AND ($7::text IS NULL OR type = $7) ORDER BY tx, n"
    )
}

/// The last of them, where there are as many as a page may look at.
fn last_examined_sql() -> String {
    format!("SELECT tx, n FROM ({}) e ORDER BY tx, n OFFSET {}", examined("tx, n"), EXAMINED - 1)
}

/// The events of a page while they are fetched.
#[derive(Default)]
struct Collected {
    events: Vec<Stored>,
    last: Option<Place>,
    bytes: usize,
    exhausted: bool,
    full: bool,
}

impl Collected {
    /// How many rows to fetch next, from what the ones before took; `None` when it is enough.
    fn next_fetch(&mut self, limit: usize) -> Option<usize> {
        let missing = limit - self.events.len();
        self.full = missing == 0 || self.bytes >= MAX_BYTES;
        if self.full || self.exhausted {
            return None;
        }
        let average = match self.events.len() {
            0 => MAX_BYTES / FIRST_FETCH,
            count => (self.bytes / count).max(1),
        };
        let fitting = ((MAX_BYTES - self.bytes) / average).max(1);
        Some(missing.min(fitting))
    }

    fn take(&mut self, rows: &[Row], asked: usize) -> Result<(), LookUpError> {
        self.exhausted = rows.len() < asked;
        for row in rows {
            let stored = Stored::of(row)?;
            self.bytes += stored.event.data.as_bytes().map_or(0, |bytes| bytes.len());
            self.last = Some(Place { tx: row.try_get("tx")?, n: row.try_get("n")? });
            self.events.push(stored);
        }
        Ok(())
    }

    /// Where the page was cut because it is full; `None` where it holds all that was looked at.
    fn cut_at(&self) -> Option<Place> {
        self.last.filter(|_| self.full && !self.exhausted)
    }
}
