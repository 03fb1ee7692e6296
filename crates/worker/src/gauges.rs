//! Sets the gauges that nobody's work sets: how old what waits is, how full the pool is, what the
//! ledger says. Off the way of records, at its own pace.

use std::sync::Arc;
use std::time::{Duration, Instant};

use telemetry::KafkaStatistics;
use time::OffsetDateTime;

use crate::config::Config;
use crate::lag::Lag;
use crate::store::Store;
use crate::{instruments, retention};

const ROUND: Duration = Duration::from_secs(1);
/// PostgreSQL is asked by every worker, and each says the same: rules take the largest.
const LEDGER_ROUND: Duration = Duration::from_secs(15);
const RETENTION_ROUND: Duration = Duration::from_secs(600);

/// What the pipeline and the Kafka client tell, for [`keep`] to turn into gauges.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) lag: Lag,
    pub(crate) statistics: KafkaStatistics,
}

impl Gauges {
    /// A partition that has gone: its last values are not left behind.
    pub(crate) fn gone(&self, partition: i32) {
        self.lag.remove(partition);
        instruments::lag(partition, 0);
        instruments::lag_age(partition, Duration::ZERO, 0.0);
    }

    /// All partitions have gone with their client.
    pub(crate) fn all_gone(&self) {
        self.lag.clear().into_iter().for_each(|partition| self.gone(partition));
    }

    fn report_lag(&self, retention: Option<Duration>) {
        let mut oldest = Duration::ZERO;
        for (partition, age) in self.lag.ages(now_ms()) {
            let used = retention.map_or(0.0, |kept| age.as_secs_f64() / kept.as_secs_f64());
            instruments::lag_age(partition, age, used);
            oldest = oldest.max(age);
        }
        instruments::oldest_unprocessed(oldest);
    }
}

/// Milliseconds since 1970, as Kafka counts.
pub(crate) fn now_ms() -> i64 {
    let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
    i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX)
}

/// Sets them again and again.
pub(crate) async fn keep(config: Config, store: Store, gauges: Arc<Gauges>) {
    tokio::join!(keep_lag(&config, &store, &gauges), keep_ledger(&config, &store),);
}

async fn keep_lag(config: &Config, store: &Store, gauges: &Gauges) {
    let mut retention: Option<Duration> = None;
    let mut asked: Option<Instant> = None;
    loop {
        if asked.is_none_or(|at| at.elapsed() >= RETENTION_ROUND) {
            match retention::kafka_keeps(config).await {
                Ok(kept) => {
                    retention = Some(kept).filter(|kept| *kept < Duration::MAX && !kept.is_zero());
                    asked = Some(Instant::now());
                }
                Err(error) => tracing::debug!(error, "how long Kafka keeps records cannot be asked"),
            }
        }
        gauges.report_lag(retention);
        gauges.statistics.report_age();
        store.report_pool();
        tokio::time::sleep(ROUND).await;
    }
}

async fn keep_ledger(config: &Config, store: &Store) {
    loop {
        match store.figures(&config.kafka_topic).await {
            Ok(figures) => {
                instruments::ledger(figures.ledger);
                for (cause, count) in figures.open_letters {
                    instruments::open_dead_letters(cause, count);
                }
            }
            // The metric of the question has the error; whatever keeps PostgreSQL away is told elsewhere.
            Err(error) => tracing::debug!(%error, "the ledger cannot be read"),
        }
        tokio::time::sleep(LEDGER_ROUND).await;
    }
}
