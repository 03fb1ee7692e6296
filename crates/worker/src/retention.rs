//! Looks after time: the days ahead have their partitions, rows leave after `FAROL_ROW_RETENTION`,
//! and keys after that and `FAROL_UNIQUENESS_WINDOW`, unless the flag `row-retention` is off.

use std::sync::Arc;
use std::time::Duration;

use flags::Flags;
use rdkafka::admin::{AdminOptions, ResourceSpecifier};
use time::OffsetDateTime;

use crate::config::Config;
use crate::instruments;
use crate::status::Status;
use crate::store::Store;

const ROUND: Duration = Duration::from_secs(3_600);
const START_CHECK: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(10);

/// How long what is kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// `FAROL_ROW_RETENTION`: how long a row stays, counted from the end of its day (UTC); for ever
    /// where it is not set.
    pub rows: Option<Duration>,
    /// `FAROL_UNIQUENESS_WINDOW`: how long a (source, id) cannot be stored again. Not shorter than
    /// what Kafka keeps, and never shorter than the row stays.
    pub uniqueness: Duration,
}

/// Does a round once the worker consumes, and every hour from then on.
pub(crate) async fn keep(config: Config, store: Store, status: Status, flags: Arc<Flags>) {
    while status.not_ready_because().is_some() {
        tokio::time::sleep(START_CHECK).await;
    }
    loop {
        match store.create_partitions().await {
            Ok(created) => {
                tracing::info!(name: "days_created", created, "partitions of the coming days are there")
            }
            // They are made a week ahead, so this may fail for days.
            Err(error) => {
                tracing::error!(
                    name: "days_not_created",
                    %error,
                    phase = status.not_ready_because(),
                    "partitions cannot be made"
                );
            }
        }
        match config.retention.rows {
            Some(rows) if flags.row_retention() => expire(&config, rows, &store).await,
            Some(_) => tracing::warn!(
                name: "retention_paused",
                "nothing leaves: the flag row-retention is off"
            ),
            None => {}
        }
        tokio::time::sleep(ROUND).await;
    }
}

async fn expire(config: &Config, rows: Duration, store: &Store) {
    let now = OffsetDateTime::now_utc();
    let keys_after = rows.max(config.retention.uniqueness);
    let keys_until = match kafka_keeps(config).await {
        Ok(kept) if kept <= keys_after => Some(now - keys_after),
        Ok(kept) => {
            tracing::error!(
                name: "keys_kept_by_kafka",
                ?kept,
                ?keys_after,
                "keys stay: Kafka keeps records longer than FAROL_UNIQUENESS_WINDOW"
            );
            None
        }
        Err(error) => {
            tracing::warn!(
                name: "keys_kept_unknown",
                error,
                "keys stay for now: how long Kafka keeps records cannot be asked"
            );
            None
        }
    };
    match store.expire(now - rows, keys_until).await {
        Ok(Some(expired)) => {
            instruments::expired(expired.days, expired.keys);
            tracing::info!(
                name: "retention_done",
                days = expired.days,
                keys = expired.keys,
                "retention: what is old has left"
            );
        }
        Ok(None) => tracing::debug!("another worker looks after retention"),
        Err(error) => {
            tracing::warn!(
                name: "retention_unfinished",
                %error,
                "retention could not be finished; the next round goes on"
            )
        }
    }
}

/// The topic's `retention.ms`: a record that can still come again needs its key.
pub(crate) async fn kafka_keeps(config: &Config) -> Result<Duration, String> {
    let (access, mut client) = (config.kafka.access(), config.kafka.client_config());
    client.set("client.id", crate::SERVICE.name);
    // The first credentials may take a while.
    let made = tokio::task::spawn_blocking(move || access.admin(&client)).await;
    let admin = made.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let topic = ResourceSpecifier::Topic(&config.kafka_topic);
    let described = admin.describe_configs([&topic], &options).await.map_err(|error| error.to_string())?;
    let settings = described.into_iter().next().ok_or("the broker describes nothing")?;
    let settings = settings.map_err(|code| code.to_string())?;
    let entry = settings.entries.into_iter().find(|entry| entry.name == "retention.ms");
    let value = entry.and_then(|entry| entry.value).ok_or("the topic has no retention.ms")?;
    // -1 stands for "for ever".
    match value.parse::<i64>() {
        Ok(-1) => Ok(Duration::MAX),
        Ok(ms) => Ok(Duration::from_millis(u64::try_from(ms).unwrap_or_default())),
        Err(error) => Err(format!("retention.ms is {value:?}: {error}")),
    }
}
