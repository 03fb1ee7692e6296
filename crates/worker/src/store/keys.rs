//! The table of keys: it decides which events get a row, and says what the others are.

use std::collections::HashSet;

use deadpool_postgres::Transaction;
use event::DIGEST_VERSION;
use tokio_postgres::error::SqlState;

use super::StoreError;
use super::copy::copy;
use super::events::{Candidate, Decided};

/// Columns in the order in which [`claim`] writes them.
const COPY: &str = "COPY farol.event_keys (tx, key, digest, n, digest_version) FROM STDIN (FORMAT binary)";
const COLUMNS: i16 = 5;

/// One answer for all, since a row for each costs both sides more.
const INSERT: &str = "
WITH fresh AS (
    INSERT INTO farol.event_keys (tx, key, digest, n, digest_version)
    SELECT $5, key, digest, n, $4 FROM unnest($1::uuid[], $2::bytea[], $3::int[]) AS batch (key, digest, n)
    ON CONFLICT (key) DO NOTHING RETURNING n
)
SELECT coalesce(array_agg(n), '{}') FROM fresh";

const COMPARE: &str = "
SELECT batch.n, k.digest = batch.digest
FROM unnest($1::uuid[], $2::bytea[], $3::int[]) AS batch (key, digest, n)
JOIN farol.event_keys AS k USING (key)";

/// Writes keys of which none is there yet; costs PostgreSQL half of what [`insert`] does. One that is there is an error.
pub(super) async fn claim(
    transaction: &Transaction<'_>,
    tx: i64,
    candidates: &[Candidate<'_>],
) -> Result<(), StoreError> {
    let written = copy(transaction, COPY, COLUMNS, sorted(candidates).into_iter(), |key, candidate| {
        key.value(&tx.to_be_bytes());
        key.value(candidate.key.as_uuid().as_bytes());
        key.value(candidate.digest.as_bytes());
        key.value(&candidate.n.to_be_bytes());
        key.value(&DIGEST_VERSION.to_be_bytes());
    });
    match written.await {
        Err(StoreError::Postgres(error)) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(StoreError::KeyKnown(error))
        }
        done => done,
    }
}

/// Writes the keys that are not there yet; answers with their places.
pub(super) async fn insert(
    transaction: &Transaction<'_>,
    tx: i64,
    candidates: &[Candidate<'_>],
) -> Result<HashSet<i32>, StoreError> {
    let (keys, digests, places) = identities(sorted(candidates));
    let statement = transaction.prepare_cached(INSERT).await?;
    let row = transaction.query_one(&statement, &[&keys, &digests, &places, &DIGEST_VERSION, &tx]).await?;
    Ok(row.try_get::<_, Vec<i32>>(0)?.into_iter().collect())
}

/// Decides candidates by the key that is there: same content is a duplicate, other content a
/// conflict. Answers with those that have no key.
pub(super) async fn compare<'r>(
    transaction: &Transaction<'_>,
    mut candidates: Vec<Candidate<'r>>,
    decided: &mut Decided,
) -> Result<Vec<Candidate<'r>>, StoreError> {
    if candidates.is_empty() {
        return Ok(candidates);
    }
    let (keys, digests, places) = identities(&candidates);
    let statement = transaction.prepare_cached(COMPARE).await?;
    let rows = transaction.query(&statement, &[&keys, &digests, &places]).await?;
    let mut found = HashSet::with_capacity(rows.len());
    for row in &rows {
        let n: i32 = row.try_get(0)?;
        found.insert(n);
        decided.known(n, row.try_get(1)?);
    }
    candidates.retain(|candidate| !found.contains(&candidate.n));
    Ok(candidates)
}

/// In the order of the index: neighbours in it are written together, and two workers that insert the same keys wait for each
/// other in one order.
fn sorted<'c, 'r>(candidates: &'c [Candidate<'r>]) -> Vec<&'c Candidate<'r>> {
    let mut sorted: Vec<_> = candidates.iter().collect();
    sorted.sort_unstable_by_key(|candidate| candidate.key.as_uuid());
    sorted
}

type Identities<'c> = (Vec<uuid::Uuid>, Vec<&'c [u8]>, Vec<i32>);

fn identities<'c, 'r: 'c>(candidates: impl IntoIterator<Item = &'c Candidate<'r>>) -> Identities<'c> {
    let mut identities = Identities::default();
    for candidate in candidates {
        identities.0.push(candidate.key.as_uuid());
        identities.1.push(candidate.digest.as_bytes());
        identities.2.push(candidate.n);
    }
    identities
}
