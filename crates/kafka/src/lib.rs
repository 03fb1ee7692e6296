//! The one way to Kafka: where the brokers are, how connections to them are secured and how clients log in, as
//! librdkafka's properties and contexts. Knows no topic, and of producers and consumers only that they log in.

mod access;
mod cluster;
mod failure;
mod hand_over;
mod login;
mod protocol;

pub use access::{Access, describe};
pub use cluster::{BROKERS, Cluster, LONGEST_RECONNECT_PAUSE_MS};
