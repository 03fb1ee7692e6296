//! Every metric of the worker: names, help texts and the closed sets of their labels.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::failure::Class;
use crate::status::Reason;

const RECORDS: &str = "farol_records_total";
const FRESHNESS: &str = "farol_freshness_seconds";
const BATCH_RECORDS: &str = "farol_batch_records";
const BATCH_DURATION: &str = "farol_batch_duration_seconds";
const BATCH_RETRIES: &str = "farol_batch_retries_total";
const DEAD_LETTERS: &str = "farol_dead_letters_total";
const REDRIVEN: &str = "farol_redriven_records_total";
const GAPS: &str = "farol_gaps_total";
const LAG: &str = "farol_consumer_lag_records";
const STOPPED: &str = "farol_worker_stopped";
const BROKEN_CONTEXTS: &str = "farol_broken_trace_contexts_total";
const FENCED: &str = "farol_fenced_batches_total";
const SESSIONS_ENDED: &str = "farol_sessions_ended_total";
const UNVERIFIABLE: &str = "farol_unverifiable_positions_total";
const CONSUMER_REBUILDS: &str = "farol_consumer_rebuilds_total";
const EXPIRED_DAYS: &str = "farol_expired_days_total";
const EXPIRED_KEYS: &str = "farol_expired_keys_total";
const DATABASE_DURATION: &str = "db_client_operation_duration_seconds";

/// Gives every metric its help text, and a first value to those that alerts watch.
pub(crate) fn describe() {
    describe_counter!(RECORDS, "Records whose outcome is committed, by outcome");
    describe_histogram!(FRESHNESS, "Time from the gateway receiving an event to its row being committed");
    describe_histogram!(BATCH_RECORDS, "Records in one committed batch");
    describe_histogram!(BATCH_DURATION, "Time from starting a batch's transaction to its end");
    describe_counter!(BATCH_RETRIES, "Batches that failed and are tried again, by class of the failure");
    describe_counter!(DEAD_LETTERS, "Dead letters written, by cause");
    describe_counter!(REDRIVEN, "Records that name a dead letter, by what they did to it");
    describe_counter!(GAPS, "Offsets that hold no record for us, booked in the ledger");
    describe_gauge!(LAG, "Records in a partition that are not consumed yet");
    describe_gauge!(STOPPED, "1 while the worker waits for somebody to act, by reason");
    describe_counter!(BROKEN_CONTEXTS, "Records whose trace context cannot be read");
    describe_counter!(FENCED, "Batches that the ledger refused because it was elsewhere than expected");
    describe_counter!(SESSIONS_ENDED, "Sessions of frozen workers that were ended because they held locks");
    describe_counter!(
        UNVERIFIABLE,
        "Partitions that were continued although their last decided record has left the log"
    );
    describe_counter!(CONSUMER_REBUILDS, "Kafka consumers replaced after an error they could not go on from");
    describe_counter!(EXPIRED_DAYS, "Days of rows that have left by retention");
    describe_counter!(EXPIRED_KEYS, "Keys that have left after the uniqueness window");
    describe_histogram!(DATABASE_DURATION, "Time that one operation on PostgreSQL took, by its summary");
    for outcome in [Outcome::Stored, Outcome::Duplicate, Outcome::DeadLettered] {
        counter!(RECORDS, "outcome" => outcome.name()).absolute(0);
    }
    for outcome in [Redriven::Resolved, Redriven::Failed, Redriven::Ignored] {
        counter!(REDRIVEN, "outcome" => outcome.name()).absolute(0);
    }
    counter!(GAPS).absolute(0);
    counter!(FENCED).absolute(0);
    counter!(SESSIONS_ENDED).absolute(0);
    counter!(CONSUMER_REBUILDS).absolute(0);
    counter!(UNVERIFIABLE).absolute(0);
    counter!(BROKEN_CONTEXTS).absolute(0);
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

pub(crate) fn freshness(age: Duration) {
    histogram!(FRESHNESS).record(age.as_secs_f64());
}

#[expect(clippy::cast_precision_loss, reason = "a batch holds far fewer than 2^52 records")]
pub(crate) fn batch(records: usize, took: Duration) {
    histogram!(BATCH_RECORDS).record(records as f64);
    histogram!(BATCH_DURATION).record(took.as_secs_f64());
}

pub(crate) fn batch_retry(class: Class) {
    counter!(BATCH_RETRIES, "class" => class.name()).increment(1);
}

pub(crate) fn dead_letter(cause: &'static str) {
    counter!(DEAD_LETTERS, "cause" => cause).increment(1);
}

pub(crate) fn redriven(outcome: Redriven, count: u64) {
    counter!(REDRIVEN, "outcome" => outcome.name()).increment(count);
}

pub(crate) fn gaps(count: u64) {
    counter!(GAPS).increment(count);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a double, and lag stays below 2^52")]
pub(crate) fn lag(partition: i32, records: i64) {
    gauge!(LAG, "partition" => partition.to_string()).set(records as f64);
}

pub(crate) fn stopped(reason: Reason, is: bool) {
    gauge!(STOPPED, "reason" => reason.name()).set(if is { 1.0 } else { 0.0 });
}

pub(crate) fn broken_trace_context() {
    counter!(BROKEN_CONTEXTS).increment(1);
}

pub(crate) fn fenced() {
    counter!(FENCED).increment(1);
}

pub(crate) fn sessions_ended(count: usize) {
    counter!(SESSIONS_ENDED).increment(u64::try_from(count).unwrap_or(u64::MAX));
}

pub(crate) fn unverifiable_position() {
    counter!(UNVERIFIABLE).increment(1);
}

pub(crate) fn consumer_rebuilt() {
    counter!(CONSUMER_REBUILDS).increment(1);
}

pub(crate) fn expired(days: u64, keys: u64) {
    counter!(EXPIRED_DAYS).increment(days);
    counter!(EXPIRED_KEYS).increment(keys);
}

/// `summary` is one of the constant names of our own statements.
pub(crate) fn database(summary: &'static str, took: Duration, error_type: Option<String>) {
    let error_type = error_type.unwrap_or_default();
    histogram!(DATABASE_DURATION, "db_query_summary" => summary, "error_type" => error_type)
        .record(took.as_secs_f64());
}
