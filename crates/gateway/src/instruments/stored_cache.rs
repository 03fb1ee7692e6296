//! Metrics of remembered look-ups.

use metrics::{counter, describe_counter};

const STORED_CACHE: &str = "farol_stored_cache_total";

pub(super) fn describe() {
    describe_counter!(STORED_CACHE, "Look-ups of stored events in Redis, by result");
    for result in [StoredCacheResult::Hit, StoredCacheResult::Miss, StoredCacheResult::Unavailable] {
        count(result, 0);
    }
}

/// What Redis said.
#[derive(Clone, Copy)]
pub(crate) enum StoredCacheResult {
    Hit,
    Miss,
    /// Redis did not answer, or was not asked.
    Unavailable,
}

pub(crate) fn stored_cache(result: StoredCacheResult) {
    count(result, 1);
}

fn count(result: StoredCacheResult, look_ups: u64) {
    let result = match result {
        StoredCacheResult::Hit => "hit",
        StoredCacheResult::Miss => "miss",
        StoredCacheResult::Unavailable => "unavailable",
    };
    counter!(STORED_CACHE, "result" => result).increment(look_ups);
}
