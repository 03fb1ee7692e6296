//! Every metric of the gateway: names, help texts and the closed sets of their labels.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::problem::Kind;

const REQUEST_DURATION: &str = "http_server_request_duration_seconds";
const ACTIVE_REQUESTS: &str = "http_server_active_requests";
const SEND_DURATION: &str = "messaging_client_operation_duration_seconds";
const SENT: &str = "messaging_client_sent_messages_total";
const EVENTS: &str = "farol_events_total";
const RECEIPT_CACHE: &str = "farol_receipt_cache_total";

/// Gives every metric its help text. Called once, before anything is recorded.
pub(crate) fn describe() {
    describe_histogram!(REQUEST_DURATION, "Time from the head of a request to its answer");
    describe_gauge!(ACTIVE_REQUESTS, "Requests being answered now");
    describe_histogram!(
        SEND_DURATION,
        "Time from handing an event to the Kafka client to its acknowledgement"
    );
    describe_counter!(SENT, "Events handed to the Kafka client, by error where one was not acknowledged");
    describe_counter!(EVENTS, "Events that clients sent, by what became of them and why");
    describe_counter!(RECEIPT_CACHE, "Look-ups and writes of first receipts in Redis, by result");
}

/// What became of an event that a client sent.
pub(crate) enum EventOutcome {
    Accepted,
    Repeat,
    Refused(Kind),
}

pub(crate) fn event(outcome: &EventOutcome) {
    let (outcome, reason) = match outcome {
        EventOutcome::Accepted => ("accepted", ""),
        EventOutcome::Repeat => ("repeat", ""),
        EventOutcome::Refused(kind) => ("refused", kind.name()),
    };
    counter!(EVENTS, "outcome" => outcome, "reason" => reason).increment(1);
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

/// One event handed to the Kafka client; the error's name comes from Kafka's closed set.
pub(crate) fn sent(took: Duration, error_type: Option<String>) {
    let error_type = error_type.unwrap_or_default();
    histogram!(SEND_DURATION, "messaging_operation_name" => "send", "error_type" => error_type.clone())
        .record(took.as_secs_f64());
    counter!(SENT, "error_type" => error_type).increment(1);
}

/// What is done with the receipt cache.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    Find,
    Keep,
}

/// How it went.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    Hit,
    Miss,
    Written,
    TimedOut,
    Failed,
    Unavailable,
}

pub(crate) fn receipt_cache(operation: Operation, outcome: Outcome) {
    let operation = match operation {
        Operation::Find => "find",
        Operation::Keep => "keep",
    };
    let result = match outcome {
        Outcome::Hit => "hit",
        Outcome::Miss => "miss",
        Outcome::Written => "written",
        Outcome::TimedOut => "timed_out",
        Outcome::Failed => "failed",
        Outcome::Unavailable => "unavailable",
    };
    counter!(RECEIPT_CACHE, "operation" => operation, "result" => result).increment(1);
}
