//! The rows' statements: keys first, then the rows whose key was fresh; what is left over is a
//! duplicate or a conflict. Rows that PostgreSQL cannot hold are found by bisection.

use std::collections::HashSet;

use deadpool_postgres::Transaction;
use event::{Digest, EventKey};

use super::dead_letters::Letter;
use super::rows::{self, Row};
use super::{Book, StoreError, keys};
use crate::failure::Class;
use crate::instruments::Outcome;
use crate::record::{Identified, Record};

/// How rows are written, the cheapest way first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Care {
    /// Every key is presumed to be new: one that is there costs the transaction.
    Presuming,
    /// Keys that are there are found; a row that PostgreSQL refuses costs the transaction.
    Asking,
    /// Rows that it refuses are found, too.
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
    pub(crate) digest: Digest,
    pub(super) row: &'r Row,
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
            Care::Presuming => writing.claim(firsts, &mut decided).await?,
            Care::Asking => writing.insert(firsts, &mut decided).await?,
            Care::Bisecting => writing.bisect(firsts, &mut decided).await?,
        };
        if !keys::compare(writing.transaction, known, &mut decided).await?.is_empty() {
            return Err(StoreError::KeyExpired);
        }
        // A repetition finds the row of its first; where that was refused, it gets its own try.
        pending = keys::compare(writing.transaction, repeated, &mut decided).await?;
    }
    Ok(decided)
}

/// The records that hold an event; all others are dead letters, as is whatever gets no row.
pub(crate) fn candidates<'r>(records: &[&'r Record]) -> (Vec<Candidate<'r>>, Decided) {
    let mut decided = Decided { outcomes: vec![Outcome::DeadLettered; records.len()], letters: Vec::new() };
    let mut candidates = Vec::with_capacity(records.len());
    for (n, record) in records.iter().enumerate() {
        match &record.content {
            Ok(Identified { key, digest, row, .. }) => {
                let n = i32::try_from(n).unwrap_or(i32::MAX);
                candidates.push(Candidate { n, key: *key, digest: *digest, row });
            }
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
    /// Inserts candidates of which none has a key yet, so none is left.
    async fn claim<'r>(
        &self,
        candidates: Vec<Candidate<'r>>,
        decided: &mut Decided,
    ) -> Result<Vec<Candidate<'r>>, StoreError> {
        keys::claim(self.transaction, self.tx, &candidates).await?;
        let rows = rows::insert(self.transaction, self.book, self.tx, candidates.iter()).await;
        rows.map_err(blaming_the_row)?;
        candidates.iter().for_each(|candidate| decided.fresh(candidate.n));
        Ok(Vec::new())
    }

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
    let fresh = keys::insert(transaction, tx, group).await.map_err(blaming_the_row)?;
    if !fresh.is_empty() {
        let candidates = group.iter().filter(|candidate| fresh.contains(&candidate.n));
        rows::insert(transaction, book, tx, candidates).await.map_err(blaming_the_row)?;
    }
    Ok(fresh)
}

/// What statements that hold rows are refused for may be one of the rows.
fn blaming_the_row(error: StoreError) -> StoreError {
    match error {
        StoreError::Postgres(error) if Class::of(&error) == Class::Data => StoreError::RowRefused(error),
        other => other,
    }
}

fn index(n: i32) -> usize {
    usize::try_from(n).unwrap_or_default()
}
