//! Metrics: the process-wide recorder and the page that Prometheus scrapes.

use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

use crate::StartError;

/// Every histogram whose name ends so is a duration and gets the duration buckets.
pub const SECONDS_SUFFIX: &str = "_seconds";

/// From half a millisecond, below which nothing here waits, to ten seconds, where requests end.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counts of records in a batch.
const RECORDS: [f64; 9] = [1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0, 10_000.0];

/// How often histogram samples that nobody scraped yet are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// The metrics of this process, rendered on demand.
#[derive(Clone)]
pub struct MetricsPage {
    handle: PrometheusHandle,
    process: Collector,
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
        let process = Collector::default();
        process.describe();
        keep_up(handle.clone());
        Ok(Self { handle, process })
    }

    /// The page in Prometheus text format 0.0.4.
    pub fn render(&self) -> String {
        self.process.collect();
        self.handle.render()
    }
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
