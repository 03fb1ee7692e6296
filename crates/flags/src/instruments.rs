//! Metrics of the file of flags.

use metrics::{counter, describe_counter, describe_gauge, gauge};
use time::OffsetDateTime;

const RELOADS: &str = "farol_flags_reloads_total";
const WRONG: &str = "farol_flags_wrong";
const LOADED: &str = "farol_flags_loaded_timestamp_seconds";

/// Gives the metrics of flags their help texts.
pub fn describe() {
    describe_counter!(RELOADS, "Changes of the file of flags, by whether the new flags hold or were wrong");
    describe_gauge!(WRONG, "1 while the file of flags is wrong, so that the flags from before hold; else 0");
    describe_gauge!(LOADED, "When the flags that hold were read from their file; 0 where there is no file");
    for hold in [true, false] {
        counter!(RELOADS, "result" => result(hold)).absolute(0);
    }
    gauge!(WRONG).set(0.0);
    gauge!(LOADED).set(0.0);
}

pub(crate) fn reloaded(hold: bool) {
    counter!(RELOADS, "result" => result(hold)).increment(1);
    gauge!(WRONG).set(if hold { 0.0 } else { 1.0 });
}

pub(crate) fn loaded(at: OffsetDateTime) {
    // Seconds since 1970 are far below 2^53.
    gauge!(LOADED).set(at.unix_timestamp() as f64);
}

fn result(hold: bool) -> &'static str {
    if hold { "ok" } else { "wrong" }
}
