//! The latencies of one round and what follows from them.

use std::time::Duration;

use hdrhistogram::{CreationError, Histogram};

/// Three digits up to two minutes, in microseconds.
const HIGHEST_MICROS: u64 = 120_000_000;
const DIGITS: u8 = 3;

/// Latencies as they come.
pub(crate) struct Tally {
    latencies: Histogram<u64>,
    late: Histogram<u64>,
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
        let latencies = Histogram::new_with_max(HIGHEST_MICROS, DIGITS)?;
        Ok(Self { late: latencies.clone(), latencies, refused: 0 })
    }

    pub(crate) fn record(&mut self, latency: Duration, late: Duration) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(HIGHEST_MICROS);
        self.latencies.saturating_record(micros(latency));
        self.late.saturating_record(micros(late));
    }

    pub(crate) fn refuse(&mut self) {
        self.refused += 1;
    }

    /// All of it took `elapsed`, and each request had so many events.
    pub(crate) fn seen(&self, elapsed: Duration, events_per_request: u64) -> Seen {
        let milliseconds = |of: &Histogram<u64>, share| {
            Duration::from_micros(of.value_at_quantile(share)).as_secs_f64() * 1e3
        };
        let events = self.latencies.len() * events_per_request;
        Seen {
            events,
            per_second: events as f64 / elapsed.as_secs_f64().max(f64::EPSILON),
            p50: milliseconds(&self.latencies, 0.5),
            p99: milliseconds(&self.latencies, 0.99),
            p999: milliseconds(&self.latencies, 0.999),
            late_p99: milliseconds(&self.late, 0.99),
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
