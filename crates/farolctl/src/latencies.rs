//! How long requests took: a histogram that keeps three digits up to two minutes, whatever their number.

use std::time::Duration;

use hdrhistogram::{CreationError, Histogram};

const HIGHEST_MICROS: u64 = 120_000_000;
const DIGITS: u8 = 3;

/// Latencies as they come; one beyond two minutes counts as two minutes.
#[derive(Debug, Clone)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> Result<Self, CreationError> {
        Histogram::new_with_max(HIGHEST_MICROS, DIGITS).map(Self)
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(HIGHEST_MICROS));
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    pub(crate) fn p50(&self) -> Option<Duration> {
        self.quantile(0.5)
    }

    pub(crate) fn p99(&self) -> Option<Duration> {
        self.quantile(0.99)
    }

    pub(crate) fn p999(&self) -> Option<Duration> {
        self.quantile(0.999)
    }

    pub(crate) fn longest(&self) -> Option<Duration> {
        self.quantile(1.0)
    }

    /// What this share of them did not exceed; `None` of none.
    fn quantile(&self, share: f64) -> Option<Duration> {
        (!self.0.is_empty()).then(|| Duration::from_micros(self.0.value_at_quantile(share)))
    }
}

/// As a figure for readers.
pub(crate) fn milliseconds(latency: Duration) -> f64 {
    latency.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_what_its_share_did_not_exceed() {
        let mut latencies = Latencies::new().unwrap();
        assert_eq!(latencies.longest(), None);
        for number in 0..2_000 {
            latencies.record(Duration::from_millis(if number < 1_990 { 1 } else { 500 }));
        }
        let near = |latency: Option<Duration>, expected: f64| {
            (milliseconds(latency.unwrap()) / expected - 1.0).abs() < 0.01
        };
        assert!(near(latencies.p50(), 1.0) && near(latencies.p99(), 1.0), "{latencies:?}");
        assert!(near(latencies.p999(), 500.0) && near(latencies.longest(), 500.0), "{latencies:?}");
    }

    #[test]
    fn what_takes_longer_than_two_minutes_is_two_minutes() {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::MAX);
        assert!(latencies.longest().is_some_and(|longest| (119..122).contains(&longest.as_secs())));
    }
}
