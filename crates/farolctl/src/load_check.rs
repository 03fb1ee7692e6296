//! What the load check stands on: a gateway with a Redis of its own and a link to Kafka that can
//! be narrowed and cut, an open-loop load, and the checks. The order is in `commands/load_check.rs`.

pub(crate) mod bed;
pub(crate) mod check;
pub(crate) mod connection;
pub(crate) mod link;
pub(crate) mod memory;
pub(crate) mod open_loop;
pub(crate) mod overload;
pub(crate) mod pressure;
pub(crate) mod redis_faults;
pub(crate) mod redis_server;
pub(crate) mod requests;
pub(crate) mod slow_client;
pub(crate) mod slow_clients;
pub(crate) mod stall;
pub(crate) mod tally;

use std::time::Duration;

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Events per second that are offered while Kafka is too slow for them.
    pub(crate) rate: u32,
    /// Events per second that the link to Kafka lets through.
    pub(crate) capacity: u32,
    /// Connections of the overload.
    pub(crate) connections: usize,
    /// How long the overload lasts.
    pub(crate) overload: Duration,
    /// How long each phase lasts in which something is broken or whole.
    pub(crate) phase: Duration,
    /// Events per second while something else than Kafka is broken.
    pub(crate) normal_rate: u32,
    /// Slow connections of each kind.
    pub(crate) slow: usize,
}

/// What a machine with other work may add to any latency: a turn of the scheduler, not a queue.
pub(crate) const SCHEDULING: Duration = Duration::from_millis(20);
