//! The comparison: what was acknowledged against what is there. Knows no server; every violation has a name.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::{
    facts::{Facts, Letter, Stored},
    journal::{Entry, Identity},
};
use crate::output::Report;

/// Of each kind of violation so many are told one by one.
const TOLD: usize = 10;

type Position = (i32, i64);
type Event = (String, String);

/// What a comparison found.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict {
    /// Events and records of poison that somebody was told are kept.
    pub(crate) acknowledged: u64,
    /// Those that have a row.
    pub(crate) stored: u64,
    /// Those that have a dead letter and no row.
    pub(crate) dead_lettered: u64,
    /// Acknowledged, with neither row nor letter; or acknowledged as a record that is none of the two, nor
    /// a duplicate.
    pub(crate) lost: Violations,
    /// Stored, or booked as stored, more than once.
    pub(crate) duplicated: Violations,
    /// Books that do not say what is there.
    pub(crate) misbooked: Violations,
    /// Rows that nobody was told of: the client gave up before it heard.
    pub(crate) unacknowledged_rows: u64,
    /// Records that the ledger calls duplicates, and letters by cause: what the run has exercised.
    pub(crate) duplicate_records: i64,
    pub(crate) letters: BTreeMap<String, u64>,
}

/// How many, and the first of them.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Violations {
    pub(crate) count: u64,
    pub(crate) first: Vec<String>,
}

impl Violations {
    fn add(&mut self, what: String) {
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push(what);
        }
    }
}

impl Verdict {
    /// Whether the promise held.
    pub(crate) fn holds(&self) -> bool {
        self.lost.count + self.duplicated.count + self.misbooked.count == 0
    }
}

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

