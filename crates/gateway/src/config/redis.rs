//! Settings of the way to Redis.

use std::time::Duration;

use service::{Environment, Secret};

/// Rates, first receipts and remembered look-ups: aids, never guards.
#[derive(Debug, Clone)]
pub struct Redis {
    /// `FAROL_REDIS_URL`: where it is.
    pub url: Secret,
    /// `FAROL_REDIS_TIMEOUT`: how long a request waits for Redis before it goes on without. A few
    /// answers in a row that take longer, and Redis is left alone for a while.
    pub timeout: Duration,
    /// `FAROL_RECEIPT_WINDOW`: how long a repeated event gets its first receipt again.
    pub receipt_window: Duration,
    /// `FAROL_STORED_CACHE`: how long a found row is remembered for the next look-up.
    pub stored_cache: Duration,
}

impl Redis {
    pub(super) fn read(env: &mut Environment<'_>) -> Option<Self> {
        let url = env.secret("FAROL_REDIS_URL", "redis://:password@host:port");
        let timeout = env.duration("FAROL_REDIS_TIMEOUT", "20ms");
        let receipt_window = env.duration("FAROL_RECEIPT_WINDOW", "10m");
        let stored_cache = env.duration("FAROL_STORED_CACHE", "1m");
        Some(Self {
            url: url?,
            timeout: timeout?,
            receipt_window: receipt_window?,
            stored_cache: stored_cache?,
        })
    }
}
