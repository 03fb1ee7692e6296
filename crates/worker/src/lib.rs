//! Kafka in, PostgreSQL out: turns each record into exactly one row, a duplicate of a row, or a
//! dead letter with its cause, and keeps the books that prove it.

mod assignment;
mod batch;
mod config;
mod consumer;
mod continuity;
mod failure;
mod gauges;
mod headers;
mod in_flight;
mod instruments;
mod lag;
mod management;
mod membership;
pub mod migrate;
#[cfg(test)]
mod model;
mod pipeline;
mod record;
mod retention;
mod startup;
mod status;
mod stop;
mod store;
mod trace;

pub use config::Config;
pub use retention::Retention;
pub use startup::{StartError, Worker};

/// Who this service is in traces and logs.
pub const SERVICE: telemetry::Service =
    telemetry::Service { name: "farol-worker", version: env!("CARGO_PKG_VERSION") };
