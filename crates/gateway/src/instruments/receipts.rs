//! Metrics of first receipts.

use std::sync::LazyLock;

use metrics::{Counter, counter, describe_counter};

const RECEIPT_CACHE: &str = "farol_receipt_cache_total";

pub(super) fn describe() {
    describe_counter!(RECEIPT_CACHE, "Look-ups and writes of first receipts in Redis, by result");
    ReceiptOutcome::ALL.iter().for_each(|outcome| outcome.counter().absolute(0));
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

impl ReceiptOutcome {
    const ALL: [Self; 6] =
        [Self::Hit, Self::Miss, Self::Unavailable, Self::Written, Self::NotFirst, Self::Dropped];

    fn counter(self) -> Counter {
        let (operation, result) = match self {
            Self::Hit => ("find", "hit"),
            Self::Miss => ("find", "miss"),
            Self::Unavailable => ("find", "unavailable"),
            Self::Written => ("keep", "written"),
            Self::NotFirst => ("keep", "not_first"),
            Self::Dropped => ("keep", "dropped"),
        };
        counter!(RECEIPT_CACHE, "operation" => operation, "result" => result)
    }
}

pub(crate) fn receipts(outcome: ReceiptOutcome, count: usize) {
    /// Nearly all look-ups, found once.
    static MISSES: LazyLock<Counter> = LazyLock::new(|| ReceiptOutcome::Miss.counter());
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    match outcome {
        _ if count == 0 => {}
        ReceiptOutcome::Miss => MISSES.increment(count),
        _ => outcome.counter().increment(count),
    }
}
