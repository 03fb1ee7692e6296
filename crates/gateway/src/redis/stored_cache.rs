//! Answers about stored events, remembered for a while: a row never changes, so that only its
//! leaving by retention can make an answer old.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use event::EventKey;
use fred::interfaces::KeysInterface as _;
use fred::types::Expiration;
use tokio::sync::Semaphore;

use super::connection::Connection;
use super::names;
use super::seal::Seal;
use crate::instruments::{self, RedisOperation, StoredCacheResult};

/// The longest answer that is remembered, in bytes: larger ones are rare and would push out receipts.
const MAX_BYTES: usize = 64 * 1024;
/// Writes at a time. One more is not made, since the next look-up may well remember it.
const MAX_WRITES: usize = 32;

pub(super) struct StoredCache {
    connection: Arc<Connection>,
    topic: String,
    keep_for: Duration,
    writes: Arc<Semaphore>,
    seal: Seal,
}

impl StoredCache {
    /// Remembers nothing where `keep_for` is zero.
    pub(super) fn new(connection: Arc<Connection>, topic: &str, keep_for: Duration, seal: Seal) -> Self {
        let writes = Arc::new(Semaphore::new(MAX_WRITES));
        Self { connection, topic: topic.to_owned(), keep_for, writes, seal }
    }

    pub(super) async fn find(&self, key: EventKey) -> Option<Bytes> {
        if self.keep_for.is_zero() {
            return None;
        }
        let name = self.name(key);
        let question = self.connection.client().get::<Option<Bytes>, _>(&name);
        let found = self.connection.call(RedisOperation::FindStored, question).await;
        let found = found
            .map(|kept| kept.and_then(|kept| Some(kept.slice_ref(self.seal.open(name.as_bytes(), &kept)?))));
        instruments::stored_cache(match &found {
            Some(Some(_)) => StoredCacheResult::Hit,
            Some(None) => StoredCacheResult::Miss,
            None => StoredCacheResult::Unavailable,
        });
        found.flatten()
    }

    /// Returns at once; whether Redis takes it changes nothing but the next look-up's cost.
    pub(super) fn keep(&self, key: EventKey, answer: Bytes) {
        if self.keep_for.is_zero() || answer.len() > MAX_BYTES {
            return;
        }
        let Ok(write) = Arc::clone(&self.writes).try_acquire_owned() else { return };
        let (connection, name) = (Arc::clone(&self.connection), self.name(key));
        let answer = self.seal.close(name.as_bytes(), answer);
        let keep_for = Expiration::PX(i64::try_from(self.keep_for.as_millis()).unwrap_or(i64::MAX).max(1));
        tokio::spawn(async move {
            let work = connection.client().set::<(), _, _>(name, answer, Some(keep_for), None, false);
            // A failure is measured by the call itself.
            connection.call(RedisOperation::KeepStored, work).await;
            drop(write);
        });
    }

    fn name(&self, key: EventKey) -> String {
        names::stored(&self.topic, key)
    }
}
