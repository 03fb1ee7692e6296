//! The one way to Kafka: where the brokers are and how connections to them are secured, as
//! librdkafka's properties. Knows no topic, no producer and no consumer.

mod cluster;
mod failure;
mod login;
mod protocol;

pub use cluster::{BROKERS, Cluster};
pub use failure::advice;
