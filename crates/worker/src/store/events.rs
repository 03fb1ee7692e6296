//! The rows' statements: keys first, then the rows whose key was fresh; what is left over is a
//! duplicate or a conflict. Rows that PostgreSQL cannot hold are found by bisection.

use std::collections::HashSet;

use bytes::Bytes;
use deadpool_postgres::Transaction;
use event::{DIGEST_VERSION, Event, EventKey};
use futures::SinkExt as _;

use super::dead_letters::Letter;
use super::rows::{self, Rows};
use super::{Book, StoreError};
use crate::failure::Class;
use crate::instruments::Outcome;
use crate::record::Record;

/// In the order of the arrays, which is the keys': neighbours in the index are written together, and two workers that
/// insert the same keys wait for each other in one order. One answer for all, since a row for each costs both sides more.
const INSERT_KEYS: &str = "
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

/// So much goes to PostgreSQL at a time: it reads rows while the next are written down.
const CHUNK_BYTES: usize = 256 << 10;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// All at once: one that PostgreSQL refuses costs the transaction.
    Bold,
    /// So that those it refuses are found.
    Bisecting,
}

/// What became of each record of a batch.
pub(crate) struct Decided {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) letters: Vec<Letter>,
}

impl Decided {
    /// The record's key was fresh: it has the row.
    pub(crate) fn fresh(&mut self, n: i32) {
        self.outcomes[index(n)] = Outcome::Stored;
    }

    /// The record's key was there: same content is a duplicate, other content a conflict.
    pub(crate) fn known(&mut self, n: i32, same_content: bool) {
        match same_content {
            true => self.outcomes[index(n)] = Outcome::Duplicate,
            false => self.letters.push(Letter::conflict(index(n))),
        }
    }
}

/// An event on its way into a row; `n` is its place in the batch.
pub(crate) struct Candidate<'r> {
    pub(crate) n: i32,
    pub(crate) key: EventKey,
    pub(crate) digest: Vec<u8>,
    pub(super) event: &'r Event,
    pub(crate) record: &'r Record,
}

/// The transaction that rows are written in.
pub(super) struct Writing<'t, 'c> {
    pub(super) transaction: &'t mut Transaction<'c>,
    pub(super) book: &'t Book,
    /// Its number; with its place in the batch it says where a row is.
    pub(super) tx: i64,
    pub(super) care: Care,
}

/// Writes every event of the batch that has no row yet, and decides all records.
pub(super) async fn store(mut writing: Writing<'_, '_>, records: &[&Record]) -> Result<Decided, StoreError> {
    let (mut pending, mut decided) = candidates(records);
    while !pending.is_empty() {
        let (firsts, repeated) = split_repeated(pending);
        let known = match writing.care {
            Care::Bold => writing.insert(firsts, &mut decided).await?,
            Care::Bisecting => writing.bisect(firsts, &mut decided).await?,
        };
        if !compare(writing.transaction, known, &mut decided).await?.is_empty() {
            return Err(StoreError::KeyExpired);
        }
        // A repetition finds the row of its first; where that was refused, it gets its own try.
        pending = compare(writing.transaction, repeated, &mut decided).await?;
    }
    Ok(decided)
}

/// The records that hold an event; all others are dead letters, as is whatever gets no row.
pub(crate) fn candidates<'r>(records: &[&'r Record]) -> (Vec<Candidate<'r>>, Decided) {
    let mut decided = Decided { outcomes: vec![Outcome::DeadLettered; records.len()], letters: Vec::new() };
    let mut candidates = Vec::with_capacity(records.len());
    for (n, record) in records.iter().enumerate() {
        match &record.content {
            Ok(event) => candidates.push(Candidate {
                n: i32::try_from(n).unwrap_or(i32::MAX),
                key: event.key(),
                digest: event.digest().as_bytes().to_vec(),
                event,
                record,
            }),
            Err(refusal) => decided.letters.push(Letter::undecodable(n, refusal.to_string())),
        }
    }
    (candidates, decided)
}

/// The first candidate of each key, and those that repeat a key within the batch.
pub(crate) fn split_repeated(candidates: Vec<Candidate<'_>>) -> (Vec<Candidate<'_>>, Vec<Candidate<'_>>) {
    let mut seen = HashSet::with_capacity(candidates.len());
    candidates.into_iter().partition(|candidate| seen.insert(candidate.key))
}

