//! The way into Kafka: one idempotent producer, acks=all, and an answer for every event.

mod headers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use event::Event;
use futures::future::join_all;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use tracing::Span;
use tracing::field::Empty;

use crate::config::Config;
use crate::instruments;
use crate::topic_check::RECORD_OVERHEAD_BYTES;

/// The longest time an event waits for company in a batch.
const LINGER_MS: &str = "1";
/// The longest pause before a broker that was lost is tried again. The client doubles its pause up to this, and adds up to
/// half of it: with its own default, 10 s, a broker that came back went unused for up to 15 s.
const LONGEST_RECONNECT_PAUSE_MS: &str = "1000";
/// What the Kafka client may take beyond its delivery timeout to say that it gave up.
const GRACE: Duration = Duration::from_secs(2);

/// Where Kafka holds an acknowledged event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// Kafka did not acknowledge.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAcknowledged {
    /// The event never left: the Kafka client has no room.
    #[error("the queue of the Kafka client is full")]
    QueueFull,
    /// The event never left, or was refused: it is larger than the topic takes.
    #[error("the event is larger than the topic takes")]
    TooLarge,
    /// The event may or may not be there.
    #[error("Kafka did not acknowledge: {0}")]
    Unknown(KafkaError),
    /// The Kafka client said nothing in time; the event may or may not be there.
    #[error("the Kafka client did not answer in time")]
    TimedOut,
}

impl NotAcknowledged {
    /// Kafka's name for what happened, in the closed set of its error codes.
    fn error_type(&self) -> String {
        match self {
            Self::QueueFull => "QueueFull".to_owned(),
            Self::TooLarge => "MessageSizeTooLarge".to_owned(),
            Self::TimedOut => "timeout".to_owned(),
            Self::Unknown(error) => {
                error.rdkafka_error_code().map_or_else(|| "_OTHER".to_owned(), |code| format!("{code:?}"))
            }
        }
    }
}

impl From<KafkaError> for NotAcknowledged {
    fn from(error: KafkaError) -> Self {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => Self::QueueFull,
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => Self::TooLarge,
            _ => Self::Unknown(error),
        }
    }
}

/// Publishes events to one topic.
pub(crate) struct Publisher {
    /// Exchanged when an error made it useless for ever.
    producer: ArcSwap<FutureProducer<Context>>,
    settings: ClientConfig,
    topic: String,
    patience: Duration,
    acknowledged: AtomicU64,
}

struct Context;

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, advice = kafka::advice(reason), "kafka producer");
    }

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }
}

