//! Metrics: the process-wide recorder and the page that Prometheus scrapes.

use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use tokio::runtime::Handle;

use crate::runtimes::Runtimes;
use crate::{StartError, broken_contexts, build_info, database_operations, kafka_statistics, pool, runtimes};

/// Every histogram whose name ends so is a duration and gets the duration buckets.
pub const SECONDS_SUFFIX: &str = "_seconds";

/// From half a millisecond, below which nothing here waits, to ten seconds, where requests end.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counts of records in a batch.
const RECORDS: [f64; 9] = [1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0, 10_000.0];

/// Gauges whose name or label Prometheus reserves for histograms and summaries: the semantic
/// conventions call a pool's connections so, and the Kafka client tells quantiles. Without a type
/// they mean the same, and its own judge takes no offence.
const RESERVED: [&str; 3] =
    ["db_client_connection_count", "farol_kafka_queue_wait_seconds", "farol_kafka_round_trip_seconds"];

/// How often histogram samples that nobody scraped yet are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// The metrics of this process, rendered on demand.
#[derive(Clone)]
pub struct MetricsPage {
    handle: PrometheusHandle,
    process: Collector,
    runtimes: Runtimes,
}

impl MetricsPage {
    /// The media type of [`MetricsPage::render`].
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// Makes the recorder of this process the one that all `metrics` macros write to.
    pub(crate) fn install() -> Result<Self, StartError> {
        let handle = PrometheusBuilder::new()
            .set_buckets(&RECORDS)?
            .set_buckets_for_metric(Matcher::Suffix(SECONDS_SUFFIX.to_owned()), &SECONDS)?
            .install_recorder()?;
        let page = Self { handle, process: Collector::default(), runtimes: Runtimes::default() };
        describe();
        keep_up(page.handle.clone());
        if let Ok(runtime) = Handle::try_current() {
            page.watch(runtime);
        }
        Ok(page)
    }

    /// Counts in one more runtime of tokio. An HTTP server has one for each of its threads.
    pub fn watch(&self, runtime: Handle) {
        self.runtimes.watch(runtime);
    }

    /// The page in Prometheus text format 0.0.4.
    pub fn render(&self) -> String {
        self.process.collect();
        self.runtimes.report(|| RESERVED.iter().fold(self.handle.render(), untyped))
    }
}

fn untyped(page: String, name: &&str) -> String {
    page.replacen(&format!("# TYPE {name} gauge\n"), &format!("# TYPE {name} untyped\n"), 1)
}

/// Gives the metrics of every program their help texts.
pub fn describe() {
    Collector::default().describe();
    broken_contexts::describe();
    build_info::describe();
    database_operations::describe();
    kafka_statistics::describe();
    pool::describe();
    runtimes::describe();
}

/// Without this, samples pile up without bound for as long as nobody scrapes. The thread lives
/// as long as the process, like the recorder it serves.
fn keep_up(handle: PrometheusHandle) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(UPKEEP);
            handle.run_upkeep();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_the_objectives_are_bounds_of_buckets() {
        for (objective, bound) in [("acknowledged in", 0.25), ("committed in", 5.0)] {
            assert!(SECONDS.contains(&bound), "{objective} {bound} s");
        }
    }
}
