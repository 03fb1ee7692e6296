//! Metrics of calls to Redis, by the semantic conventions, and of the breaker in front of them.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, gauge, histogram};

use telemetry::DATABASE_OPERATION_DURATION as DURATION;

const SKIPPED: &str = "farol_redis_skipped_total";
const BREAKER: &str = "farol_redis_breaker_state";

pub(super) fn describe() {
    describe_counter!(SKIPPED, "Calls to Redis that were not made because the breaker was open");
    describe_gauge!(BREAKER, "The breaker in front of Redis: 0 closed, 1 half-open, 2 open");
    redis_breaker(BreakerPosition::Closed);
    for operation in RedisOperation::ALL {
        counter!(SKIPPED, "db_operation_name" => operation.name()).absolute(0);
    }
}

/// What is asked of Redis.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RedisOperation {
    /// The admission script.
    Admit,
    /// The look-up of one receipt.
    FindReceipt,
    /// The write of receipts.
    KeepReceipts,
    /// The look-up of what is remembered of a stored event.
    FindStored,
    /// The write of it.
    KeepStored,
}

impl RedisOperation {
    const ALL: [Self; 5] =
        [Self::Admit, Self::FindReceipt, Self::KeepReceipts, Self::FindStored, Self::KeepStored];

    /// Redis's command, as the conventions want it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Admit => "EVALSHA",
            Self::FindReceipt | Self::FindStored => "GET",
            Self::KeepReceipts => "BATCH SET",
            Self::KeepStored => "SET",
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RedisFailure {
    /// None in time.
    Timeout,
    /// No connection, or it broke.
    Connection,
    /// Too many commands waited for their turn.
    Backpressure,
    /// Redis answered with an error.
    Reply,
}

impl RedisFailure {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Backpressure => "backpressure",
            Self::Reply => "reply",
        }
    }
}

/// Where the breaker stands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BreakerPosition {
    Closed,
    HalfOpen,
    Open,
}

pub(crate) fn redis_call(operation: RedisOperation, took: Duration, failure: Option<RedisFailure>) {
    histogram!(
        DURATION,
        "db_system_name" => "redis",
        "db_operation_name" => operation.name(),
        "error_type" => failure.map_or("", RedisFailure::name),
    )
    .record(took.as_secs_f64());
}

pub(crate) fn redis_skipped(operation: RedisOperation) {
    counter!(SKIPPED, "db_operation_name" => operation.name()).increment(1);
}

pub(crate) fn redis_breaker(position: BreakerPosition) {
    gauge!(BREAKER).set(match position {
        BreakerPosition::Closed => 0.0,
        BreakerPosition::HalfOpen => 1.0,
        BreakerPosition::Open => 2.0,
    });
}
