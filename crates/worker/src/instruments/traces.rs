//! Metrics of trace contexts that come with records.

use metrics::{counter, describe_counter};

const BROKEN_CONTEXTS: &str = "farol_broken_trace_contexts_total";

pub(super) fn describe() {
    describe_counter!(BROKEN_CONTEXTS, "Records whose trace context cannot be read");
    counter!(BROKEN_CONTEXTS).absolute(0);
}

pub(crate) fn broken_trace_context() {
    counter!(BROKEN_CONTEXTS).increment(1);
}
