//! Whether telemetry can fail without anything else noticing: a gateway and a worker whose only way
//! to the collector is broken and mended in paired rounds. The order is in `commands/telemetry_isolation.rs`.

pub(crate) mod bed;
pub(crate) mod collector_link;
pub(crate) mod rounds;
pub(crate) mod statistics;

use std::time::Duration;

/// How much is sent, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Events per second, each with its spans.
    pub(crate) rate: u32,
    /// How long one round lasts.
    pub(crate) round: Duration,
    /// Pairs of a round with a whole collector and one with a broken one, for each kind of fault.
    pub(crate) pairs: usize,
}
