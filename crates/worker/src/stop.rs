//! The word to stop, for a thread that cannot be awaited in the middle of its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Told to stop, by anyone who holds a clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Tells to stop when it goes out of scope, whatever the reason.
    pub(crate) fn when_dropped(&self) -> StopGuard {
        StopGuard(self.clone())
    }
}

/// See [`Stop::when_dropped`].
pub(crate) struct StopGuard(Stop);

impl Drop for StopGuard {
    fn drop(&mut self) {
        self.0.now();
    }
}
