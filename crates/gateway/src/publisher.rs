//! The way into Kafka: one idempotent producer, acks=all, and an answer for every event.

mod client;
mod deliveries;
mod headers;
mod in_hand;
mod not_acknowledged;
mod poller;
mod sending;
mod span;
mod statistics;
mod wakes;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use event::Event;
use kafka::Access;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use telemetry::KafkaStatistics;
use tracing::Span;

use crate::config::Config;
use crate::topic_check::RECORD_OVERHEAD_BYTES;

use client::{Client, Context, Record};
use deliveries::{Delivered, Deliveries, Notice};
use headers::RequestHeaders;
use sending::Sending;

pub(crate) use not_acknowledged::NotAcknowledged;
pub(crate) use wakes::Wakes;

/// The longest time that an event waits for company while a broker could be sent more. None at all would have an idle
/// client's thread woken by each event: with one partition, two thirds more CPU.
const LINGER_MS: &str = "0.2";
/// What the Kafka client may take beyond its delivery timeout to say that it gave up.
const GRACE: Duration = Duration::from_secs(2);

/// Where Kafka holds an acknowledged event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// Publishes events to one topic.
pub(crate) struct Publisher {
    /// Exchanged when an error made it useless for ever.
    producer: ArcSwap<Client>,
    settings: ClientConfig,
    topic: String,
    patience: Duration,
    context: Context,
}

/// What became of the events of one request.
pub(crate) struct Published {
    /// One for each, in their order; each `Ok` means that all in-sync replicas hold it.
    pub(crate) results: Vec<Result<Position, NotAcknowledged>>,
    /// How long Kafka was waited for.
    pub(crate) waited: Duration,
}

impl Publisher {
    pub(crate) fn connect(config: &Config) -> Result<Self, KafkaError> {
        let largest = config.limits.max_event_bytes + RECORD_OVERHEAD_BYTES;
        let mut settings = config.kafka.cluster.client_config();
        settings
            .set("client.id", crate::SERVICE.name)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("max.in.flight.requests.per.connection", config.kafka.requests_in_flight.to_string())
            .set("linger.ms", LINGER_MS)
            .set("delivery.timeout.ms", config.kafka.delivery_timeout.as_millis().to_string())
            .set("message.max.bytes", largest.to_string())
            .set("queue.buffering.max.kbytes", config.kafka.queue_kib.to_string())
            .set("queue.buffering.max.messages", config.kafka.queue_events.to_string());
        let access = config.kafka.cluster.access().shown_as("producer");
        Self::with(settings, access, &config.kafka.topic, config.kafka.delivery_timeout)
    }

    fn with(
        mut settings: ClientConfig,
        access: Access,
        topic: &str,
        delivery_timeout: Duration,
    ) -> Result<Self, KafkaError> {
        let context = Context::new(access);
        settings.set("statistics.interval.ms", KafkaStatistics::INTERVAL_MS);
        let producer = Client::new(&settings, context.clone())?;
        Ok(Self {
            producer: ArcSwap::from_pointee(producer),
            settings,
            topic: topic.to_owned(),
            patience: delivery_timeout + GRACE,
            context,
        })
    }

    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// An error after which this producer will never deliver again.
    pub(crate) fn fatal_error(&self) -> Option<RDKafkaErrorCode> {
        self.producer.load().fatal_error()
    }

    /// Puts a new producer in the place of one that will never deliver again. What the old one
    /// still held is answered as not acknowledged, so its clients repeat it.
    pub(crate) fn rebuild(&self) -> Result<(), KafkaError> {
        let fresh = Client::new(&self.settings, self.context.clone())?;
        let old = self.producer.swap(Arc::new(fresh));
        // Closing waits for the client's threads.
        tokio::task::spawn_blocking(move || drop(old));
        Ok(())
    }

    /// How many events are in the Kafka client's hands.
    pub(crate) fn queued(&self) -> usize {
        self.context.in_hand.count()
    }

    /// How many events were acknowledged since the start.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.context.acknowledged()
    }

    /// Sets the metric of how old the client's statistics are.
    pub(crate) fn report_statistics(&self) {
        self.context.statistics.report_age();
    }

    /// Waits for every event that is still on its way.
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        self.producer.load().flush(timeout)
    }

    /// Publishes events in their order, and has its caller woken by `wakes`. After the first that finds no room none is
    /// handed over, so that none overtakes it.
    pub(crate) async fn publish(
        &self,
        events: &[&Event],
        producer: &str,
        received_at_ms: i64,
        wakes: &Wakes,
    ) -> Published {
        let deliveries = Deliveries::of(events.len(), wakes.clone(), Arc::clone(&self.context.in_hand));
        let started = Instant::now();
        let sending = self.hand_over(events, &deliveries, producer, received_at_ms);
        let handed_over = Instant::now();
        let delivered = deliveries.wait(self.patience).await;
        let waited = handed_over.elapsed();
        let end = |(sending, delivered): (Sending, Option<Delivered>)| sending.end(started, delivered);
        let results = sending.into_iter().zip(delivered).map(end).collect();
        Published { results, waited }
    }

    /// Whoever waits for the answers does not keep the producer: one that was replaced lets go of what it holds.
    fn hand_over(
        &self,
        events: &[&Event],
        deliveries: &Arc<Deliveries>,
        producer: &str,
        received_at_ms: i64,
    ) -> Vec<Sending> {
        let client = self.producer.load();
        let request = RequestHeaders::of(producer, received_at_ms);
        let mut full = false;
        let hand_over = |(index, event): (usize, &&Event)| {
            let notice = deliveries.notice(index);
            if full {
                notice.answer(Err(NotAcknowledged::QueueFull));
                return Sending { span: Span::none() };
            }
            let span = match request.is_recorded() {
                true => span::send(&self.topic, event, request.producer()),
                false => Span::none(),
            };
            full = !self.send(&client, event, request.with(event, &span), notice);
            Sending { span }
        };
        let sending = events.iter().enumerate().map(hand_over).collect();
        client.look_for_answers();
        sending
    }

    /// Says whether there was room.
    fn send(&self, client: &Client, event: &Event, headers: OwnedHeaders, notice: Box<Notice>) -> bool {
        let key = event.partition_key();
        let mut record = Record::with_opaque_to(&self.topic, notice).key(&key).headers(headers);
        if let Some(bytes) = event.data.as_bytes() {
            record = record.payload(bytes);
        }
        client.send(record)
    }
}

#[cfg(test)]
mod tests;
