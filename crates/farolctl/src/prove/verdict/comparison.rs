//! The comparison: what was acknowledged against what is there. Knows no server.

use std::collections::{HashMap, HashSet};

use super::Verdict;
use crate::prove::facts::{Facts, Letter, Stored};
use crate::prove::journal::{Entry, Identity};

type Position = (i32, i64);
type Event = (String, String);

/// Compares a journal with what is there.
pub(crate) fn compare(journal: &[Entry], facts: &Facts) -> Verdict {
    let found = Found::of(facts);
    let mut verdict = Verdict::default();
    acknowledged(journal, &found, &mut verdict);
    positions(journal, &found, &mut verdict);
    uniqueness(facts, &found, &mut verdict);
    books(facts, &mut verdict);
    exercised(journal, facts, &mut verdict);
    verdict
}

/// The facts by the questions that are asked of them.
struct Found<'a> {
    row_at: HashMap<Position, &'a Stored>,
    rows_of: HashMap<Event, Vec<&'a Stored>>,
    letter_at: HashMap<Position, &'a Letter>,
    letters_of: HashMap<Event, Vec<&'a Letter>>,
    decided: HashMap<i32, i64>,
}

impl<'a> Found<'a> {
    fn of(facts: &'a Facts) -> Self {
        let mut found = Self {
            row_at: facts.rows.iter().map(|row| ((row.partition, row.offset), row)).collect(),
            rows_of: HashMap::new(),
            letter_at: facts
                .letters
                .iter()
                .map(|letter| ((letter.partition, letter.offset), letter))
                .collect(),
            letters_of: HashMap::new(),
            decided: facts.accounts.iter().map(|account| (account.partition, account.next_offset)).collect(),
        };
        for row in &facts.rows {
            found.rows_of.entry(event(&row.identity)).or_default().push(row);
        }
        for letter in &facts.letters {
            if let Some(event) = &letter.event {
                found.letters_of.entry(event.clone()).or_default().push(letter);
            }
        }
        found
    }

    fn is_lost(&self, event: &Event) -> bool {
        !self.rows_of.contains_key(event) && !self.letters_of.contains_key(event)
    }
}

fn event(identity: &Identity) -> Event {
    (identity.source.clone(), identity.id.clone())
}

/// Each acknowledged event has a row, or else a letter.
fn acknowledged(journal: &[Entry], found: &Found<'_>, verdict: &mut Verdict) {
    let events: HashSet<Event> = journal.iter().filter_map(|entry| entry.event.as_ref().map(event)).collect();
    for event in &events {
        verdict.acknowledged += 1;
        if found.rows_of.contains_key(event) {
            verdict.stored += 1;
        } else if !found.is_lost(event) {
            verdict.dead_lettered += 1;
        } else {
            verdict.lost.add(format!("{} {} has neither row nor letter", event.0, event.1));
        }
    }
    let poison: HashSet<Position> =
        journal.iter().filter(|entry| entry.event.is_none()).map(position).collect();
    for position in &poison {
        verdict.acknowledged += 1;
        match found.letter_at.get(position) {
            Some(_) => verdict.dead_lettered += 1,
            None => verdict.lost.add(format!("poison at {position:?} has no letter")),
        }
    }
}

fn position(entry: &Entry) -> Position {
    (entry.partition, entry.offset)
}

