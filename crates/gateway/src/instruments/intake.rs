//! Metrics of events on their way from the client into Kafka.

use std::sync::LazyLock;
use std::time::Duration;

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};

use crate::problem::Kind;

const EVENTS: &str = "farol_events_total";
const SEND_DURATION: &str = "messaging_client_operation_duration_seconds";
const SENT: &str = "messaging_client_sent_messages_total";

pub(super) fn describe() {
    describe_counter!(EVENTS, "Events that clients sent, by what became of them and why");
    describe_histogram!(
        SEND_DURATION,
        "Time from handing an event to the Kafka client to its acknowledgement"
    );
    describe_counter!(SENT, "Events handed to the Kafka client, by error where one was not acknowledged");
    for outcome in EventOutcome::all() {
        events(&outcome, 0);
    }
    counter!(SENT, "error_type" => "").absolute(0);
}

/// What became of an event that a client sent.
pub(crate) enum EventOutcome {
    Accepted,
    Repeat,
    Refused(Kind),
}

impl EventOutcome {
    fn all() -> impl Iterator<Item = Self> {
        let refused = Kind::ALL.iter().filter(|kind| kind.is_of_an_event()).map(|kind| Self::Refused(*kind));
        [Self::Accepted, Self::Repeat].into_iter().chain(refused)
    }
}

pub(crate) fn event(outcome: &EventOutcome) {
    events(outcome, 1);
}

/// So many events of one outcome.
pub(crate) fn events(outcome: &EventOutcome, count: u64) {
    /// Nearly all events, looked up once.
    static ACCEPTED: LazyLock<Counter> =
        LazyLock::new(|| counter!(EVENTS, "outcome" => "accepted", "reason" => ""));
    let (outcome, reason) = match outcome {
        EventOutcome::Accepted => return ACCEPTED.increment(count),
        EventOutcome::Repeat => ("repeat", ""),
        EventOutcome::Refused(kind) => ("refused", kind.name()),
    };
    counter!(EVENTS, "outcome" => outcome, "reason" => reason).increment(count);
}

/// One event that Kafka acknowledged.
pub(crate) fn acknowledged(took: Duration) {
    static TOOK: LazyLock<Histogram> =
        LazyLock::new(|| histogram!(SEND_DURATION, "messaging_operation_name" => "send", "error_type" => ""));
    static SENT_WHOLE: LazyLock<Counter> = LazyLock::new(|| counter!(SENT, "error_type" => ""));
    TOOK.record(took);
    SENT_WHOLE.increment(1);
}

/// One event that Kafka did not acknowledge; the error's name comes from Kafka's closed set.
pub(crate) fn not_acknowledged(took: Duration, error_type: String) {
    histogram!(SEND_DURATION, "messaging_operation_name" => "send", "error_type" => error_type.clone())
        .record(took.as_secs_f64());
    counter!(SENT, "error_type" => error_type).increment(1);
}
