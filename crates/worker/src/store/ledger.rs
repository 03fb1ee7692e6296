//! The ledger's statements: open a partition's books, hold them, and write what a batch decided.

use deadpool_postgres::{Object, Transaction};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{Book, StoreError};
use crate::batch::Span;
use crate::continuity::{Last, Mark};
use crate::instruments::Outcome;
use crate::record::Record;

const OPEN: &str = "
INSERT INTO farol.ledger (cluster_id, topic, partition, start_offset, next_offset)
SELECT $1, $2, p, o, o FROM unnest($3::int[], $4::bigint[]) AS log_start (p, o)
ON CONFLICT DO NOTHING";

const POSITIONS: &str = "
SELECT partition, next_offset, last_record_digest, last_record_timestamp,
       anchor_offset, anchor_digest, anchor_timestamp
FROM farol.ledger WHERE cluster_id = $1 AND topic = $2 AND partition = ANY ($3)";

/// Waits for nobody: a row that a batch holds, perhaps a frozen worker's, keeps the anchor it has.
const SET_ANCHOR: &str = "
UPDATE farol.ledger SET anchor_offset = $4, anchor_digest = $5, anchor_timestamp = $6
WHERE ctid = (SELECT ctid FROM farol.ledger WHERE cluster_id = $1 AND topic = $2 AND partition = $3 FOR UPDATE SKIP LOCKED)";

/// Where a partition's books end, and the last record in them.
#[derive(Debug, Clone)]
pub(crate) struct Position {
    pub(crate) partition: i32,
    pub(crate) next: i64,
    pub(crate) last: Option<Last>,
    /// A record that was the last one a while ago.
    pub(crate) anchor: Option<Last>,
}

/// A transaction that holds the books of its batch.
pub(super) struct Held {
    /// Its number.
    pub(super) tx: i64,
    /// Whether PostgreSQL itself refuses a second key of one event.
    pub(super) keys_are_unique: bool,
}

/// Takes the rows' locks in the order of partitions, before anything else of a batch is written.
const HOLD: &str = "
SELECT partition, next_offset, pg_current_xact_id()::text::bigint,
       EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'farol.event_keys'::regclass AND contype = 'p')
FROM farol.ledger
WHERE cluster_id = $1 AND topic = $2 AND partition = ANY ($3)
ORDER BY partition FOR UPDATE";

/// The CHECK of the table compares these counts with the offsets, so a wrong one cannot commit.
const ADVANCE: &str = "
UPDATE farol.ledger AS l
SET next_offset = b.next, stored = l.stored + b.stored, duplicate = l.duplicate + b.duplicate,
    dead_lettered = l.dead_lettered + b.dead_lettered, gaps = l.gaps + b.gaps,
    last_record_digest = b.digest, last_record_timestamp = b.timestamp, updated_at = now()
FROM unnest($3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[], $11::bigint[])
    AS b (partition, expected, next, stored, duplicate, dead_lettered, gaps, digest, timestamp)
WHERE l.cluster_id = $1 AND l.topic = $2 AND l.partition = b.partition AND l.next_offset = b.expected";

/// Opens books that do not exist yet and answers where all of them are.
pub(super) async fn open(
    client: &Object,
    book: &Book,
    log_starts: &[(i32, i64)],
) -> Result<Vec<Position>, StoreError> {
    let (partitions, offsets): (Vec<i32>, Vec<i64>) = log_starts.iter().copied().unzip();
    client.execute(OPEN, &[&book.cluster_id, &book.topic, &partitions, &offsets]).await?;
    positions(client, book, &partitions).await
}

/// Where the books of these partitions are, as far as there are any.
pub(super) async fn positions(
    client: &Object,
    book: &Book,
    partitions: &[i32],
) -> Result<Vec<Position>, StoreError> {
    let rows = client.query(POSITIONS, &[&book.cluster_id, &book.topic, &partitions]).await?;
    rows.iter().map(position).collect()
}

/// Remembers a decided record as the one to look for.
pub(super) async fn set_anchor(client: &Object, book: &Book, anchor: &Last) -> Result<(), StoreError> {
    let Last { partition, offset, mark } = anchor;
    let parameters: [&(dyn ToSql + Sync); 6] =
        [&book.cluster_id, &book.topic, partition, offset, &mark.digest, &mark.timestamp_ms];
    client.execute(SET_ANCHOR, &parameters).await?;
    Ok(())
}

