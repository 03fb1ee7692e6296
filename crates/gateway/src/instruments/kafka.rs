//! Metrics of the way into Kafka, by whose time it is: our code's, the Kafka client's queue's, the brokers'.

use std::sync::LazyLock;
use std::time::Duration;

use metrics::{Histogram, describe_gauge, describe_histogram, gauge, histogram};

const OWN_CODE: &str = "farol_own_code_duration_seconds";
const QUEUE_WAIT: &str = "farol_kafka_queue_wait_seconds";
const ROUND_TRIP: &str = "farol_kafka_round_trip_seconds";

pub(super) fn describe() {
    describe_histogram!(OWN_CODE, "Duration of a request with events without its wait for Kafka");
    describe_gauge!(QUEUE_WAIT, "Time that events waited in the Kafka client's queue, of the slowest broker");
    describe_gauge!(ROUND_TRIP, "Round trip of requests to Kafka, of the slowest broker");
    kafka_latencies(Latencies::default());
}

pub(crate) fn own_code(took: Duration) {
    static TOOK: LazyLock<Histogram> = LazyLock::new(|| histogram!(OWN_CODE));
    TOOK.record(took);
}

/// Half of all, and all but one of a hundred, took no longer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Quantiles {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Both parts of an acknowledgement that are not ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Latencies {
    pub(crate) queue_wait: Quantiles,
    pub(crate) round_trip: Quantiles,
}

pub(crate) fn kafka_latencies(latencies: Latencies) {
    for (name, Quantiles { p50, p99 }) in
        [(QUEUE_WAIT, latencies.queue_wait), (ROUND_TRIP, latencies.round_trip)]
    {
        gauge!(name, "quantile" => "0.5").set(p50.as_secs_f64());
        gauge!(name, "quantile" => "0.99").set(p99.as_secs_f64());
    }
}
