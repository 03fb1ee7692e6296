//! Metrics of HTTP requests, by the semantic conventions.

use std::time::Duration;

use metrics::{describe_gauge, describe_histogram, gauge, histogram};

const REQUEST_DURATION: &str = "http_server_request_duration_seconds";
const ACTIVE_REQUESTS: &str = "http_server_active_requests";

pub(super) fn describe() {
    describe_histogram!(REQUEST_DURATION, "Time from the head of a request to its answer");
    describe_gauge!(ACTIVE_REQUESTS, "Requests being answered now");
}

/// One answered request; `route` is a pattern of the URL map, never a path.
pub(crate) fn request(method: &'static str, route: String, status: u16, took: Duration) {
    histogram!(
        REQUEST_DURATION,
        "http_request_method" => method,
        "http_route" => route,
        "http_response_status_code" => status.to_string(),
    )
    .record(took.as_secs_f64());
}

pub(crate) fn active_requests(change: f64) {
    gauge!(ACTIVE_REQUESTS).increment(change);
}
