//! Metrics of how full the gateway is.

use metrics::{counter, describe_counter, describe_gauge, gauge};

const IN_FLIGHT_REQUESTS: &str = "farol_in_flight_requests";
const IN_FLIGHT_BYTES: &str = "farol_in_flight_bytes";
const QUEUED_EVENTS: &str = "farol_kafka_queue_events";
const DRAIN_RATE: &str = "farol_drain_rate_events_per_second";
const REBUILDS: &str = "farol_producer_rebuilds_total";

pub(super) fn describe() {
    describe_gauge!(IN_FLIGHT_REQUESTS, "Requests with events that are admitted now");
    describe_gauge!(IN_FLIGHT_BYTES, "Bytes set aside for their bodies");
    describe_gauge!(QUEUED_EVENTS, "Events in the Kafka client's hands");
    describe_gauge!(DRAIN_RATE, "Events acknowledged a second while others waited, smoothed");
    describe_counter!(REBUILDS, "Kafka producers replaced after an error they could not recover from");
    counter!(REBUILDS).absolute(0);
}

pub(crate) fn pressure(requests: usize, bytes: usize, queued: usize, drain_rate: f64) {
    gauge!(IN_FLIGHT_REQUESTS).set(requests as f64);
    gauge!(IN_FLIGHT_BYTES).set(bytes as f64);
    gauge!(QUEUED_EVENTS).set(queued as f64);
    gauge!(DRAIN_RATE).set(drain_rate);
}

pub(crate) fn producer_rebuilt() {
    counter!(REBUILDS).increment(1);
}
