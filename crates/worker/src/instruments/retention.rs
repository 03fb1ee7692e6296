//! Metrics of what has left by age.

use metrics::{counter, describe_counter};

const EXPIRED_DAYS: &str = "farol_expired_days_total";
const EXPIRED_KEYS: &str = "farol_expired_keys_total";

pub(super) fn describe() {
    describe_counter!(EXPIRED_DAYS, "Days of rows that have left by retention");
    describe_counter!(EXPIRED_KEYS, "Keys that have left after the uniqueness window");
    counter!(EXPIRED_KEYS).absolute(0);
}

pub(crate) fn expired(days: u64, keys: u64) {
    // Not before one has left: `promtool` takes the word in its name for a unit.
    if days > 0 {
        counter!(EXPIRED_DAYS).increment(days);
    }
    counter!(EXPIRED_KEYS).increment(keys);
}
