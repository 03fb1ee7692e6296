//! The gateway on real Kafka, PostgreSQL and Redis.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod admission;
mod batches;
mod checks;
mod docs_page;
mod flags;
mod hostile;
mod http;
mod intake;
mod keys;
mod landing_page;
mod load_balancer;
mod management;
mod management_listener;
mod openapi;
mod process;
mod redis;
mod redis_outages;
mod refusals;
mod rolling_restart;
mod sampling;
mod signals;
mod support;
