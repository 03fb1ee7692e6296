//! HTTP in, Kafka out: takes CloudEvents from services and answers 202 only when Kafka holds
//! them on all in-sync replicas.

mod admission;
mod backlog;
mod body;
pub mod config;
mod cursor;
mod database;
mod dependencies;
mod drain_rate;
mod http_limits;
mod instruments;
mod intake;
mod keys;
mod leave_taking;
mod listener;
mod management_listener;
mod observe;
mod openapi;
mod problem;
mod producer_rate;
mod publisher;
mod redis;
mod routes;
mod server;
mod startup;
mod supervision;
mod topic_check;
mod trace_context;

pub use config::Config;
pub use startup::{Gateway, StartError};

/// Who this service is in traces and in `/version`.
pub const SERVICE: telemetry::Service =
    telemetry::Service { name: "farol-gateway", version: env!("CARGO_PKG_VERSION") };
