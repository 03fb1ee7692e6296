//! The Kafka client's producer, and what it tells from its own thread.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kafka::Access;
use rdkafka::Statistics;
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{ProducerContext, ThreadedProducer};
use telemetry::KafkaStatistics;

use super::deliveries::Notice;
use super::{Position, statistics};
use crate::instruments;

pub(super) type Client = ThreadedProducer<Context>;

/// Polled by the producer's own thread, with or without events: tokens are renewed while it is idle, too.
#[derive(Clone)]
pub(super) struct Context {
    access: Access,
    pub(super) statistics: Arc<KafkaStatistics>,
    /// Events that Kafka acknowledged, through this producer and those that it replaced.
    acknowledged: Arc<AtomicU64>,
}

impl Context {
    pub(super) fn new(access: Access) -> Self {
        Self { access, statistics: Arc::default(), acknowledged: Arc::default() }
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
