//! Metrics of producers' rates.

use metrics::{counter, describe_counter};

use crate::producer_rate::Verdict;

const DECISIONS: &str = "farol_rate_decisions_total";

pub(super) fn describe() {
    describe_counter!(DECISIONS, "Requests of producers with a rate, by verdict and by who kept the account");
}

/// Who kept the account of a producer's rate.
#[derive(Clone, Copy)]
pub(crate) enum Decider {
    /// Redis, for all gateways together.
    Redis,
    /// This gateway alone, because Redis was away.
    Local,
}

/// Counts a verdict. Nobody decides where there is no rate, or where no account could admit so many events.
pub(crate) fn rate_decision(verdict: &Verdict, decider: Decider) {
    let decision = match verdict {
        Verdict::Unlimited | Verdict::BeyondBurst(_) => return,
        Verdict::Allowed(_) => "allowed",
        Verdict::Limited { .. } => "limited",
    };
    let decider = match decider {
        Decider::Redis => "redis",
        Decider::Local => "local",
    };
    counter!(DECISIONS, "decider" => decider, "decision" => decision).increment(1);
}
