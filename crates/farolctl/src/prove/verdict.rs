//! Whether the promise held: what a comparison found. Every violation has a name.

mod comparison;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::output::Report;

pub(crate) use comparison::compare;

/// Of each kind of violation so many are told one by one.
const TOLD: usize = 10;

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
