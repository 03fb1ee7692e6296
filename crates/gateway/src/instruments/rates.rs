//! Metrics of producers' rates.

use metrics::{counter, describe_counter};

use crate::producer_rate::Verdict;

const DECISIONS: &str = "farol_rate_decisions_total";
const ALLOWED: &str = "allowed";
const LIMITED: &str = "limited";

pub(super) fn describe() {
    describe_counter!(DECISIONS, "Requests of producers with a rate, by verdict and by who kept the account");
    for decider in [Decider::Redis, Decider::Local] {
        for decision in [ALLOWED, LIMITED] {
            counter!(DECISIONS, "decider" => decider.name(), "decision" => decision).absolute(0);
        }
    }
}

/// Who kept the account of a producer's rate.
#[derive(Clone, Copy)]
pub(crate) enum Decider {
    /// Redis, for all gateways together.
    Redis,
    /// This gateway alone, because Redis was away.
    Local,
}

impl Decider {
    fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Local => "local",
        }
    }
}

/// Counts a verdict. Nobody decides where there is no rate, or where no account could admit so many events.
pub(crate) fn rate_decision(verdict: &Verdict, decider: Decider) {
    let decision = match verdict {
        Verdict::Unlimited | Verdict::BeyondBurst(_) => return,
        Verdict::Allowed(_) => ALLOWED,
        Verdict::Limited { .. } => LIMITED,
    };
    counter!(DECISIONS, "decider" => decider.name(), "decision" => decision).increment(1);
}
