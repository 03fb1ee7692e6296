//! The admission script, receipts and the breaker against real Redis.

mod outages;
mod rates;
mod receipts;
mod sealed;
mod tls;
mod together;

use std::time::Duration;

use event::{Digest, EventId, EventKey, Source};
use testkit::RedisServer;

use super::*;
use crate::producer_rate::Quota;

/// Long enough that a busy machine makes no difference.
const PATIENT: Duration = Duration::from_secs(5);

fn connect(url: String, timeout: Duration) -> Redis {
    let (receipt_window, stored_cache) = (Duration::from_secs(600), Duration::from_secs(60));
    let (url, trust) = (service::Secret::new(url), ::tls::Trust::system());
    let config = config::Redis { url, trust, timeout, receipt_window, receipt_key: None, stored_cache };
    Redis::connect(&config, "t").unwrap()
}

/// The tests' shared Redis, connected, and a producer of the test's own.
async fn shared() -> (Redis, String) {
    let redis = connect(testkit::redis_url(), PATIENT);
    connected(&redis).await;
    (redis, uuid::Uuid::new_v4().to_string())
}

async fn connected(redis: &Redis) {
    testkit::eventually("Redis is connected and the breaker closed", || async {
        let ask = redis.client().get::<Option<String>, _>("farol:nothing");
        redis.call(RedisOperation::FindReceipt, ask).await
    })
    .await;
}

fn rate(events_per_second: u32, burst: u32) -> Option<Rate> {
    Some(Rate { events_per_second: events_per_second.try_into().unwrap(), burst: burst.try_into().unwrap() })
}

fn keys(count: usize) -> Vec<EventKey> {
    let source: Source = "/test".parse().unwrap();
    let key = |_| EventKey::of(&source, &uuid::Uuid::new_v4().to_string().parse::<EventId>().unwrap());
    (0..count).map(key).collect()
}

fn kept(offset: i64) -> Kept {
    Kept { digest: Digest::from([1; 32]), partition: 2, offset, trace_id: None }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn verdict(redis: &Redis, producer: &str, rate: Option<Rate>, events: usize) -> Verdict {
    redis.ask(producer, rate, &keys(events)).await.verdict
}
