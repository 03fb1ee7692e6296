//! The gateway on real Kafka, PostgreSQL and Redis.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod admission;
mod batches;
mod http;
mod intake;
mod keys;
mod management;
mod process;
mod redis;
mod redis_outages;
mod refusals;
mod support;
