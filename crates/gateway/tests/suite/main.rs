//! The gateway on real Kafka, PostgreSQL and Redis.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod intake;
mod management;
mod process;
mod refusals;
mod support;
