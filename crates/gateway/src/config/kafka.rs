//! Settings of the way into Kafka.

use std::time::Duration;

use kafka::Cluster;
use service::Environment;

/// The broker and the topic.
#[derive(Debug, Clone)]
pub struct Kafka {
    /// `FAROL_KAFKA_BROKERS`: Kafka's bootstrap servers, and how connections to them are secured.
    pub cluster: Cluster,
    /// `FAROL_KAFKA_TOPIC`: where events go.
    pub topic: String,
    /// `FAROL_DELIVERY_TIMEOUT`: how long Kafka may take to acknowledge one event. Below any
    /// client's patience, so that a request ends with an answer.
    pub delivery_timeout: Duration,
    /// `FAROL_MIN_RETENTION`: how long the topic must keep records, longer than any outage of the worker.
    pub min_retention: Duration,
    /// `FAROL_KAFKA_QUEUE_EVENTS`: the most events that wait in the Kafka client.
    pub queue_events: usize,
    /// `FAROL_KAFKA_QUEUE_KIB`: how much memory they may take, in KiB.
    pub queue_kib: usize,
    /// `FAROL_KAFKA_REQUESTS_IN_FLIGHT`: the most requests on their way to one broker.
    pub requests_in_flight: usize,
}

impl Kafka {
    pub(super) fn read(env: &mut Environment<'_>) -> Option<Self> {
        let cluster = Cluster::read(env);
        let topic = env.or("FAROL_KAFKA_TOPIC", "farol.events");
        let delivery_timeout = env.duration("FAROL_DELIVERY_TIMEOUT", "8s");
        let min_retention = env.duration("FAROL_MIN_RETENTION", "7days");
        let queue_events = env.number("FAROL_KAFKA_QUEUE_EVENTS", 20_000, 1..=1_000_000);
        let queue_kib = env.number("FAROL_KAFKA_QUEUE_KIB", 64 << 10, 1_024..=2 << 20);
        // One that a broker works on, and one that is there when it is done. It takes a connection's requests one after the
        // other (Kafka's protocol guide, "Network"), so more of them would only be smaller: events that meet two find company
        // until one is answered. Measured with 64 connections, beside 5: 12 % less CPU for an event, 7 % more events. Where the
        // way to the broker is longer than its work, more are needed to keep it busy; with more than 5, an idempotent
        // producer does not keep the order.
        let requests_in_flight = env.number("FAROL_KAFKA_REQUESTS_IN_FLIGHT", 2, 1..=5);
        Some(Self {
            cluster: cluster?,
            topic: topic?,
            delivery_timeout: delivery_timeout?,
            min_retention: min_retention?,
            queue_events: queue_events?,
            queue_kib: queue_kib?,
            requests_in_flight: requests_in_flight?,
        })
    }
}
