//! The ledger's statements: open a partition's books, hold them, and write what a batch decided.

use deadpool_postgres::{Object, Transaction};

use super::{Book, StoreError};
use crate::batch::Span;
use crate::instruments::Outcome;
use crate::record::Record;

const OPEN: &str = "
INSERT INTO farol.ledger (cluster_id, topic, partition, start_offset, next_offset)
SELECT $1, $2, p, o, o FROM unnest($3::int[], $4::bigint[]) AS log_start (p, o)
ON CONFLICT DO NOTHING";

const POSITIONS: &str = "
SELECT partition, next_offset FROM farol.ledger
WHERE cluster_id = $1 AND topic = $2 AND partition = ANY ($3)";

/// Takes the rows' locks in the order of partitions, before anything else of a batch is written.
const HOLD: &str = "
SELECT partition, next_offset FROM farol.ledger
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
) -> Result<Vec<(i32, i64)>, StoreError> {
    let (partitions, offsets): (Vec<i32>, Vec<i64>) = log_starts.iter().copied().unzip();
    client.execute(OPEN, &[&book.cluster_id, &book.topic, &partitions, &offsets]).await?;
    let rows = client.query(POSITIONS, &[&book.cluster_id, &book.topic, &partitions]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Locks the books of a batch and makes sure that they are where the batch begins.
pub(super) async fn hold(
    transaction: &Transaction<'_>,
    book: &Book,
    spans: &[Span],
) -> Result<(), StoreError> {
    let partitions: Vec<i32> = spans.iter().map(|span| span.partition).collect();
    let statement = transaction.prepare_cached(HOLD).await?;
    let rows = transaction.query(&statement, &[&book.cluster_id, &book.topic, &partitions]).await?;
    let mut held = Vec::with_capacity(rows.len());
    for row in &rows {
        held.push((row.try_get::<_, i32>(0)?, row.try_get::<_, i64>(1)?));
    }
    let elsewhere: Vec<i32> = spans
        .iter()
        .filter(|span| !held.contains(&(span.partition, span.expected)))
        .map(|span| span.partition)
        .collect();
    if elsewhere.is_empty() { Ok(()) } else { Err(StoreError::Fenced(elsewhere)) }
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
        let of_span =
            || records.iter().zip(outcomes).filter(|(record, _)| record.partition == span.partition);
        let last = of_span().next_back().map(|(record, _)| record);
        digests.push(last.map(|record| record.raw.digest().to_vec()));
        timestamps.push(last.and_then(|record| record.timestamp_ms));
        for (counts, outcome) in
            counts.iter_mut().zip([Outcome::Stored, Outcome::Duplicate, Outcome::DeadLettered])
        {
            let count = of_span().filter(|(_, o)| **o == outcome).count();
            counts.push(i64::try_from(count).unwrap_or(i64::MAX));
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
