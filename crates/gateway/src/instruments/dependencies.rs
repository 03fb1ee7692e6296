//! Metrics of the checks of Kafka, PostgreSQL and Redis.

use std::time::Duration;

use metrics::{describe_histogram, histogram};

use crate::dependencies::{Dependency, Reason};

const CHECK_DURATION: &str = "farol_dependency_check_duration_seconds";

pub(super) fn describe() {
    describe_histogram!(
        CHECK_DURATION,
        "Time that one check of a dependency took, connecting included, by its result"
    );
}

/// One check; without a reason it passed.
pub(crate) fn dependency_check(dependency: Dependency, reason: Option<Reason>, took: Duration) {
    let result = reason.map_or("ok", Reason::name);
    histogram!(CHECK_DURATION, "dependency" => dependency.name(), "result" => result)
        .record(took.as_secs_f64());
}
