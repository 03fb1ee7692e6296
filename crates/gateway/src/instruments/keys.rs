//! Metrics of the file of keys.

use metrics::{counter, describe_counter};

const RELOADS: &str = "farol_keys_reloads_total";

pub(super) fn describe() {
    describe_counter!(RELOADS, "Changes of the file of keys, by whether the new keys hold or were wrong");
}

pub(crate) fn keys_reloaded(hold: bool) {
    counter!(RELOADS, "result" => if hold { "ok" } else { "wrong" }).increment(1);
}
