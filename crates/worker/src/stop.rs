//! The word to stop, for a thread that cannot be awaited in the middle of its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How soon who waits hears the word.
const TICK: Duration = Duration::from_millis(50);

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

    /// Waits, and answers whether the time passed without the word.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while !self.is_set() && Instant::now() < until {
            std::thread::sleep(TICK);
        }
        !self.is_set()
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
