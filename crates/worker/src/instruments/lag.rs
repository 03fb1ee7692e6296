//! Metrics of how far the worker is behind, in records and in time.

use std::time::Duration;

use metrics::{describe_gauge, gauge};

const RECORDS: &str = "farol_consumer_lag_records";
const SECONDS: &str = "farol_consumer_lag_seconds";
const RETENTION_USED: &str = "farol_retention_used_ratio";
const OLDEST: &str = "farol_oldest_unprocessed_seconds";

pub(super) fn describe() {
    describe_gauge!(RECORDS, "Records in a partition that are not consumed yet");
    describe_gauge!(
        SECONDS,
        "Age of the oldest record of a partition that is not consumed yet; 0 without one"
    );
    describe_gauge!(
        RETENTION_USED,
        "That age by the time that the topic keeps records; 0 where it keeps them for ever"
    );
    describe_gauge!(
        OLDEST,
        "Age of the oldest record of all partitions that is not consumed yet; 0 without one"
    );
    oldest_unprocessed(Duration::ZERO);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a double, and lag stays below 2^52")]
pub(crate) fn lag(partition: i32, records: i64) {
    gauge!(RECORDS, "partition" => partition.to_string()).set(records as f64);
}

pub(crate) fn lag_age(partition: i32, age: Duration, retention_used: f64) {
    let partition = partition.to_string();
    gauge!(SECONDS, "partition" => partition.clone()).set(age.as_secs_f64());
    gauge!(RETENTION_USED, "partition" => partition).set(retention_used);
}

pub(crate) fn oldest_unprocessed(age: Duration) {
    gauge!(OLDEST).set(age.as_secs_f64());
}
