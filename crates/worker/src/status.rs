//! What the worker is doing, for `/ready` and for alerts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::instruments;

/// Why a worker does not consume until somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    /// PostgreSQL refuses in a way that does not pass by itself.
    Database,
    /// Offsets that were never consumed are gone from the topic.
    LogTruncated,
    /// The topic does not hold the offset that the ledger expects.
    OffsetOutOfRange,
    /// The topic holds another record than the one that the ledger decided last.
    LogDiverged,
}

impl Reason {
    pub(crate) const ALL: [Self; 4] =
        [Self::Database, Self::LogTruncated, Self::OffsetOutOfRange, Self::LogDiverged];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::LogTruncated => "log_truncated",
            Self::OffsetOutOfRange => "offset_out_of_range",
            Self::LogDiverged => "log_diverged",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Until the group gave it its partitions, be they none.
    Starting,
    Consuming,
    Stopped(Reason),
    Draining,
}

/// The worker's phase, shared between pipeline and management.
#[derive(Debug, Clone)]
pub(crate) struct Status(Arc<Mutex<Phase>>);

impl Status {
    pub(crate) fn starting() -> Self {
        Self(Arc::new(Mutex::new(Phase::Starting)))
    }

    /// The schema is there, whatever was missing.
    pub(crate) fn joining(&self) {
        self.set(Phase::Starting);
    }

    /// The group gave it its partitions. What it stopped for, if it did, is as it was.
    pub(crate) fn assigned(&self) {
        if self.phase() == Phase::Starting {
            self.set(Phase::Consuming);
        }
    }

    /// The pipeline runs; a pause for something that passes by itself counts as running.
    pub(crate) fn consuming(&self) {
        self.set(Phase::Consuming);
    }

    /// The pipeline stands still until somebody acts.
    pub(crate) fn stopped(&self, reason: Reason) {
        self.set(Phase::Stopped(reason));
    }

    /// The worker was told to stop; that is final.
    pub(crate) fn draining(&self) {
        self.set(Phase::Draining);
    }

    /// Why the worker is not ready; `None` while it is.
    pub(crate) fn not_ready_because(&self) -> Option<&'static str> {
        match self.phase() {
            Phase::Starting => Some("starting"),
            Phase::Consuming => None,
            Phase::Stopped(reason) => Some(reason.name()),
            Phase::Draining => Some("draining"),
        }
    }

    fn phase(&self) -> Phase {
        *self.lock()
    }

    fn set(&self, phase: Phase) {
        let mut current = self.lock();
        if *current != Phase::Draining {
            *current = phase;
        }
        for reason in Reason::ALL {
            instruments::stopped(reason, *current == Phase::Stopped(reason));
        }
    }
    /// A phase is whole, whoever panicked.
    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
