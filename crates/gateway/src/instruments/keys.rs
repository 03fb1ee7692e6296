//! Metrics of the file of keys.

use metrics::{counter, describe_counter};

const RELOADS: &str = "farol_keys_reloads_total";

pub(super) fn describe() {
    describe_counter!(RELOADS, "Changes of the file of keys, by whether the new keys hold or were wrong");
    for hold in [true, false] {
        counter!(RELOADS, "result" => result(hold)).absolute(0);
    }
}

pub(crate) fn keys_reloaded(hold: bool) {
    counter!(RELOADS, "result" => result(hold)).increment(1);
}

fn result(hold: bool) -> &'static str {
    if hold { "ok" } else { "wrong" }
}
