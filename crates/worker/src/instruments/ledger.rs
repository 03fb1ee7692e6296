//! Metrics of what PostgreSQL holds: the same from every worker, so that they are not to be added up.

use metrics::{describe_gauge, gauge};

use crate::store::Cause;

const RECORDS: &str = "farol_ledger_records";
const CONSUMED: &str = "farol_ledger_consumed_records";
const IMBALANCE: &str = "farol_ledger_imbalance_records";
const OPEN_LETTERS: &str = "farol_open_dead_letters";

pub(super) fn describe() {
    describe_gauge!(RECORDS, "Offsets of the topic that the ledger has decided, by outcome");
    describe_gauge!(CONSUMED, "Offsets of the topic that the ledger has decided");
    describe_gauge!(IMBALANCE, "Decided offsets without an outcome: 0, or the database lies");
    describe_gauge!(OPEN_LETTERS, "Dead letters that nobody has dealt with, by cause; counted up to 10,000");
}

/// The ledger's rows of the topic, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LedgerSums {
    pub(crate) stored: i64,
    pub(crate) duplicate: i64,
    pub(crate) dead_lettered: i64,
    pub(crate) gap: i64,
    pub(crate) consumed: i64,
}

pub(crate) fn ledger(sums: LedgerSums) {
    let LedgerSums { stored, duplicate, dead_lettered, gap, consumed } = sums;
    let outcomes =
        [("stored", stored), ("duplicate", duplicate), ("dead_lettered", dead_lettered), ("gap", gap)];
    for (outcome, count) in outcomes {
        gauge!(RECORDS, "outcome" => outcome).set(double(count));
    }
    gauge!(CONSUMED).set(double(consumed));
    gauge!(IMBALANCE).set(double(consumed - outcomes.iter().map(|(_, count)| count).sum::<i64>()));
}

pub(crate) fn open_dead_letters(cause: Cause, count: i64) {
    gauge!(OPEN_LETTERS, "cause" => cause.name()).set(double(count));
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a double, and counts stay below 2^52")]
fn double(count: i64) -> f64 {
    count as f64
}
