//! Which build runs, as a metric: the moment it changes is the moment of a deployment.

use metrics::{describe_gauge, gauge};

use crate::Service;

const BUILD_INFO: &str = "farol_build_info";

pub(crate) fn describe() {
    describe_gauge!(BUILD_INFO, "1, with the version and the commit that run as labels");
}

/// The commit is compiled in where `FAROL_COMMIT` is set for the build, and empty elsewhere.
pub(crate) fn set(service: Service) {
    let commit = option_env!("FAROL_COMMIT").unwrap_or_default();
    gauge!(BUILD_INFO, "version" => service.version, "commit" => commit).set(1.0);
}
