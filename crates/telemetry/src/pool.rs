//! The metrics of a pool of database connections, by the semantic conventions.

use deadpool::Status;
use metrics::{counter, describe_counter, describe_gauge, gauge};

const COUNT: &str = "db_client_connection_count";
const MAX: &str = "db_client_connection_max";
const PENDING: &str = "db_client_connection_pending_requests";
const TIMEOUTS: &str = "db_client_connection_timeouts_total";

/// The only pool there is.
const POSTGRES: &str = "postgres";

pub(crate) fn describe() {
    describe_gauge!(COUNT, "Connections of the pool, by whether somebody uses them");
    describe_gauge!(MAX, "Connections that the pool may open");
    describe_gauge!(PENDING, "Questions that wait for a connection");
    describe_counter!(TIMEOUTS, "Questions that got no connection in time");
}

/// What the pool of PostgreSQL says of itself. To be called every now and then, not by questions.
pub fn postgres_pool(status: Status) {
    let Status { max_size, size, available, waiting } = status;
    // The numbers are read one after the other, so that for a moment there may be more idle than open.
    let idle = available.min(size);
    for (state, count) in [("idle", idle), ("used", size - idle)] {
        gauge!(COUNT, "db_client_connection_pool_name" => POSTGRES, "db_client_connection_state" => state)
            .set(double(count));
    }
    gauge!(MAX, "db_client_connection_pool_name" => POSTGRES).set(double(max_size));
    gauge!(PENDING, "db_client_connection_pool_name" => POSTGRES).set(double(waiting));
    counter!(TIMEOUTS, "db_client_connection_pool_name" => POSTGRES).increment(0);
}

/// A question that got no connection in time.
pub fn postgres_pool_timeout() {
    counter!(TIMEOUTS, "db_client_connection_pool_name" => POSTGRES).increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "a pool holds far fewer than 2^52 connections")]
fn double(count: usize) -> f64 {
    count as f64
}
