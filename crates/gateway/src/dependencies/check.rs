//! What a check says, in a form that anybody may read: no address, no account, no version, and
//! of a failure only its kind.

use std::time::Duration;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What the gateway depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dependency {
    Kafka,
    Postgres,
    Redis,
}

impl Dependency {
    /// As in paths, JSON and the label of a metric.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }
}

/// Why a dependency cannot do its part. A closed set: it is the label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// No answer within the time a check may take.
    TimedOut,
    /// No connection.
    Unreachable,
    /// It knows us not, or does not let us.
    Refused,
    /// Kafka has no such topic.
    TopicMissing,
    /// At least one partition of the topic takes no events.
    PartitionWithoutLeader,
    /// PostgreSQL has no table of events.
    SchemaMissing,
    /// Redis gave back something other than what was written.
    WrongAnswer,
    /// Anything else; the log has the cause.
    Failed,
}

impl Reason {
    /// As in JSON and as the label of a metric.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::TopicMissing => "topic_missing",
            Self::PartitionWithoutLeader => "partition_without_leader",
            Self::SchemaMissing => "schema_missing",
            Self::WrongAnswer => "wrong_answer",
            Self::Failed => "failed",
        }
    }

    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::TimedOut => "gave no answer in time",
            Self::Unreachable => "cannot be reached",
            Self::Refused => "refuses the gateway",
            Self::TopicMissing => "has no such topic",
            Self::PartitionWithoutLeader => "has a partition without a leader",
            Self::SchemaMissing => "has no table of events: run the worker's migrations",
            Self::WrongAnswer => "gave back something other than what was written",
            Self::Failed => "failed; the gateway's log has the cause",
        }
    }
}

/// A round trip that worked.
#[derive(Debug, Clone)]
pub(super) struct RoundTrip {
    /// How long it took to be able to ask.
    pub(super) connect: Duration,
    /// How long the answer took after that.
    pub(super) latency: Duration,
    pub(super) details: Details,
}

/// A round trip that did not work.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) reason: Reason,
    /// For the log only.
    pub(super) cause: String,
}

impl Failure {
    pub(super) fn new(reason: Reason, cause: impl ToString) -> Self {
        Self { reason, cause: cause.to_string() }
    }
}

/// What a round trip found.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Details {
    Kafka(Topic),
    #[serde(rename_all = "camelCase")]
    Postgres {
        in_recovery: bool,
        read_only: bool,
    },
    #[serde(rename_all = "camelCase")]
    Redis {
        /// What was done with a key of the check's own.
        operations: [&'static str; 3],
    },
}

/// The topic of events as the brokers describe it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Topic {
    pub(crate) topic: String,
    pub(crate) brokers: usize,
    pub(crate) partition_count: usize,
    /// How many partitions have fewer replicas in sync than they should.
    pub(crate) under_replicated: usize,
    /// The first partitions; a topic may have thousands.
    pub(crate) partitions: Vec<Partition>,
    /// Asked of the leader of one partition.
    pub(crate) watermark: Watermark,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Partition {
    pub(crate) partition: i32,
    /// The id of a broker; -1 where there is no leader.
    pub(crate) leader: i32,
    pub(crate) replicas: Vec<i32>,
    pub(crate) in_sync: Vec<i32>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Watermark {
    pub(crate) partition: i32,
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// The result of one check.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    pub(crate) name: Dependency,
    pub(crate) ok: bool,
    /// How long the answer took on a connection that was there; of a failure, how long until it was one.
    #[serde(rename = "latencyMs", serialize_with = "milliseconds")]
    #[schema(value_type = f64, minimum = 0)]
    pub(crate) latency: Duration,
    /// How long it took to connect.
    #[serde(
        rename = "connectMs",
        serialize_with = "optional_milliseconds",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = f64, required = false, minimum = 0)]
    pub(crate) connect: Option<Duration>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) checked_at: OffsetDateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) details: Option<Details>,
}

impl Check {
    pub(super) fn passed(name: Dependency, trip: RoundTrip) -> Self {
        Self {
            name,
            ok: true,
            latency: trip.latency,
            connect: Some(trip.connect),
            checked_at: OffsetDateTime::now_utc(),
            reason: None,
            details: Some(trip.details),
        }
    }

    pub(super) fn failed(name: Dependency, reason: Reason, took: Duration) -> Self {
        Self {
            name,
            ok: false,
            latency: took,
            connect: None,
            checked_at: OffsetDateTime::now_utc(),
            reason: Some(reason),
            details: None,
        }
    }
}

/// Milliseconds with three decimals: microseconds are what a round trip on one machine takes.
fn milliseconds<S: Serializer>(duration: &Duration, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}

fn optional_milliseconds<S: Serializer>(duration: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => milliseconds(duration, out),
        None => out.serialize_none(),
    }
}
