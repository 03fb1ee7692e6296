//! The way into Kafka: one idempotent producer, acks=all, and an answer for every event.

mod client;
mod deliveries;
mod headers;
mod not_acknowledged;
mod span;
mod statistics;
mod wakes;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use event::Event;
use kafka::Access;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseRecord, Producer as _};
use telemetry::KafkaStatistics;
use tracing::Span;

use crate::config::Config;
use crate::instruments;
use crate::topic_check::RECORD_OVERHEAD_BYTES;

use client::{Client, Context};
use deliveries::{Delivered, Deliveries, Notice};
use headers::RequestHeaders;

pub(crate) use not_acknowledged::NotAcknowledged;
pub(crate) use wakes::Wakes;

/// The longest time an event waits for company in a batch. Measured with 64 connections, beside 5 ms (Kafka's own default
/// since 4.0): half as many events again at the same CPU; beside none: a fifth less CPU.
const LINGER_MS: &str = "1";
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
    /// How many events are in the Kafka client's hands; it would have to be locked to be asked.
    held: Arc<AtomicUsize>,
}

/// What became of the events of one request.
pub(crate) struct Published {
    /// One for each, in their order; each `Ok` means that all in-sync replicas hold it.
    pub(crate) results: Vec<Result<Position, NotAcknowledged>>,
    /// How long Kafka was waited for.
    pub(crate) waited: Duration,
}

/// An event in the Kafka client's hands.
struct Sending {
    span: Span,
    started: Instant,
}

impl Publisher {
    pub(crate) fn connect(config: &Config) -> Result<Self, KafkaError> {
        let largest = config.limits.max_event_bytes + RECORD_OVERHEAD_BYTES;
        let mut settings = config.kafka.cluster.client_config();
        settings
            .set("client.id", crate::SERVICE.name)
            .set("enable.idempotence", "true")
            .set("acks", "all")
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
        let producer = settings.create_with_context(context.clone())?;
        Ok(Self {
            producer: ArcSwap::from_pointee(producer),
            settings,
            topic: topic.to_owned(),
            patience: delivery_timeout + GRACE,
            context,
            held: Arc::default(),
        })
    }

    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// An error after which this producer will never deliver again.
    pub(crate) fn fatal_error(&self) -> Option<RDKafkaErrorCode> {
        self.producer.load().client().fatal_error().map(|(code, _)| code)
    }

    /// Puts a new producer in the place of one that will never deliver again. What the old one
    /// still held is answered as not acknowledged, so its clients repeat it.
    pub(crate) fn rebuild(&self) -> Result<(), KafkaError> {
        let fresh = self.settings.create_with_context(self.context.clone())?;
        let old = self.producer.swap(Arc::new(fresh));
        // Closing waits for the client's threads.
        tokio::task::spawn_blocking(move || drop(old));
        Ok(())
    }

    /// How many events are in the Kafka client's hands.
    pub(crate) fn queued(&self) -> usize {
        self.held.load(Ordering::Relaxed)
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
        let deliveries = Deliveries::of(events.len(), wakes.clone(), Arc::clone(&self.held));
        let sending = self.hand_over(events, &deliveries, producer, received_at_ms);
        let handed_over = Instant::now();
        let delivered = deliveries.wait(self.patience).await;
        let waited = handed_over.elapsed();
        let mut acknowledged = Vec::with_capacity(events.len());
        let end =
            |(sending, delivered): (Sending, Option<Delivered>)| sending.end(delivered, &mut acknowledged);
        let results = sending.into_iter().zip(delivered).map(end).collect();
        instruments::acknowledged(&acknowledged);
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
                return Sending { span: Span::none(), started: Instant::now() };
            }
            let span = match request.is_recorded() {
                true => span::send(&self.topic, event, request.producer()),
                false => Span::none(),
            };
            let started = Instant::now();
            full = self.send(&client, event, request.with(event, &span), notice);
            Sending { span, started }
        };
        events.iter().enumerate().map(hand_over).collect()
    }

    /// Answers whether there was no room.
    fn send(&self, client: &Client, event: &Event, headers: OwnedHeaders, notice: Box<Notice>) -> bool {
        let key = event.partition_key();
        let mut record =
            BaseRecord::<str, [u8], _>::with_opaque_to(&self.topic, notice).key(&key).headers(headers);
        if let Some(bytes) = event.data.as_bytes() {
            record = record.payload(bytes);
        }
        let Err((error, record)) = client.send(record) else { return false };
        let error = NotAcknowledged::from(error);
        let full = matches!(error, NotAcknowledged::QueueFull);
        record.delivery_opaque.answer(Err(error));
        full
    }
}

impl Sending {
    /// Tells what became of it in its span and, where it was not acknowledged, in metrics; those of the others are told
    /// together.
    fn end(
        self,
        delivered: Option<Delivered>,
        acknowledged: &mut Vec<Duration>,
    ) -> Result<Position, NotAcknowledged> {
        let Self { span, started } = self;
        let Delivered { result, at } = delivered.unwrap_or_else(Delivered::not_in_time);
        let took = at.saturating_duration_since(started);
        match &result {
            Ok(position) => {
                acknowledged.push(took);
                if !span.is_disabled() {
                    span.record("messaging.destination.partition.id", position.partition.to_string());
                    span.record("messaging.kafka.offset", position.offset);
                }
            }
            Err(error) => {
                instruments::not_acknowledged(took, error.error_type());
                span.record("otel.status_code", "error");
                span.record("error.type", error.error_type());
                span.in_scope(|| {
                    tracing::warn!(
                        name: "event_not_acknowledged",
                        %error,
                        "an event was not acknowledged"
                    )
                });
            }
        }
        result
    }
}

#[cfg(test)]
mod tests;
