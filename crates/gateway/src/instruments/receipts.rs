//! Metrics of first receipts.

use metrics::{counter, describe_counter};

const RECEIPT_CACHE: &str = "farol_receipt_cache_total";

pub(super) fn describe() {
    describe_counter!(RECEIPT_CACHE, "Look-ups and writes of first receipts in Redis, by result");
}

/// What became of a look-up or of a write.
#[derive(Clone, Copy)]
pub(crate) enum ReceiptOutcome {
    /// Looked up and found: the event is a repeat.
    Hit,
    /// Looked up and not found.
    Miss,
    /// Not looked up: Redis did not answer, or was not asked.
    Unavailable,
    /// Written.
    Written,
    /// Not written, because the event already had one.
    NotFirst,
    /// Not written: no room in the queue, or Redis did not take it.
    Dropped,
}

pub(crate) fn receipts(outcome: ReceiptOutcome, count: usize) {
    let (operation, result) = match outcome {
        ReceiptOutcome::Hit => ("find", "hit"),
        ReceiptOutcome::Miss => ("find", "miss"),
        ReceiptOutcome::Unavailable => ("find", "unavailable"),
        ReceiptOutcome::Written => ("keep", "written"),
        ReceiptOutcome::NotFirst => ("keep", "not_first"),
        ReceiptOutcome::Dropped => ("keep", "dropped"),
    };
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    counter!(RECEIPT_CACHE, "operation" => operation, "result" => result).increment(count);
}
