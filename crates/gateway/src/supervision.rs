//! Looks at the way into Kafka a few times a second: how fast events leave, how full it is, and
//! whether its producer still works.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::instruments;
use crate::startup::State;

const LOOK: Duration = Duration::from_millis(250);
/// A producer is replaced at most this often: what broke it may last.
const REBUILD_PAUSE: Duration = Duration::from_secs(5);

/// Looks for ever.
pub(crate) async fn run(state: Arc<State>) {
    let mut last = Look::at(&state);
    let mut rebuilt: Option<Instant> = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let now = Look::at(&state);
        if last.queued > 0 && now.queued > 0 {
            state.drain_rate.note(now.acknowledged - last.acknowledged, now.at - last.at);
        }
        let (requests, bytes) = state.admission.in_flight();
        instruments::pressure(requests, bytes, now.queued, state.drain_rate.per_second());
        state.publisher.report_statistics();
        state.database.report_pool();
        if rebuilt.is_none_or(|at| at.elapsed() >= REBUILD_PAUSE) && rebuild_if_fatal(&state) {
            rebuilt = Some(Instant::now());
        }
        last = now;
    }
}

/// One look at the queue.
struct Look {
    at: Instant,
    acknowledged: u64,
    queued: usize,
}

impl Look {
    fn at(state: &State) -> Self {
        let publisher = &state.publisher;
        Self { at: Instant::now(), acknowledged: publisher.acknowledged(), queued: publisher.queued() }
    }
}

fn rebuild_if_fatal(state: &State) -> bool {
    let Some(code) = state.publisher.fatal_error() else { return false };
    instruments::producer_rebuilt();
    match state.publisher.rebuild() {
        Ok(()) => {
            tracing::error!(
                name: "kafka_producer_replaced",
                ?code,
                "the Kafka producer broke for good and was replaced"
            )
        }
        Err(error) => {
            tracing::error!(
                name: "kafka_producer_not_replaced",
                ?code,
                %error,
                "the Kafka producer broke for good and cannot be replaced yet"
            )
        }
    }
    true
}
