//! Metrics of operations on PostgreSQL, by the semantic conventions.

use std::time::Duration;

use metrics::{describe_histogram, histogram};

const DURATION: &str = "db_client_operation_duration_seconds";

pub(super) fn describe() {
    describe_histogram!(DURATION, "Time that one database operation took, by error where it failed");
}

/// `summary` is one of the constant names of our own statements.
pub(crate) fn database(summary: &'static str, took: Duration, error_type: Option<String>) {
    histogram!(
        DURATION,
        "db_system_name" => "postgresql",
        "db_query_summary" => summary,
        "error_type" => error_type.unwrap_or_default(),
    )
    .record(took.as_secs_f64());
}
