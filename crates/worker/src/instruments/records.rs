//! Metrics of what became of records, and of the batches they were stored in.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_histogram, histogram};

use crate::failure::Class;
use crate::store::Cause;

const RECORDS: &str = "farol_records_total";
const FRESHNESS: &str = "farol_freshness_seconds";
const BATCH_RECORDS: &str = "farol_batch_records";
const BATCH_DURATION: &str = "farol_batch_duration_seconds";
const BATCH_RETRIES: &str = "farol_batch_retries_total";
const DEAD_LETTERS: &str = "farol_dead_letters_total";
const REDRIVEN: &str = "farol_redriven_records_total";
const GAPS: &str = "farol_gaps_total";

pub(super) fn describe() {
    describe_counter!(RECORDS, "Records whose outcome is committed, by outcome");
    describe_histogram!(FRESHNESS, "Time from the gateway receiving an event to its row being committed");
    describe_histogram!(BATCH_RECORDS, "Records in one committed batch");
    describe_histogram!(BATCH_DURATION, "Time from starting a batch's transaction to its end");
    describe_counter!(BATCH_RETRIES, "Batches that failed and are tried again, by class of the failure");
    describe_counter!(DEAD_LETTERS, "Dead letters written, by cause");
    describe_counter!(REDRIVEN, "Records that name a dead letter, by what they did to it");
    describe_counter!(GAPS, "Offsets that hold no record for us, booked in the ledger");
    for outcome in [Outcome::Stored, Outcome::Duplicate, Outcome::DeadLettered] {
        counter!(RECORDS, "outcome" => outcome.name()).absolute(0);
    }
    for outcome in [Redriven::Resolved, Redriven::Failed, Redriven::Ignored] {
        counter!(REDRIVEN, "outcome" => outcome.name()).absolute(0);
    }
    for class in [Class::Transient, Class::Data, Class::Structural] {
        counter!(BATCH_RETRIES, "class" => class.name()).absolute(0);
    }
    for cause in Cause::ALL {
        counter!(DEAD_LETTERS, "cause" => cause.name()).absolute(0);
    }
    counter!(GAPS).absolute(0);
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stored,
    Duplicate,
    DeadLettered,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::DeadLettered => "dead_lettered",
        }
    }
}

/// What a record that names a dead letter did to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redriven {
    /// Its content is a row now.
    Resolved,
    /// It could not become a row again; the letter is open as before.
    Failed,
    /// Nothing: the letter is not this event's, is not there, or was resolved before.
    Ignored,
}

impl Redriven {
    fn name(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
        }
    }
}

pub(crate) fn records(outcome: Outcome, count: u64) {
    counter!(RECORDS, "outcome" => outcome.name()).increment(count);
}

/// Looked up once for all: that takes longer than to record one.
pub(crate) fn freshness(ages: impl Iterator<Item = Duration>) {
    let freshness = histogram!(FRESHNESS);
    ages.for_each(|age| freshness.record(age.as_secs_f64()));
}

#[expect(clippy::cast_precision_loss, reason = "a batch holds far fewer than 2^52 records")]
pub(crate) fn batch(records: usize, took: Duration) {
    histogram!(BATCH_RECORDS).record(records as f64);
    histogram!(BATCH_DURATION).record(took.as_secs_f64());
}

pub(crate) fn batch_retry(class: Class) {
    counter!(BATCH_RETRIES, "class" => class.name()).increment(1);
}

pub(crate) fn dead_letter(cause: Cause) {
    counter!(DEAD_LETTERS, "cause" => cause.name()).increment(1);
}

pub(crate) fn redriven(outcome: Redriven, count: u64) {
    counter!(REDRIVEN, "outcome" => outcome.name()).increment(count);
}

pub(crate) fn gaps(count: u64) {
    counter!(GAPS).increment(count);
}