fn position(row: &Row) -> Result<Position, StoreError> {
    let (partition, next): (i32, i64) = (row.try_get(0)?, row.try_get(1)?);
    let (digest, timestamp_ms): (Option<Vec<u8>>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
    // Offsets without a record are booked with the record behind them, so the last one is a record.
    let last = digest.map(|digest| Last { partition, offset: next - 1, mark: Mark { digest, timestamp_ms } });
    let (offset, digest, timestamp_ms): (Option<i64>, Option<Vec<u8>>, Option<i64>) =
        (row.try_get(4)?, row.try_get(5)?, row.try_get(6)?);
    let anchor = offset.zip(digest).map(|(offset, digest)| Last {
        partition,
        offset,
        mark: Mark { digest, timestamp_ms },
    });
    Ok(Position { partition, next, last, anchor })
}

/// Locks the books of a batch and makes sure that they are where the batch begins.
pub(super) async fn hold(
    transaction: &Transaction<'_>,
    book: &Book,
    spans: &[Span],
) -> Result<Held, StoreError> {
    let partitions: Vec<i32> = spans.iter().map(|span| span.partition).collect();
    let statement = transaction.prepare_cached(HOLD).await?;
    let rows = transaction.query(&statement, &[&book.cluster_id, &book.topic, &partitions]).await?;
    let mut held = Vec::with_capacity(rows.len());
    for row in &rows {
        held.push((row.try_get::<_, i32>(0)?, row.try_get::<_, i64>(1)?));
    }
    match (elsewhere(&held, spans), rows.first()) {
        (elsewhere, Some(row)) if elsewhere.is_empty() => {
            Ok(Held { tx: row.try_get(2)?, keys_are_unique: row.try_get(3)? })
        }
        (elsewhere, _) => Err(StoreError::Fenced(elsewhere)),
    }
}

/// The partitions whose books are not where the batch begins; `held` is their `next_offset`s.
pub(crate) fn elsewhere(held: &[(i32, i64)], spans: &[Span]) -> Vec<i32> {
    let misses = spans.iter().filter(|span| !held.contains(&(span.partition, span.expected)));
    misses.map(|span| span.partition).collect()
}

/// How many records of a span were stored, duplicates and dead-lettered, in this order.
pub(crate) fn tally(span: &Span, records: &[&Record], outcomes: &[Outcome]) -> [i64; 3] {
    [Outcome::Stored, Outcome::Duplicate, Outcome::DeadLettered].map(|outcome| {
        let decided = records.iter().zip(outcomes);
        let count = decided.filter(|(r, o)| r.partition == span.partition && **o == outcome).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    })
}

/// Writes into the books what became of each record.
pub(super) async fn advance(
    transaction: &Transaction<'_>,
    book: &Book,
    spans: &[Span],
    records: &[&Record],
    outcomes: &[Outcome],
) -> Result<(), StoreError> {
    let mut digests = Vec::with_capacity(spans.len());
    let mut timestamps = Vec::with_capacity(spans.len());
    let mut counts = [Vec::new(), Vec::new(), Vec::new()];
    for span in spans {
        let last = records.iter().rfind(|record| record.partition == span.partition);
        digests.push(last.map(|record| record.raw.digest().to_vec()));
        timestamps.push(last.and_then(|record| record.timestamp_ms));
        for (counts, count) in counts.iter_mut().zip(tally(span, records, outcomes)) {
            counts.push(count);
        }
    }
    let [stored, duplicate, dead_lettered] = counts;
    let partitions: Vec<i32> = spans.iter().map(|span| span.partition).collect();
    let expected: Vec<i64> = spans.iter().map(|span| span.expected).collect();
    let next: Vec<i64> = spans.iter().map(|span| span.next).collect();
    let gaps: Vec<i64> = spans.iter().map(|span| span.gaps).collect();
    let statement = transaction.prepare_cached(ADVANCE).await?;
    let advanced = transaction
        .execute(
            &statement,
            &[
                &book.cluster_id,
                &book.topic,
                &partitions,
                &expected,
                &next,
                &stored,
                &duplicate,
                &dead_lettered,
                &gaps,
                &digests,
                &timestamps,
            ],
        )
        .await?;
    // The rows are locked since `hold`, so this only fails if that guard was taken away.
    if usize::try_from(advanced) == Ok(spans.len()) { Ok(()) } else { Err(StoreError::Fenced(partitions)) }
}
