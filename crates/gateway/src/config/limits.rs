//! What one request, and all of them together, may take.

use service::Environment;

/// Bounds of requests. Together with Kafka's queue they are the process's memory budget.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `FAROL_MAX_EVENT_BYTES`: the largest event taken.
    pub max_event_bytes: usize,
    /// `FAROL_MAX_BATCH_BYTES`: the largest body of a batch.
    pub max_batch_bytes: usize,
    /// `FAROL_MAX_BATCH_EVENTS`: the most events of a batch.
    pub max_batch_events: usize,
    /// `FAROL_MAX_IN_FLIGHT_REQUESTS`: the most requests with events that are answered at one time.
    pub max_in_flight_requests: usize,
    /// `FAROL_MAX_IN_FLIGHT_BYTES`: the most bytes their bodies may take together.
    pub max_in_flight_bytes: usize,
}

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

impl Limits {
    pub(super) fn read(env: &mut Environment<'_>) -> Option<Self> {
        let max_event_bytes = env.number("FAROL_MAX_EVENT_BYTES", MIB, KIB..=16 * MIB);
        let max_batch_bytes = env.number("FAROL_MAX_BATCH_BYTES", 4 * MIB, KIB..=64 * MIB);
        let max_batch_events = env.number("FAROL_MAX_BATCH_EVENTS", 1_000, 1..=10_000);
        let max_in_flight_requests = env.number("FAROL_MAX_IN_FLIGHT_REQUESTS", 2_048, 1..=100_000);
        let max_in_flight_bytes = env.number("FAROL_MAX_IN_FLIGHT_BYTES", 64 * MIB, KIB..=4 * KIB * MIB);
        let limits = Self {
            max_event_bytes: max_event_bytes?,
            max_batch_bytes: max_batch_bytes?,
            max_batch_events: max_batch_events?,
            max_in_flight_requests: max_in_flight_requests?,
            max_in_flight_bytes: max_in_flight_bytes?,
        };
        if limits.max_batch_bytes < limits.max_event_bytes {
            return env.mistake("FAROL_MAX_BATCH_BYTES is below FAROL_MAX_EVENT_BYTES".to_owned());
        }
        if limits.max_in_flight_bytes < limits.max_batch_bytes {
            return env.mistake("FAROL_MAX_IN_FLIGHT_BYTES is below FAROL_MAX_BATCH_BYTES".to_owned());
        }
        Some(limits)
    }
}
