//! How old the Kafka client's last statistics are. They come only while the client is served, so
//! that its gauges stand still just when something is wrong: this one does not.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use metrics::{describe_gauge, gauge};

const AGE: &str = "farol_kafka_statistics_age_seconds";

pub(crate) fn describe() {
    describe_gauge!(
        AGE,
        "Age of the Kafka client's last statistics: while it grows, their gauges say nothing"
    );
}

/// When statistics last came; the start counts as the first time.
#[derive(Debug)]
pub struct KafkaStatistics(Mutex<Instant>);

impl Default for KafkaStatistics {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl KafkaStatistics {
    /// How often the client is asked for them, as librdkafka's `statistics.interval.ms`.
    pub const INTERVAL_MS: &'static str = "5000";

    /// They came just now.
    pub fn came(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Sets the metric. To be called every now and then.
    pub fn report_age(&self) {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gauge!(AGE).set(last.elapsed().as_secs_f64());
    }
}