impl Writing<'_, '_> {
    /// Inserts candidates; answers with those whose key was there.
    async fn insert<'r>(
        &self,
        candidates: Vec<Candidate<'r>>,
        decided: &mut Decided,
    ) -> Result<Vec<Candidate<'r>>, StoreError> {
        let fresh = insert_group(self.transaction, self.book, self.tx, &candidates).await?;
        Ok(settle(candidates, &fresh, decided))
    }

    /// Inserts candidates, halving a group that PostgreSQL refuses until the bad rows stand alone:
    /// n rows with k bad ones cost O(k log n) statements. Answers with those whose key was there.
    async fn bisect<'r>(
        &mut self,
        candidates: Vec<Candidate<'r>>,
        decided: &mut Decided,
    ) -> Result<Vec<Candidate<'r>>, StoreError> {
        let mut known = Vec::new();
        let mut groups = vec![candidates];
        while let Some(mut group) = groups.pop() {
            let savepoint = self.transaction.savepoint("rows").await?;
            match insert_group(&savepoint, self.book, self.tx, &group).await {
                Ok(fresh) => {
                    savepoint.commit().await?;
                    known.extend(settle(group, &fresh, decided));
                }
                Err(StoreError::RowRefused(error)) => {
                    savepoint.rollback().await?;
                    if group.len() == 1 {
                        decided.letters.push(Letter::unstorable(index(group[0].n), &error));
                    } else {
                        let second = group.split_off(group.len() / 2);
                        groups.extend([second, group]);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(known)
    }
}

/// Decides the fresh ones; answers with the others.
fn settle<'r>(group: Vec<Candidate<'r>>, fresh: &HashSet<i32>, decided: &mut Decided) -> Vec<Candidate<'r>> {
    let (stored, known): (Vec<_>, Vec<_>) = group.into_iter().partition(|c| fresh.contains(&c.n));
    stored.iter().for_each(|candidate| decided.fresh(candidate.n));
    known
}

/// Keys, then the rows of the fresh ones; answers with the places of the rows written.
async fn insert_group(
    transaction: &Transaction<'_>,
    book: &Book,
    tx: i64,
    group: &[Candidate<'_>],
) -> Result<HashSet<i32>, StoreError> {
    match insert_keys_and_rows(transaction, book, tx, group).await {
        Err(StoreError::Postgres(error)) if Class::of(&error) == Class::Data => {
            Err(StoreError::RowRefused(error))
        }
        done => done,
    }
}

async fn insert_keys_and_rows(
    transaction: &Transaction<'_>,
    book: &Book,
    tx: i64,
    group: &[Candidate<'_>],
) -> Result<HashSet<i32>, StoreError> {
    let mut by_key: Vec<&Candidate<'_>> = group.iter().collect();
    by_key.sort_unstable_by_key(|candidate| candidate.key.as_uuid());
    let (keys, digests, places) = identities(by_key);
    let statement = transaction.prepare_cached(INSERT_KEYS).await?;
    let row = transaction.query_one(&statement, &[&keys, &digests, &places, &DIGEST_VERSION, &tx]).await?;
    let fresh: HashSet<i32> = row.try_get::<_, Vec<i32>>(0)?.into_iter().collect();
    if !fresh.is_empty() {
        let candidates = group.iter().filter(|candidate| fresh.contains(&candidate.n));
        copy_rows(transaction, Rows::new(book, tx), candidates).await?;
    }
    Ok(fresh)
}

/// No ON CONFLICT: the keys have decided.
async fn copy_rows<'c, 'r: 'c>(
    transaction: &Transaction<'_>,
    mut rows: Rows<'_>,
    candidates: impl Iterator<Item = &'c Candidate<'r>>,
) -> Result<(), StoreError> {
    let statement = transaction.prepare_cached(rows::COPY).await?;
    let copying = transaction.copy_in::<_, Bytes>(&statement).await?;
    let mut copying = std::pin::pin!(copying);
    for candidate in candidates {
        rows.push(candidate);
        if rows.len() >= CHUNK_BYTES {
            copying.feed(rows.take()).await?;
        }
    }
    copying.feed(rows.end()).await?;
    copying.finish().await?;
    Ok(())
}

/// Decides candidates by the key that is there: same content is a duplicate, other content a
/// conflict. Answers with those that have no key.
async fn compare<'r>(
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

type Identities<'c> = (Vec<uuid::Uuid>, Vec<&'c [u8]>, Vec<i32>);

fn identities<'c, 'r: 'c>(candidates: impl IntoIterator<Item = &'c Candidate<'r>>) -> Identities<'c> {
    let mut identities = Identities::default();
    for candidate in candidates {
        identities.0.push(candidate.key.as_uuid());
        identities.1.push(&candidate.digest);
        identities.2.push(candidate.n);
    }
    identities
}

fn index(n: i32) -> usize {
    usize::try_from(n).unwrap_or_default()
}
