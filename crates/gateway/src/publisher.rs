//! The way into Kafka: one idempotent producer, acks=all, and an answer for every event.

use std::time::{Duration, Instant};

use event::{Event, kafka};
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use telemetry::Injector;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::config::Config;
use crate::instruments;

/// The longest time an event waits for company in a batch.
const LINGER_MS: &str = "1";

/// Where Kafka holds an acknowledged event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// Kafka did not acknowledge; the event may or may not be there.
#[derive(Debug, thiserror::Error)]
#[error("Kafka did not acknowledge: {0}")]
pub(crate) struct NotAcknowledged(KafkaError);

impl NotAcknowledged {
    /// Kafka's name for what happened, in the closed set of its error codes.
    fn error_type(&self) -> String {
        self.0.rdkafka_error_code().map_or_else(|| "_OTHER".to_owned(), |code| format!("{code:?}"))
    }
}

/// Publishes events to one topic.
pub(crate) struct Publisher {
    producer: FutureProducer<Context>,
    topic: String,
}

struct Context;

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "kafka producer");
    }

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }
}

impl Publisher {
    pub(crate) fn connect(config: &Config) -> Result<Self, KafkaError> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &config.kafka.brokers)
            .set("client.id", crate::SERVICE.name)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", LINGER_MS)
            .set("delivery.timeout.ms", config.kafka.delivery_timeout.as_millis().to_string())
            .set("queue.buffering.max.kbytes", config.kafka.queue_kib.to_string())
            .set("queue.buffering.max.messages", config.kafka.queue_events.to_string())
            .create_with_context(Context)?;
        Ok(Self { producer, topic: config.kafka.topic.clone() })
    }

    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// An error after which this producer will never deliver again.
    pub(crate) fn fatal_error(&self) -> Option<RDKafkaErrorCode> {
        self.producer.client().fatal_error().map(|(code, _)| code)
    }

    /// Waits for every event that is still on its way.
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        self.producer.flush(timeout)
    }

    /// Publishes `event`; `Ok` means that all in-sync replicas hold it.
    pub(crate) async fn publish(
        &self,
        event: &Event,
        producer: &str,
        received_at_ms: i64,
    ) -> Result<Position, NotAcknowledged> {
        let span = tracing::info_span!(
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
        );
        let started = Instant::now();
        let sent = self.send(event, producer, received_at_ms, &span).instrument(span.clone()).await;
        instruments::sent(started.elapsed(), sent.as_ref().err().map(NotAcknowledged::error_type));
        match &sent {
            Ok(position) => {
                span.record("messaging.destination.partition.id", position.partition.to_string());
                span.record("messaging.kafka.offset", position.offset);
            }
            Err(error) => {
                span.record("otel.status_code", "error");
                span.record("error.type", error.error_type());
            }
        }
        sent
    }

    async fn send(
        &self,
        event: &Event,
        producer: &str,
        received_at_ms: i64,
        span: &Span,
    ) -> Result<Position, NotAcknowledged> {
        let key = event.partition_key();
        let headers = Headers::of(event, producer, received_at_ms, span);
        let mut record = FutureRecord::<str, [u8]>::to(&self.topic).key(&key).headers(headers);
        if let Some(bytes) = event.data.as_bytes() {
            record = record.payload(bytes);
        }
        let delivery = self.producer.send_result(record).map_err(|(error, _)| NotAcknowledged(error))?;
        match delivery.await {
            Ok(Ok(at)) => Ok(Position { partition: at.partition, offset: at.offset }),
            Ok(Err((error, _))) => Err(NotAcknowledged(error)),
            // The producer was dropped with the event still in its queue.
            Err(_) => Err(NotAcknowledged(KafkaError::Canceled)),
        }
    }
}

/// The headers of a record while they are written.
struct Headers(OwnedHeaders);

impl Headers {
    /// The event's attributes, who sent it and when, and the span that the worker continues.
    fn of(event: &Event, producer: &str, received_at_ms: i64, span: &Span) -> OwnedHeaders {
        let mut headers = Self(OwnedHeaders::new());
        for (name, value) in kafka::headers(event) {
            headers.add(&name, value);
        }
        headers.add("farol-producer", producer);
        headers.add("farol-received-at", &received_at_ms.to_string());
        telemetry::inject(span, &mut headers);
        headers.0
    }

    fn add(&mut self, key: &str, value: &str) {
        let headers = std::mem::replace(&mut self.0, OwnedHeaders::new_with_capacity(0));
        self.0 = headers.insert(Header { key, value: Some(value) });
    }
}

impl Injector for Headers {
    fn set(&mut self, key: &str, value: String) {
        self.add(key, &value);
    }
}
