//! The metric of trace contexts that cannot be read.

use metrics::{counter, describe_counter};

use crate::Remote;

const BROKEN_CONTEXTS: &str = "farol_broken_trace_contexts_total";

pub(crate) fn describe() {
    describe_counter!(BROKEN_CONTEXTS, "Trace contexts of requests, records and events that cannot be read");
    counter!(BROKEN_CONTEXTS).absolute(0);
}

impl Remote {
    /// The same, counted where it is broken.
    pub fn counted(self) -> Self {
        if matches!(self, Self::Broken) {
            counter!(BROKEN_CONTEXTS).increment(1);
        }
        self
    }
}
