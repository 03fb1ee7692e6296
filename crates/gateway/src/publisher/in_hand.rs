//! How many events are in the Kafka client's hands; it would have to be locked to be asked.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what was handed over and what was answered, each for ever: threads that hand over and the one that answers do
/// not write the same number.
#[derive(Debug, Default)]
pub(super) struct InHand {
    handed_over: AtomicUsize,
    answered: AtomicUsize,
}

impl InHand {
    pub(super) fn hand_over(&self) {
        self.handed_over.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were answered since the start, whatever the answer.
    pub(super) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// How many are handed over and not answered.
    pub(super) fn count(&self) -> usize {
        let answered = self.answered();
        self.handed_over.load(Ordering::Relaxed).saturating_sub(answered)
    }
}
