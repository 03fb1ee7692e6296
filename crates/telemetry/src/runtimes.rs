//! The metrics of tokio's runtimes: the program's own, and one for each thread of its HTTP server.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::{describe_counter, describe_gauge, gauge};
use tokio::runtime::Handle;

const WORKERS: &str = "tokio_workers";
const ALIVE_TASKS: &str = "tokio_alive_tasks";
const QUEUE_DEPTH: &str = "tokio_global_queue_depth";
const BUSY: &str = "tokio_busy_seconds_total";
const BUSY_HELP: &str = "Time that all workers of all runtimes together were busy";

/// The runtimes that are watched.
#[derive(Clone, Default)]
pub(crate) struct Runtimes(Arc<Mutex<Vec<Handle>>>);

pub(crate) fn describe() {
    describe_counter!(BUSY, BUSY_HELP);
    describe_gauge!(WORKERS, "Threads that run tasks, over all runtimes");
    describe_gauge!(ALIVE_TASKS, "Tasks that have not ended, over all runtimes");
    describe_gauge!(
        QUEUE_DEPTH,
        "Tasks that are ready to run and belong to no thread yet, over all runtimes"
    );
}

impl Runtimes {
    /// Watches one more; one that is known already stays known once.
    pub(crate) fn watch(&self, runtime: Handle) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.iter().all(|known| known.id() != runtime.id()) {
            all.push(runtime);
        }
    }

    /// Sets the gauges, and appends the counter to `page` by hand: the recorder's counters are
    /// whole numbers, and whole seconds are too coarse for a rate.
    #[expect(clippy::cast_precision_loss, reason = "gauges are doubles, and counts stay below 2^52")]
    pub(crate) fn report(&self, page: impl FnOnce() -> String) -> String {
        let (mut workers, mut tasks, mut queued, mut busy) = (0, 0, 0, Duration::ZERO);
        for runtime in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let metrics = runtime.metrics();
            workers += metrics.num_workers();
            tasks += metrics.num_alive_tasks();
            queued += metrics.global_queue_depth();
            busy += (0..metrics.num_workers())
                .map(|worker| metrics.worker_total_busy_duration(worker))
                .sum::<Duration>();
        }
        gauge!(WORKERS).set(workers as f64);
        gauge!(ALIVE_TASKS).set(tasks as f64);
        gauge!(QUEUE_DEPTH).set(queued as f64);
        let mut page = page();
        let written = write!(
            page,
            "# HELP {BUSY} {BUSY_HELP}\n# TYPE {BUSY} counter\n{BUSY} {}\n\n",
            busy.as_secs_f64()
        );
        debug_assert!(written.is_ok(), "a string takes everything");
        page
    }
}
