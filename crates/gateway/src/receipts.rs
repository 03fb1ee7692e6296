//! First receipts in Redis: a repeated event gets the answer it got before. An aid, never a
//! guard: whatever Redis does, the answer stays right and no request waits for it long.

use std::sync::Arc;
use std::time::Duration;

use event::EventKey;
use fred::clients::Client;
use fred::interfaces::{ClientLike as _, KeysInterface as _};
use fred::types::config::Config as RedisConfig;
use fred::types::{Builder, Expiration, SetOptions};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::instruments::{self, Operation, Outcome};

/// How long a request waits for Redis before it goes on without.
const PATIENCE: Duration = Duration::from_millis(20);
/// How many receipts may wait to be written; more are dropped, which costs nothing but the aid.
const MAX_WAITING: usize = 4_096;

/// What is kept of the first receipt of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The event's digest in hexadecimal: tells a repeat from a conflict.
    pub(crate) digest: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) trace_id: Option<String>,
}

/// The receipts of the last minutes.
#[derive(Clone)]
pub(crate) struct Receipts {
    redis: Client,
    window: Duration,
    waiting: Arc<tokio::sync::Semaphore>,
}

impl Receipts {
    /// Starts to connect and returns at once: the gateway serves with or without Redis.
    pub(crate) fn connect(config: &Config) -> Result<Self, fred::error::Error> {
        let redis = Builder::from_config(RedisConfig::from_url(config.redis.url.reveal())?)
            .with_connection_config(|connection| connection.max_command_buffer_len = MAX_WAITING)
            .with_performance_config(|performance| {
                performance.default_command_timeout = Duration::from_secs(1)
            })
            .set_policy(fred::types::config::ReconnectPolicy::new_exponential(0, 100, 5_000, 2))
            .build()?;
        redis.connect();
        let waiting = Arc::new(tokio::sync::Semaphore::new(MAX_WAITING));
        Ok(Self { redis, window: config.redis.receipt_window, waiting })
    }

    /// The first receipt of this event, if Redis knows it and says so in time.
    pub(crate) async fn find(&self, key: EventKey) -> Option<Kept> {
        if !self.redis.is_connected() {
            instruments::receipt_cache(Operation::Find, Outcome::Unavailable);
            return None;
        }
        match tokio::time::timeout(PATIENCE, self.redis.get::<Option<String>, _>(name(key))).await {
            Ok(Ok(text)) => {
                let kept = text.and_then(|text| serde_json::from_str(&text).ok());
                instruments::receipt_cache(
                    Operation::Find,
                    if kept.is_some() { Outcome::Hit } else { Outcome::Miss },
                );
                kept
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "redis did not answer");
                instruments::receipt_cache(Operation::Find, Outcome::Failed);
                None
            }
            Err(_) => {
                instruments::receipt_cache(Operation::Find, Outcome::TimedOut);
                None
            }
        }
    }

    /// Keeps a receipt, off the request's path. The first one of an event stays.
    pub(crate) fn keep(&self, key: EventKey, kept: &Kept) {
        let Ok(permit) = Arc::clone(&self.waiting).try_acquire_owned() else {
            instruments::receipt_cache(Operation::Keep, Outcome::Unavailable);
            return;
        };
        let text = serde_json::json!(kept).to_string();
        let (redis, window) = (self.redis.clone(), self.window);
        tokio::spawn(async move {
            let expiry = Expiration::PX(i64::try_from(window.as_millis()).unwrap_or(i64::MAX));
            let written: Result<Option<String>, _> =
                redis.set(name(key), text, Some(expiry), Some(SetOptions::NX), false).await;
            let outcome = match written {
                Ok(_) => Outcome::Written,
                Err(error) => {
                    tracing::debug!(%error, "redis did not take a receipt");
                    Outcome::Failed
                }
            };
            instruments::receipt_cache(Operation::Keep, outcome);
            drop(permit);
        });
    }
}

fn name(key: EventKey) -> String {
    format!("farol:receipt:{key}")
}
