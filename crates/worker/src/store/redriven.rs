//! Records that were made of a dead letter: they resolve it, or fail once more, in the same
//! transaction as the row. What a record says of itself is believed only where it is true.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use event::DIGEST_VERSION;

use super::StoreError;
use super::dead_letters::Letter;
use super::events::Decided;
use crate::instruments::{self, Outcome, Redriven};
use crate::record::{Identified, Record};

/// The letters that records name, held until the end of the transaction. A letter is a record's own
/// only if it is of the same event with the same content: whoever forges a letter's number could at
/// most store what the letter holds. (A digest of another version says nothing.)
const HOLD: &str = "
SELECT said.n, letter.letter_id
FROM unnest($1::int[], $2::bigint[], $3::uuid[], $4::bytea[]) AS said (n, letter_id, event_key, digest)
JOIN farol.dead_letters AS letter USING (letter_id)
WHERE letter.state <> 'resolved' AND letter.event_key = said.event_key
  AND (letter.digest_version <> $5 OR letter.digest = said.digest)
ORDER BY letter.letter_id FOR UPDATE OF letter";

/// What somebody quarantined stays so.
const FAIL: &str = "
UPDATE farol.dead_letters
SET redrives = redrives + 1, state = CASE state WHEN 'quarantined' THEN state ELSE 'open' END,
    cause = $2, sqlstate = $3, message = $4, updated_at = now()
WHERE letter_id = $1";

/// From whatever state: there is a row with its content, which is all a letter waits for. It may still be
/// open, when its sender died before it wrote down what Kafka had acknowledged.
const RESOLVE: &str = "
UPDATE farol.dead_letters SET state = 'resolved', redrives = redrives + 1, updated_at = now()
WHERE letter_id = ANY ($1) AND state <> 'resolved'";

/// What the redriven records of a batch did.
pub(super) struct Decisions {
    /// The letter of each record, by the record's place in the batch.
    own: HashMap<usize, i64>,
    resolved: u64,
    failed: u64,
    ignored: u64,
}

/// Resolves the letters whose record is a row or a duplicate of one, and opens again those whose
/// record failed.
pub(super) async fn decide(
    transaction: &Transaction<'_>,
    records: &[&Record],
    decided: &Decided,
) -> Result<Decisions, StoreError> {
    let (named, own) = hold(transaction, records).await?;
    let mut failed = 0;
    for letter in &decided.letters {
        if let Some(letter_id) = own.get(&letter.n) {
            fail(transaction, *letter_id, letter).await?;
            failed += 1;
        }
    }
    let became_rows = own.iter().filter(|(n, _)| decided.outcomes[**n] != Outcome::DeadLettered);
    let became_rows: Vec<i64> = became_rows.map(|(_, letter_id)| *letter_id).collect();
    let resolved = resolve(transaction, &became_rows).await?;
    let ignored = u64::try_from(named - own.len()).unwrap_or_default();
    Ok(Decisions { own, resolved, failed, ignored })
}

/// How many records name a letter, and the letters of those that name their own.
async fn hold(
    transaction: &Transaction<'_>,
    records: &[&Record],
) -> Result<(usize, HashMap<usize, i64>), StoreError> {
    let mut named = 0;
    let (mut places, mut letter_ids, mut keys, mut digests) = (vec![], vec![], vec![], vec![]);
    for (n, record) in records.iter().enumerate() {
        let Some(letter_id) = record.dead_letter_id else { continue };
        named += 1;
        let Ok(Identified { key, digest, .. }) = &record.content else { continue };
        places.push(i32::try_from(n).unwrap_or(i32::MAX));
        letter_ids.push(letter_id);
        keys.push(key.as_uuid());
        digests.push(digest.as_bytes().as_slice());
    }
    let mut own = HashMap::new();
    if places.is_empty() {
        return Ok((named, own));
    }
    let statement = transaction.prepare_cached(HOLD).await?;
    let rows =
        transaction.query(&statement, &[&places, &letter_ids, &keys, &digests, &DIGEST_VERSION]).await?;
    for row in &rows {
        own.insert(usize::try_from(row.try_get::<_, i32>(0)?).unwrap_or_default(), row.try_get(1)?);
    }
    Ok((named, own))
}

async fn fail(transaction: &Transaction<'_>, letter_id: i64, letter: &Letter) -> Result<(), StoreError> {
    let statement = transaction.prepare_cached(FAIL).await?;
    let (cause, message) = (letter.cause.name(), letter.bounded_message());
    transaction.execute(&statement, &[&letter_id, &cause, &letter.sqlstate, &message]).await?;
    Ok(())
}

async fn resolve(transaction: &Transaction<'_>, letter_ids: &[i64]) -> Result<u64, StoreError> {
    if letter_ids.is_empty() {
        return Ok(0);
    }
    let statement = transaction.prepare_cached(RESOLVE).await?;
    Ok(transaction.execute(&statement, &[&letter_ids]).await?)
}

impl Decisions {
    /// The letters to be written: a record that failed again has its letter already.
    pub(super) fn without_their_own<'l>(&self, letters: &'l [Letter]) -> Vec<&'l Letter> {
        letters.iter().filter(|letter| !self.own.contains_key(&letter.n)).collect()
    }

    /// Counts them, once they are committed.
    pub(super) fn count(&self) {
        instruments::redriven(Redriven::Resolved, self.resolved);
        instruments::redriven(Redriven::Failed, self.failed);
        instruments::redriven(Redriven::Ignored, self.ignored);
    }
}
