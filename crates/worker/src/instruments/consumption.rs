//! Metrics of what keeps the worker from consuming, and of what it did about it.

use metrics::{counter, describe_counter, describe_gauge, gauge};

use crate::status::Reason;

const STOPPED: &str = "farol_worker_stopped";
const FENCED: &str = "farol_fenced_batches_total";
const SESSIONS_ENDED: &str = "farol_sessions_ended_total";
const UNVERIFIABLE: &str = "farol_unverifiable_positions_total";
const CONSUMER_REBUILDS: &str = "farol_consumer_rebuilds_total";

pub(super) fn describe() {
    describe_gauge!(STOPPED, "1 while the worker waits for somebody to act, by reason");
    describe_counter!(FENCED, "Batches that the ledger refused because it was elsewhere than expected");
    describe_counter!(SESSIONS_ENDED, "Sessions of frozen workers that were ended because they held locks");
    describe_counter!(
        UNVERIFIABLE,
        "Partitions that were continued although their last decided record has left the log"
    );
    describe_counter!(CONSUMER_REBUILDS, "Kafka consumers replaced after an error they could not go on from");
    for name in [FENCED, SESSIONS_ENDED, UNVERIFIABLE, CONSUMER_REBUILDS] {
        counter!(name).absolute(0);
    }
}

pub(crate) fn stopped(reason: Reason, is: bool) {
    gauge!(STOPPED, "reason" => reason.name()).set(if is { 1.0 } else { 0.0 });
}

pub(crate) fn fenced() {
    counter!(FENCED).increment(1);
}

pub(crate) fn sessions_ended(count: usize) {
    counter!(SESSIONS_ENDED).increment(u64::try_from(count).unwrap_or(u64::MAX));
}

pub(crate) fn unverifiable_position() {
    counter!(UNVERIFIABLE).increment(1);
}

pub(crate) fn consumer_rebuilt() {
    counter!(CONSUMER_REBUILDS).increment(1);
}
