//! The gateway on real Kafka, PostgreSQL and Redis.

mod intake;
mod management;
mod process;
mod refusals;
mod support;
