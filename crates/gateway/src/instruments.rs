//! Every metric of the gateway: names, help texts and the closed sets of their labels; one file
//! a subject.

mod dependencies;
mod intake;
mod kafka;
mod keys;
mod pressure;
mod rates;
mod receipts;
mod redis;
mod requests;
mod stored_cache;
#[cfg(test)]
mod tests;

pub(crate) use dependencies::dependency_check;
pub(crate) use intake::{EventOutcome, acknowledged, event, events, not_acknowledged};
pub(crate) use kafka::{Latencies, Quantiles, kafka_latencies, own_code};
pub(crate) use keys::keys_reloaded;
pub(crate) use pressure::{pressure, producer_rebuilt};
pub(crate) use rates::{Decider, rate_decision};
pub(crate) use receipts::{ReceiptOutcome, receipts};
pub(crate) use redis::{
    BreakerPosition, RedisFailure, RedisOperation, redis_breaker, redis_call, redis_skipped,
};
pub(crate) use requests::{active_requests, request};
pub(crate) use stored_cache::{StoredCacheResult, stored_cache};

/// Gives every metric its help text. Called once, before anything is recorded.
pub(crate) fn describe() {
    requests::describe();
    intake::describe();
    kafka::describe();
    keys::describe();
    pressure::describe();
    rates::describe();
    receipts::describe();
    redis::describe();
    stored_cache::describe();
    dependencies::describe();
    ::kafka::describe();
    flags::describe();
}
