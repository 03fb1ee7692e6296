//! Metrics of first receipts in Redis.

use metrics::{counter, describe_counter};

const RECEIPT_CACHE: &str = "farol_receipt_cache_total";

pub(super) fn describe() {
    describe_counter!(RECEIPT_CACHE, "Look-ups and writes of first receipts in Redis, by result");
}

/// What is done with the receipt cache.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    Find,
    Keep,
}

/// How it went.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    Hit,
    Miss,
    Written,
    TimedOut,
    Failed,
    Unavailable,
}

pub(crate) fn receipt_cache(operation: Operation, outcome: Outcome) {
    let operation = match operation {
        Operation::Find => "find",
        Operation::Keep => "keep",
    };
    let result = match outcome {
        Outcome::Hit => "hit",
        Outcome::Miss => "miss",
        Outcome::Written => "written",
        Outcome::TimedOut => "timed_out",
        Outcome::Failed => "failed",
        Outcome::Unavailable => "unavailable",
    };
    counter!(RECEIPT_CACHE, "operation" => operation, "result" => result).increment(1);
}
