//! What of the Kafka client's statistics becomes metrics.

use std::time::Duration;

use rdkafka::Statistics;
use rdkafka::statistics::{Broker, Window};

use crate::instruments::{Latencies, Quantiles};

/// The slowest broker's, each: one that answers slowly is not to hide behind the others. Nothing is
/// sent where nothing waits, and then both are 0.
pub(super) fn latencies(statistics: &Statistics) -> Latencies {
    let brokers = || statistics.brokers.values();
    Latencies {
        queue_wait: slowest(brokers().filter_map(|broker: &Broker| broker.int_latency.as_ref())),
        round_trip: slowest(brokers().filter_map(|broker: &Broker| broker.rtt.as_ref())),
    }
}

fn slowest<'w>(windows: impl Iterator<Item = &'w Window>) -> Quantiles {
    windows.filter(|window| window.cnt > 0).fold(Quantiles::default(), |slowest, window| Quantiles {
        p50: slowest.p50.max(micros(window.p50)),
        p99: slowest.p99.max(micros(window.p99)),
    })
}

fn micros(value: i64) -> Duration {
    Duration::from_micros(u64::try_from(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(cnt: i64, p50: i64, p99: i64) -> Window {
        Window { cnt, p50, p99, ..Window::default() }
    }

    #[test]
    fn the_slowest_broker_counts_and_one_that_measured_nothing_does_not() {
        let windows = [window(9, 2_000, 3_000), window(9, 1_000, 5_000), window(0, 9_000, 9_000)];
        let (p50, p99) = (Duration::from_millis(2), Duration::from_millis(5));
        assert_eq!(slowest(windows.iter()), Quantiles { p50, p99 });
        assert_eq!(slowest([].iter()), Quantiles::default());
    }
}