/// Each acknowledged record is the row, the letter or a duplicate that the journal says it is.
fn positions(journal: &[Entry], found: &Found<'_>, verdict: &mut Verdict) {
    for entry in journal {
        let Some(identity) = &entry.event else { continue };
        if found.is_lost(&event(identity)) {
            continue; // and counted as such
        }
        let place = position(entry);
        let named = || format!("{} {} at {place:?}", identity.source, identity.id);
        if found.decided.get(&place.0).is_none_or(|decided| place.1 >= *decided) || place.1 < 0 {
            verdict.lost.add(format!("{} is not in the ledger", named()));
        } else if let Some(row) = found.row_at.get(&place) {
            if row.identity != *identity {
                verdict.lost.add(format!(
                    "{} is the row of {} {}",
                    named(),
                    row.identity.source,
                    row.identity.id
                ));
            }
        } else if let Some(letter) = found.letter_at.get(&place) {
            if letter.event.as_ref() != Some(&event(identity)) {
                verdict.lost.add(format!("{} is the letter of {:?}", named(), letter.event));
            }
        } else if !found
            .rows_of
            .get(&event(identity))
            .is_some_and(|rows| rows.iter().any(|row| row.identity == *identity))
        {
            // booked as a duplicate, so a row must hold the very same content
            verdict.lost.add(format!("{} has no row with its content, and no letter", named()));
        }
    }
}

/// One row an event, and no row beside a letter that says it could not be stored.
fn uniqueness(facts: &Facts, found: &Found<'_>, verdict: &mut Verdict) {
    for (event, rows) in &found.rows_of {
        if rows.len() > 1 {
            verdict.duplicated.add(format!("{} {} has {} rows", event.0, event.1, rows.len()));
        }
        for letter in found.letters_of.get(event).into_iter().flatten() {
            if letter.state == "open" && letter.cause != "conflict" {
                verdict
                    .duplicated
                    .add(format!("{} {} has a row and an open letter: {}", event.0, event.1, letter.cause));
            }
        }
    }
    let mut places = HashSet::new();
    for place in facts.rows.iter().map(|row| (row.partition, row.offset)) {
        if !places.insert(place) {
            verdict.duplicated.add(format!("{place:?} is more than one row"));
        }
        if found.letter_at.contains_key(&place) {
            verdict.duplicated.add(format!("{place:?} is a row and a letter"));
        }
    }
}

/// Each partition's account says what is there, up to the end of the topic.
fn books(facts: &Facts, verdict: &mut Verdict) {
    for (partition, end) in &facts.ends {
        let accounts: Vec<_> =
            facts.accounts.iter().filter(|account| account.partition == *partition).collect();
        let [account] = accounts[..] else {
            if *end > 0 || accounts.len() > 1 {
                verdict
                    .misbooked
                    .add(format!("partition {partition} has {} accounts and ends at {end}", accounts.len()));
            }
            continue;
        };
        let rows = count(facts.rows.iter().map(|row| row.partition), *partition);
        let letters = count(facts.letters.iter().map(|letter| letter.partition), *partition);
        if account.counts.stored != rows {
            let booked = account.counts.stored;
            verdict.duplicated.add(format!("partition {partition}: {booked} booked as stored, {rows} rows"));
        }
        if account.counts.dead_lettered != letters {
            let booked = account.counts.dead_lettered;
            verdict
                .misbooked
                .add(format!("partition {partition}: {booked} booked as letters, {letters} letters"));
        }
        if account.next_offset != *end {
            let next = account.next_offset;
            verdict.misbooked.add(format!("partition {partition} ends at {end}, its ledger is at {next}"));
        }
        if !account.is_balanced() || account.counts.gaps != 0 || account.start_offset != 0 {
            verdict.misbooked.add(format!("partition {partition} does not add up: {account:?}"));
        }
    }
}

fn count(partitions: impl Iterator<Item = i32>, partition: i32) -> i64 {
    i64::try_from(partitions.filter(|found| *found == partition).count()).unwrap_or(i64::MAX)
}

fn exercised(journal: &[Entry], facts: &Facts, verdict: &mut Verdict) {
    let told: HashSet<Event> = journal.iter().filter_map(|entry| entry.event.as_ref().map(event)).collect();
    let untold = facts.rows.iter().filter(|row| !told.contains(&event(&row.identity)));
    verdict.unacknowledged_rows = untold.count() as u64;
    verdict.duplicate_records = facts.accounts.iter().map(|account| account.counts.duplicate).sum();
    for letter in &facts.letters {
        *verdict.letters.entry(letter.cause.clone()).or_default() += 1;
    }
}
