//! The Kafka client's producer, and what it tells on its poller's thread.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kafka::Access;
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use rdkafka::{ClientConfig, Statistics};
use telemetry::KafkaStatistics;

use super::deliveries::Notice;
use super::in_hand::InHand;
use super::poller::{self, Poller};
use super::{NotAcknowledged, Position, statistics};
use crate::instruments;

/// An event on its way into the Kafka client.
pub(super) type Record<'r> = BaseRecord<'r, str, [u8], Box<Notice>>;

/// A producer that is polled, with or without events: tokens are renewed while it is idle, too.
pub(super) struct Client {
    // Ends before the producer, which then tells what it still held.
    poller: Poller,
    producer: Arc<BaseProducer<Context>>,
}

impl Client {
    pub(super) fn new(settings: &ClientConfig, context: Context) -> Result<Self, KafkaError> {
        Self::looking_every(poller::IDLE, settings, context)
    }

    pub(super) fn looking_every(
        idle: Duration,
        settings: &ClientConfig,
        context: Context,
    ) -> Result<Self, KafkaError> {
        let producer = Arc::new(BaseProducer::from_config_and_context(settings, context)?);
        let no_thread = |error| KafkaError::ClientCreation(format!("its thread cannot be started: {error}"));
        let poller = Poller::start(Arc::clone(&producer), idle).map_err(no_thread)?;
        Ok(Self { poller, producer })
    }

    /// Hands over an event, or answers it at once. Says whether there was room for it.
    pub(super) fn send(&self, record: Record<'_>) -> bool {
        let Err((error, record)) = self.producer.send(record) else { return true };
        let error = NotAcknowledged::from(error);
        let had_room = !matches!(error, NotAcknowledged::QueueFull);
        record.delivery_opaque.answer(Err(error));
        had_room
    }

    /// To be called when some events were sent.
    pub(super) fn look_for_answers(&self) {
        self.poller.look_for_answers();
    }

    /// Waits until everything is answered.
    pub(super) fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        self.producer.flush(timeout)
    }

    /// An error after which it will never deliver again.
    pub(super) fn fatal_error(&self) -> Option<RDKafkaErrorCode> {
        self.producer.client().fatal_error().map(|(code, _)| code)
    }
}

/// What is told, and counted, through a producer and those that take its place.
#[derive(Clone)]
pub(super) struct Context {
    access: Access,
    pub(super) statistics: Arc<KafkaStatistics>,
    /// Events that Kafka acknowledged.
    acknowledged: Arc<AtomicU64>,
    pub(super) in_hand: Arc<InHand>,
}

impl Context {
    pub(super) fn new(access: Access) -> Self {
        Self { access, statistics: Arc::default(), acknowledged: Arc::default(), in_hand: Arc::default() }
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }
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

impl ProducerContext for Context {
    type DeliveryOpaque = Box<Notice>;

    fn delivery(&self, result: &DeliveryResult<'_>, notice: Box<Notice>) {
        notice.answer(match result {
            Ok(message) => {
                self.acknowledged.fetch_add(1, Ordering::Relaxed);
                Ok(Position { partition: message.partition(), offset: message.offset() })
            }
            Err((error, _)) => Err(error.clone().into()),
        });
    }
}
