//! The metric of database operations, by the semantic conventions.

use std::time::Duration;

use metrics::{describe_histogram, histogram};

/// Of every database system: who calls another one than PostgreSQL records it by labels of its own.
pub const DATABASE_OPERATION_DURATION: &str = "db_client_operation_duration_seconds";

pub(crate) fn describe() {
    describe_histogram!(
        DATABASE_OPERATION_DURATION,
        "Time that one database operation took, by error where it failed"
    );
}

/// One operation on PostgreSQL. `summary` is one of the constant names of our own statements.
pub fn postgres_operation(summary: &'static str, took: Duration, error_type: Option<String>) {
    histogram!(
        DATABASE_OPERATION_DURATION,
        "db_system_name" => "postgresql",
        "db_query_summary" => summary,
        "error_type" => error_type.unwrap_or_default(),
    )
    .record(took.as_secs_f64());
}