/// An event in the Kafka client's hands.
struct Sending {
    span: Span,
    started: Instant,
    delivery: Result<DeliveryFuture, NotAcknowledged>,
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
            .set("reconnect.backoff.max.ms", LONGEST_RECONNECT_PAUSE_MS)
            .set("delivery.timeout.ms", config.kafka.delivery_timeout.as_millis().to_string())
            .set("message.max.bytes", largest.to_string())
            .set("queue.buffering.max.kbytes", config.kafka.queue_kib.to_string())
            .set("queue.buffering.max.messages", config.kafka.queue_events.to_string());
        Self::with(settings, &config.kafka.topic, config.kafka.delivery_timeout)
    }

    fn with(settings: ClientConfig, topic: &str, delivery_timeout: Duration) -> Result<Self, KafkaError> {
        let producer = settings.create_with_context(Context)?;
        Ok(Self {
            producer: ArcSwap::from_pointee(producer),
            settings,
            topic: topic.to_owned(),
            patience: delivery_timeout + GRACE,
            acknowledged: AtomicU64::new(0),
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
        let fresh = self.settings.create_with_context(Context)?;
        let old = self.producer.swap(Arc::new(fresh));
        // Closing waits for the client's threads.
        tokio::task::spawn_blocking(move || drop(old));
        Ok(())
    }

    /// How many events are in the Kafka client's hands.
    pub(crate) fn queued(&self) -> usize {
        usize::try_from(self.producer.load().in_flight_count()).unwrap_or_default()
    }

    /// How many events were acknowledged since the start.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits for every event that is still on its way.
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        self.producer.load().flush(timeout)
    }

    /// Publishes events in their order; each `Ok` means that all in-sync replicas hold it. After
    /// the first that finds no room none is handed over, so that none overtakes it.
    pub(crate) async fn publish(
        &self,
        events: impl Iterator<Item = &Event>,
        producer: &str,
        received_at_ms: i64,
    ) -> Vec<Result<Position, NotAcknowledged>> {
        let client = self.producer.load_full();
        let mut full = false;
        let sending: Vec<_> = events
            .map(|event| {
                let sending = match full {
                    false => self.hand_over(&client, event, producer, received_at_ms),
                    true => Sending::not_handed_over(),
                };
                full |= matches!(sending.delivery, Err(NotAcknowledged::QueueFull));
                sending
            })
            .collect();
        join_all(sending.into_iter().map(|sending| self.wait_for(sending))).await
    }

    fn hand_over(
        &self,
        client: &FutureProducer<Context>,
        event: &Event,
        producer: &str,
        received_at_ms: i64,
    ) -> Sending {
        let span = self.producer_span();
        let started = Instant::now();
        let key = event.partition_key();
        let headers = headers::of(event, producer, received_at_ms, &span);
        let mut record = FutureRecord::<str, [u8]>::to(&self.topic).key(&key).headers(headers);
        if let Some(bytes) = event.data.as_bytes() {
            record = record.payload(bytes);
        }
        let delivery = client.send_result(record).map_err(|(error, _)| error.into());
        Sending { span, started, delivery }
    }

    async fn wait_for(&self, sending: Sending) -> Result<Position, NotAcknowledged> {
        let Sending { span, started, delivery } = sending;
        let result = match delivery {
            Ok(delivery) => self.outcome(delivery).await,
            Err(error) => Err(error),
        };
        instruments::sent(started.elapsed(), result.as_ref().err().map(NotAcknowledged::error_type));
        match &result {
            Ok(position) => {
                self.acknowledged.fetch_add(1, Ordering::Relaxed);
                span.record("messaging.destination.partition.id", position.partition.to_string());
                span.record("messaging.kafka.offset", position.offset);
            }
            Err(error) => {
                span.record("otel.status_code", "error");
                span.record("error.type", error.error_type());
                span.in_scope(|| tracing::warn!(%error, "an event was not acknowledged"));
            }
        }
        result
    }

    async fn outcome(&self, delivery: DeliveryFuture) -> Result<Position, NotAcknowledged> {
        match tokio::time::timeout(self.patience, delivery).await {
            Ok(Ok(Ok(at))) => Ok(Position { partition: at.partition, offset: at.offset }),
            Ok(Ok(Err((error, _)))) => Err(error.into()),
            // The producer was dropped with the event still in its queue.
            Ok(Err(_)) => Err(NotAcknowledged::Unknown(KafkaError::Canceled)),
            Err(_) => Err(NotAcknowledged::TimedOut),
        }
    }

    fn producer_span(&self) -> Span {
        tracing::info_span!(
            "send",
            otel.name = format!("send {}", self.topic),
            otel.kind = "producer",
            otel.status_code = Empty,
            error.r#type = Empty,
            messaging.system = "kafka",
            messaging.operation.name = "send",
            messaging.operation.r#type = "send",
            messaging.destination.name = self.topic,
            messaging.destination.partition.id = Empty,
            messaging.kafka.offset = Empty,
            messaging.client.id = crate::SERVICE.name,
        )
    }
}

impl Sending {
    fn not_handed_over() -> Self {
        Self { span: Span::none(), started: Instant::now(), delivery: Err(NotAcknowledged::QueueFull) }
    }
}

#[cfg(test)]
mod tests;
