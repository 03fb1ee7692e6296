//! PostgreSQL in the model: books, rows and letters, changed by transactions that happen whole or
//! not at all. What the worker decides it asks the worker's own functions; the statements of
//! `store` are told again here.

use std::collections::BTreeSet;

use super::batches::Ending;
use super::guards::{Guard, Guards};
use super::topic::{PARTITION, Topic};
use crate::batch::Span;
use crate::instruments::Outcome;
use crate::record::Record;
use crate::store::events::{Candidate, Decided, candidates, split_repeated};
use crate::store::ledger::{elsewhere, tally};

/// What is committed, and what may still be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Database {
    pub(super) books: Option<Books>,
    /// The offset that each row came from, in order. Their keys are the table of keys.
    pub(super) rows: Vec<i64>,
    /// The offset that each letter is about.
    pub(super) letters: BTreeSet<i64>,
    /// A transaction whose worker has given up on it, while its session lives.
    pub(super) late: Option<Transaction>,
}

/// The ledger's row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Books {
    pub(super) start: i64,
    pub(super) next: i64,
    pub(super) stored: i64,
    pub(super) duplicate: i64,
    pub(super) dead_lettered: i64,
    pub(super) gaps: i64,
}

/// What one batch asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Transaction {
    pub(super) span: Span,
    pub(super) offsets: Vec<i64>,
}

/// Why a transaction was rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Fenced,
    Constraint,
}

impl Database {
    /// Opens the books at the log's start unless they are there; answers where they are.
    pub(super) fn open(&mut self, log_start: i64) -> i64 {
        let new =
            Books { start: log_start, next: log_start, stored: 0, duplicate: 0, dead_lettered: 0, gaps: 0 };
        self.books.get_or_insert(new).next
    }

    /// A transaction from its first statement to its commit. The lock on the books makes it one step.
    pub(super) fn run(&mut self, topic: &Topic, guards: Guards, asked: &Transaction) -> Result<(), Refused> {
        let mut after = self.clone();
        let records: Vec<Record> = asked.offsets.iter().map(|offset| topic.record(*offset)).collect();
        let records: Vec<&Record> = records.iter().collect();
        after.hold(guards, &asked.span)?;
        let outcomes = after.decide(topic, guards, &records)?;
        after.advance(guards, &asked.span, &records, &outcomes)?;
        *self = after;
        Ok(())
    }

    /// What is left when rows and letters are committed before the books, and the worker dies between.
    pub(super) fn run_without_books(
        &mut self,
        topic: &Topic,
        guards: Guards,
        asked: &Transaction,
    ) -> Result<(), Refused> {
        let mut after = self.clone();
        let records: Vec<Record> = asked.offsets.iter().map(|offset| topic.record(*offset)).collect();
        after.hold(guards, &asked.span)?;
        after.decide(topic, guards, &records.iter().collect::<Vec<_>>())?;
        *self = after;
        Ok(())
    }

    /// A transaction whose end its worker never learns.
    pub(super) fn run_unheard(&mut self, topic: &Topic, guards: Guards, asked: Transaction, ending: Ending) {
        match ending {
            Ending::Told | Ending::Unknown => self.run(topic, guards, &asked).ok(),
            Ending::Torn => self.run_without_books(topic, guards, &asked).ok(),
            Ending::Failed => None,
            Ending::Late => {
                // Only the worker knows generations.
                let span = Span { generation: 0, ..asked.span };
                self.late = Some(Transaction { span, ..asked });
                None
            }
        };
    }

    /// The late transaction runs after all. Nobody waits for its answer.
    pub(super) fn land(&mut self, topic: &Topic, guards: Guards) {
        if let Some(late) = self.late.take() {
            self.run_unheard(topic, guards, late, Ending::Unknown);
        }
    }

    fn hold(&self, guards: Guards, span: &Span) -> Result<(), Refused> {
        let held: Vec<(i32, i64)> = self.books.iter().map(|books| (PARTITION, books.next)).collect();
        let fenced = guards.has(Guard::LedgerComparison) && !elsewhere(&held, &[*span]).is_empty();
        if fenced { Err(Refused::Fenced) } else { Ok(()) }
    }

    /// `events::store` and `dead_letters::write`.
    fn decide(
        &mut self,
        topic: &Topic,
        guards: Guards,
        records: &[&Record],
    ) -> Result<Vec<Outcome>, Refused> {
        let (mut pending, mut decided) = candidates(records);
        while !pending.is_empty() {
            let (firsts, repeated) = split_repeated(pending);
            let known = self.insert(topic, guards, records, firsts, &mut decided);
            assert!(self.compare(topic, known, &mut decided).is_empty(), "a key that refused a row is there");
            pending = self.compare(topic, repeated, &mut decided);
        }
        for letter in &decided.letters {
            // One letter a record.
            if !self.letters.insert(records[letter.n].offset) {
                return Err(Refused::Constraint);
            }
        }
        Ok(decided.outcomes)
    }

    /// INSERT … ON CONFLICT DO NOTHING; answers with those whose key was there.
    fn insert<'r>(
        &mut self,
        topic: &Topic,
        guards: Guards,
        records: &[&Record],
        group: Vec<Candidate<'r>>,
        decided: &mut Decided,
    ) -> Vec<Candidate<'r>> {
        let mut known = Vec::new();
        for candidate in group {
            if guards.has(Guard::UniqueKeys) && self.row_of(topic, &candidate).is_some() {
                known.push(candidate);
            } else {
                let offset = records[usize::try_from(candidate.n).unwrap()].offset;
                self.rows.insert(self.rows.partition_point(|row| *row < offset), offset);
                decided.fresh(candidate.n);
            }
        }
        known
    }

    /// Joins candidates with the keys that are there; answers with those that have none.
    fn compare<'r>(
        &self,
        topic: &Topic,
        mut candidates: Vec<Candidate<'r>>,
        decided: &mut Decided,
    ) -> Vec<Candidate<'r>> {
        candidates.retain(|candidate| match self.row_of(topic, candidate) {
            Some(row) => {
                decided.known(candidate.n, topic.digest(row) == candidate.digest);
                false
            }
            None => true,
        });
        candidates
    }

    fn row_of(&self, topic: &Topic, candidate: &Candidate<'_>) -> Option<i64> {
        self.rows.iter().copied().find(|row| topic.key(*row) == candidate.key)
    }

    fn advance(
        &mut self,
        guards: Guards,
        span: &Span,
        records: &[&Record],
        outcomes: &[Outcome],
    ) -> Result<(), Refused> {
        let Some(books) = &mut self.books else { return Err(Refused::Fenced) };
        let [stored, duplicate, dead_lettered] = tally(span, records, outcomes);
        books.next = span.next;
        books.stored += stored;
        books.duplicate += duplicate;
        books.dead_lettered += dead_lettered;
        books.gaps += span.gaps;
        match books.balance() || !guards.has(Guard::BalanceCheck) {
            true => Ok(()),
            false => Err(Refused::Constraint),
        }
    }
}

impl Books {
    /// The constraint `ledger_balances`.
    pub(super) fn balance(&self) -> bool {
        self.stored + self.duplicate + self.dead_lettered + self.gaps == self.next - self.start
    }
}
