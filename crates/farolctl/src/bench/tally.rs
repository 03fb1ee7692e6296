//! The latencies of one round and what follows from them.

use std::time::Duration;

use hdrhistogram::CreationError;

use crate::latencies::{Latencies, milliseconds};

/// Latencies as they come.
pub(crate) struct Tally {
    latencies: Latencies,
    late: Latencies,
    refused: u64,
}

/// What a round's sender saw, in events and milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) events: u64,
    pub(crate) per_second: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    /// How much later than meant the requests were sent, in p99; always 0 in a closed loop.
    pub(crate) late_p99: f64,
    /// Requests that were told to come again; their cost is in the others'.
    pub(crate) refused: u64,
}

impl Tally {
    pub(crate) fn new() -> Result<Self, CreationError> {
        let latencies = Latencies::new()?;
        Ok(Self { late: latencies.clone(), latencies, refused: 0 })
    }

    pub(crate) fn record(&mut self, latency: Duration, late: Duration) {
        self.latencies.record(latency);
        self.late.record(late);
    }

    pub(crate) fn refuse(&mut self) {
        self.refused += 1;
    }

    /// All of it took `elapsed`, and each request had so many events.
    pub(crate) fn seen(&self, elapsed: Duration, events_per_request: u64) -> Seen {
        let figure = |latency: Option<Duration>| latency.map_or(0.0, milliseconds);
        let events = self.latencies.count() * events_per_request;
        Seen {
            events,
            per_second: events as f64 / elapsed.as_secs_f64().max(f64::EPSILON),
            p50: figure(self.latencies.p50()),
            p99: figure(self.latencies.p99()),
            p999: figure(self.latencies.p999()),
            late_p99: figure(self.late.p99()),
            refused: self.refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_in_milliseconds_and_rates_in_events() {
        let mut tally = Tally::new().unwrap();
        for number in 1..=1_000 {
            tally.record(Duration::from_millis(number), Duration::ZERO);
        }
        let seen = tally.seen(Duration::from_secs(10), 100);
        assert_eq!((seen.events, seen.per_second), (100_000, 10_000.0));
        for (measured, expected) in [(seen.p50, 500.0), (seen.p99, 990.0), (seen.p999, 999.0)] {
            assert!((measured - expected).abs() <= expected / 500.0, "{measured} is not {expected}");
        }
    }
}
