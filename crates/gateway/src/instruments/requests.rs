//! Metrics of HTTP requests, by the semantic conventions.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

use metrics::{Gauge, Histogram, describe_gauge, describe_histogram, gauge, histogram};

use crate::routes::EVENTS_PATH;

const REQUEST_DURATION: &str = "http_server_request_duration_seconds";
const ACTIVE_REQUESTS: &str = "http_server_active_requests";

pub(super) fn describe() {
    describe_histogram!(REQUEST_DURATION, "Time from the head of a request to its answer");
    describe_gauge!(ACTIVE_REQUESTS, "Requests being answered now");
}

/// One answered request; `route` is a pattern of the URL map, never a path.
pub(crate) fn request(method: &'static str, route: Cow<'static, str>, status: u16, took: Duration) {
    /// Nearly all requests, looked up once.
    static EVENTS_ACCEPTED: LazyLock<Histogram> = LazyLock::new(|| duration("POST", EVENTS_PATH.into(), 202));
    match (method, &*route, status) {
        ("POST", EVENTS_PATH, 202) => EVENTS_ACCEPTED.record(took),
        _ => duration(method, route, status).record(took),
    }
}

fn duration(method: &'static str, route: Cow<'static, str>, status: u16) -> Histogram {
    histogram!(
        REQUEST_DURATION,
        "http_request_method" => method,
        "http_route" => route,
        "http_response_status_code" => status.to_string(),
    )
}

pub(crate) fn active_requests(change: f64) {
    static ACTIVE: LazyLock<Gauge> = LazyLock::new(|| gauge!(ACTIVE_REQUESTS));
    ACTIVE.increment(change);
}
