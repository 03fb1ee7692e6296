//! Settings of the way to Redis.

use std::time::Duration;

use service::{Environment, Secret};
use tls::Trust;

const URL: &str = "FAROL_REDIS_URL";
const CA_FILE: &str = "FAROL_REDIS_CA_FILE";
const RECEIPT_KEY: &str = "FAROL_RECEIPT_KEY";
/// Below this a key can be found by trying.
const LEAST_KEY_BYTES: usize = 32;

/// Rates, first receipts and remembered look-ups: aids, never guards.
#[derive(Debug, Clone)]
pub struct Redis {
    /// `FAROL_REDIS_URL`: where it is; with TLS where it begins with `rediss`.
    pub url: Secret,
    /// `FAROL_REDIS_CA_FILE`: the authorities of its certificate, instead of the system's.
    pub trust: Trust,
    /// `FAROL_REDIS_TIMEOUT`: how long a request waits for Redis before it goes on without. A few
    /// answers in a row that take longer, and Redis is left alone for a while.
    pub timeout: Duration,
    /// `FAROL_RECEIPT_WINDOW`: how long a repeated event gets its first receipt again.
    pub receipt_window: Duration,
    /// `FAROL_RECEIPT_KEY`: seals receipts and remembered look-ups; the same for all gateways that share a Redis.
    pub receipt_key: Option<Secret>,
    /// `FAROL_STORED_CACHE`: how long a found row is remembered for the next look-up.
    pub stored_cache: Duration,
}

impl Redis {
    pub(super) fn read(env: &mut Environment<'_>) -> Option<Self> {
        let url = env.secret(URL, "rediss://:password@host:port, or redis:// without TLS");
        let trust = Trust::read(env, CA_FILE);
        let timeout = env.duration("FAROL_REDIS_TIMEOUT", "20ms");
        let receipt_window = env.duration("FAROL_RECEIPT_WINDOW", "10m");
        let stored_cache = env.duration("FAROL_STORED_CACHE", "1m");
        let receipt_key = receipt_key(env);
        let (url, trust) = (url?, trust?);
        if trust.file().is_some() && !url.reveal().starts_with("rediss") {
            return env
                .mistake(format!("{CA_FILE} is set, and {URL} does not begin with rediss: no TLS there"));
        }
        Some(Self {
            url,
            trust,
            timeout: timeout?,
            receipt_window: receipt_window?,
            receipt_key: receipt_key?,
            stored_cache: stored_cache?,
        })
    }
}

/// `Some(None)` where none is set.
fn receipt_key(env: &mut Environment<'_>) -> Option<Option<Secret>> {
    match env.optional_secret(RECEIPT_KEY)? {
        Some(key) if key.reveal().len() < LEAST_KEY_BYTES => {
            env.mistake(format!("{RECEIPT_KEY} is shorter than {LEAST_KEY_BYTES} characters"))
        }
        key => Some(key),
    }
}
