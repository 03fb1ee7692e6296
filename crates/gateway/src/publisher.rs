//! The way into Kafka: one idempotent producer, acks=all, and an answer for every event.

mod headers;
mod not_acknowledged;
mod span;
mod statistics;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use event::Event;
use futures::future::join_all;
use kafka::Access;
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use rdkafka::{ClientConfig, Statistics};
use telemetry::KafkaStatistics;
use tracing::Span;

use crate::config::Config;
use crate::instruments;
use crate::topic_check::RECORD_OVERHEAD_BYTES;

use headers::RequestHeaders;

pub(crate) use not_acknowledged::NotAcknowledged;

/// The longest time an event waits for company in a batch: Kafka's own default since 4.0. Measured beside 1 ms, with 64
/// connections: a tenth less CPU here, a quarter less in the broker, the same median latency.
const LINGER_MS: &str = "5";
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
    producer: ArcSwap<FutureProducer<Context>>,
    settings: ClientConfig,
    topic: String,
    patience: Duration,
    acknowledged: AtomicU64,
    context: Context,
}

/// Polled by the producer's own thread, with or without events: tokens are renewed while it is idle, too.
#[derive(Clone)]
struct Context {
    access: Access,
    statistics: Arc<KafkaStatistics>,
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.access.generate_oauth_token(config)
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let advice = self.access.advice(reason);
        tracing::warn!(name: "kafka_producer_error", %error, reason, advice, "kafka producer");
    }

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }

    fn stats(&self, statistics: Statistics) {
        self.statistics.came();
        instruments::kafka_latencies(statistics::latencies(&statistics));
    }
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
        let context = Context { access, statistics: Arc::default() };
        settings.set("statistics.interval.ms", KafkaStatistics::INTERVAL_MS);
        let producer = settings.create_with_context(context.clone())?;
        Ok(Self {
            producer: ArcSwap::from_pointee(producer),
            settings,
            topic: topic.to_owned(),
            patience: delivery_timeout + GRACE,
            acknowledged: AtomicU64::new(0),
            context,
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
        usize::try_from(self.producer.load().in_flight_count()).unwrap_or_default()
    }

    /// How many events were acknowledged since the start.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Sets the metric of how old the client's statistics are.
    pub(crate) fn report_statistics(&self) {
        self.context.statistics.report_age();
    }

    /// Waits for every event that is still on its way.
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        self.producer.load().flush(timeout)
    }

    /// Publishes events in their order. After the first that finds no room none is handed over, so
    /// that none overtakes it.
    pub(crate) async fn publish(
        &self,
        events: impl Iterator<Item = &Event>,
        producer: &str,
        received_at_ms: i64,
    ) -> Published {
        let client = self.producer.load_full();
        let request = RequestHeaders::of(Span::current(), producer, received_at_ms);
        let mut full = false;
        let sending: Vec<_> = events
            .map(|event| {
                let sending = match full {
                    false => self.hand_over(&client, event, &request),
                    true => Sending::not_handed_over(),
                };
                full |= matches!(sending.delivery, Err(NotAcknowledged::QueueFull));
                sending
            })
            .collect();
        let handed_over = Instant::now();
        let results = join_all(sending.into_iter().map(|sending| self.wait_for(sending))).await;
        Published { results, waited: handed_over.elapsed() }
    }

    fn hand_over(
        &self,
        client: &FutureProducer<Context>,
        event: &Event,
        request: &RequestHeaders<'_>,
    ) -> Sending {
        let span = span::send(request.span(), &self.topic, event, request.producer());
        let started = Instant::now();
        let key = event.partition_key();
        let headers = request.with(event, &span);
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

    async fn outcome(&self, delivery: DeliveryFuture) -> Result<Position, NotAcknowledged> {
        match tokio::time::timeout(self.patience, delivery).await {
            Ok(Ok(Ok(at))) => Ok(Position { partition: at.partition, offset: at.offset }),
            Ok(Ok(Err((error, _)))) => Err(error.into()),
            // The producer was dropped with the event still in its queue.
            Ok(Err(_)) => Err(NotAcknowledged::Unknown(KafkaError::Canceled)),
            Err(_) => Err(NotAcknowledged::TimedOut),
        }
    }
}

impl Sending {
    fn not_handed_over() -> Self {
        Self { span: Span::none(), started: Instant::now(), delivery: Err(NotAcknowledged::QueueFull) }
    }
}

#[cfg(test)]
mod tests;