impl Report for Verdict {
    fn human(&self) -> String {
        let mut lines = Vec::new();
        for (name, violations) in
            [("lost", &self.lost), ("duplicated", &self.duplicated), ("misbooked", &self.misbooked)]
        {
            lines.extend(violations.first.iter().map(|what| format!("{name}: {what}")));
        }
        lines.push(format!(
            "acknowledged={} stored={} dead_lettered={} lost={} duplicated={} misbooked={}",
            self.acknowledged,
            self.stored,
            self.dead_lettered,
            self.lost.count,
            self.duplicated.count,
            self.misbooked.count
        ));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::{Account, Counts};

    fn identity(id: &str, digest: &str) -> Identity {
        Identity { source: "/s".to_owned(), id: id.to_owned(), digest: digest.to_owned() }
    }

    fn told(id: &str, digest: &str, offset: i64) -> Entry {
        Entry { event: Some(identity(id, digest)), partition: 0, offset, repeat: false, at: 0 }
    }

    fn row(id: &str, digest: &str, offset: i64) -> Stored {
        Stored { partition: 0, offset, identity: identity(id, digest) }
    }

    fn letter(id: Option<&str>, cause: &str, offset: i64) -> Letter {
        let event = id.map(|id| ("/s".to_owned(), id.to_owned()));
        Letter { partition: 0, offset, event, cause: cause.to_owned(), state: "open".to_owned() }
    }

    /// Five records: a row, its duplicate, a conflict with it, another row, poison.
    fn sound() -> (Vec<Entry>, Facts) {
        let poison = Entry { event: None, ..told("", "", 4) };
        let journal =
            vec![told("a", "1", 0), told("a", "1", 1), told("a", "2", 2), told("b", "3", 3), poison];
        let counts = Counts { stored: 2, duplicate: 1, dead_lettered: 2, gaps: 0 };
        let account = Account {
            cluster_id: "c".to_owned(),
            topic: "t".to_owned(),
            partition: 0,
            start_offset: 0,
            next_offset: 5,
            counts,
        };
        let rows = vec![row("a", "1", 0), row("b", "3", 3)];
        let letters = vec![letter(Some("a"), "conflict", 2), letter(None, "undecodable", 4)];
        (journal, Facts { rows, letters, accounts: vec![account], ends: vec![(0, 5)] })
    }

    fn verdict_after(change: impl FnOnce(&mut Vec<Entry>, &mut Facts)) -> Verdict {
        let (mut journal, mut facts) = sound();
        change(&mut journal, &mut facts);
        compare(&journal, &facts)
    }

    #[test]
    fn a_sound_run_holds_and_its_events_add_up() {
        let verdict = verdict_after(|_, _| {});
        assert!(verdict.holds(), "{}", verdict.human());
        assert_eq!((verdict.acknowledged, verdict.stored, verdict.dead_lettered), (3, 2, 1));
        assert_eq!((verdict.duplicate_records, verdict.unacknowledged_rows), (1, 0));
    }

    #[test]
    fn a_row_that_nobody_was_told_of_is_no_violation() {
        let verdict = verdict_after(|journal, _| journal.retain(|entry| entry.offset != 3));
        assert!(verdict.holds() && verdict.unacknowledged_rows == 1, "{}", verdict.human());
    }

    #[test]
    fn an_acknowledged_event_without_row_and_letter_is_lost() {
        let verdict = verdict_after(|_, facts| {
            facts.rows.pop();
            facts.accounts[0].counts.stored -= 1;
            facts.accounts[0].counts.duplicate += 1;
        });
        assert_eq!(verdict.lost.count, 1, "{}", verdict.human());
        assert_eq!((verdict.acknowledged, verdict.stored, verdict.dead_lettered), (3, 1, 1));
    }

    #[test]
    fn an_acknowledged_record_beyond_the_ledger_or_without_a_place_is_lost() {
        for offset in [5, 99, -1] {
            let verdict = verdict_after(|journal, _| journal.push(told("b", "3", offset)));
            assert_eq!(verdict.lost.count, 1, "{offset}");
        }
    }

    #[test]
    fn other_content_that_was_dropped_in_silence_is_lost() {
        let verdict = verdict_after(|_, facts| {
            facts.letters.remove(0);
            facts.accounts[0].counts.dead_lettered -= 1;
            facts.accounts[0].counts.duplicate += 1;
        });
        assert_eq!(verdict.lost.count, 1, "{}", verdict.human());
    }

    #[test]
    fn a_receipt_that_names_another_events_record_is_lost() {
        assert_eq!(verdict_after(|journal, _| journal.push(told("b", "3", 0))).lost.count, 1);
        assert_eq!(verdict_after(|journal, _| journal.push(told("b", "3", 2))).lost.count, 1);
    }

    #[test]
    fn poison_without_a_letter_is_lost() {
        let verdict = verdict_after(|_, facts| {
            facts.letters.pop();
        });
        assert_eq!((verdict.lost.count, verdict.misbooked.count), (1, 1));
    }

    #[test]
    fn a_key_with_two_rows_is_duplicated() {
        let verdict = verdict_after(|_, facts| {
            facts.rows.push(row("a", "1", 1));
            facts.accounts[0].counts.stored += 1;
            facts.accounts[0].counts.duplicate -= 1;
        });
        assert_eq!(verdict.duplicated.count, 1, "{}", verdict.human());
    }

    #[test]
    fn rows_that_the_ledger_does_not_count_are_duplicated() {
        let verdict = verdict_after(|_, facts| {
            facts.accounts[0].counts.stored += 1;
            facts.accounts[0].counts.duplicate -= 1;
        });
        assert_eq!((verdict.duplicated.count, verdict.misbooked.count), (1, 0));
    }

    #[test]
    fn one_record_that_is_two_rows_is_duplicated() {
        let verdict = verdict_after(|_, facts| facts.rows.push(row("a", "1", 0)));
        assert!(verdict.duplicated.first.iter().any(|what| what.contains("more than one row")));
    }

    #[test]
    fn a_row_beside_an_open_letter_is_duplicated_unless_they_conflict() {
        for (cause, state, expected) in
            [("unstorable", "open", 1), ("unstorable", "resolved", 0), ("conflict", "open", 0)]
        {
            let verdict = verdict_after(|_, facts| {
                facts.letters[0].cause = cause.to_owned();
                facts.letters[0].state = state.to_owned();
            });
            assert_eq!(verdict.duplicated.count, expected, "{cause} {state}");
        }
    }

    #[test]
    fn a_record_that_is_row_and_letter_is_duplicated() {
        let verdict = verdict_after(|_, facts| facts.letters[1].offset = 3);
        assert!(verdict.duplicated.first.iter().any(|what| what.contains("a row and a letter")));
    }

    #[test]
    fn books_that_end_elsewhere_have_gaps_or_do_not_add_up_are_misbooked() {
        let changes: [fn(&mut Facts); 5] = [
            |facts| facts.ends[0].1 = 6,
            |facts| facts.accounts[0].counts.duplicate += 1,
            |facts| {
                facts.accounts[0].counts.duplicate -= 1;
                facts.accounts[0].counts.gaps += 1;
            },
            |facts| facts.accounts.push(facts.accounts[0].clone()),
            |facts| {
                facts.accounts[0].counts.dead_lettered -= 1;
                facts.accounts[0].counts.duplicate += 1;
            },
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let verdict = verdict_after(|_, facts| change(facts));
            assert_eq!(
                (verdict.misbooked.count, verdict.lost.count),
                (1, 0),
                "{number}: {}",
                verdict.human()
            );
            assert!(!verdict.holds());
        }
    }
}
