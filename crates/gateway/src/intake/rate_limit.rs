//! A producer's rate in the headers of an answer: `RateLimit-Policy` and `RateLimit` as in
//! draft-ietf-httpapi-ratelimit-headers-11, and `Retry-After`.

use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};

use crate::problem::{Kind, Problem};
use crate::producer_rate::{Quota, Rate, Verdict};

/// What the client is told about its rate; nothing where it has none.
pub(crate) fn rate_limit_headers(verdict: &Verdict) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let headers = match verdict {
        Verdict::Unlimited => [None, None, None],
        Verdict::Allowed(quota) => [policy(quota.rate), limit(quota, quota.reset), None],
        // The wait and the window of the quota end together, as §6 of the draft wants it.
        Verdict::Limited { quota, retry_after } => {
            [policy(quota.rate), limit(quota, *retry_after), Some(wait(*retry_after))]
        }
        Verdict::BeyondBurst(rate) => [policy(*rate), None, None],
    };
    headers.into_iter().flatten()
}

/// Refuses what is over the producer's rate now, and what would be at any time.
pub(super) fn refuse_over_rate(verdict: &Verdict) -> Result<(), Problem> {
    let problem = match verdict {
        Verdict::Unlimited | Verdict::Allowed(_) => return Ok(()),
        Verdict::Limited { .. } => Problem::new(
            Kind::RateLimited,
            "the producer sends faster than its key allows; repeat after the wait",
        ),
        Verdict::BeyondBurst(rate) => {
            let detail =
                format!("the request has more events than the key's burst of {}; split it", rate.burst);
            Problem::new(Kind::TooLarge, detail)
        }
    };
    Err(rate_limit_headers(verdict).fold(problem, |problem, (name, value)| problem.header(name, value)))
}

/// The window is the time in which a whole burst comes back, in whole seconds, and the quota what
/// the rate allows in it: at least the burst, and neither is rounded against the other.
fn policy(rate: Rate) -> Option<(HeaderName, HeaderValue)> {
    let (events_per_second, burst) = (u64::from(rate.events_per_second.get()), u64::from(rate.burst.get()));
    let window = burst.div_ceil(events_per_second);
    let quota = events_per_second * window;
    header("ratelimit-policy", format!("\"events\";q={quota};w={window}"))
}

fn limit(quota: &Quota, window: Duration) -> Option<(HeaderName, HeaderValue)> {
    header("ratelimit", format!("\"events\";r={};t={}", quota.remaining, seconds(window)))
}

fn wait(retry_after: Duration) -> (HeaderName, HeaderValue) {
    (RETRY_AFTER, HeaderValue::from(seconds(retry_after).max(1)))
}

/// Always there, as the value is ASCII; a header is not worth a refusal in any case.
fn header(name: &'static str, value: String) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
}

/// Whole seconds, rounded up: nobody is told to come back too early.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(events_per_second: u32, burst: u32) -> Rate {
        Rate { events_per_second: events_per_second.try_into().unwrap(), burst: burst.try_into().unwrap() }
    }

    fn shown(verdict: &Verdict) -> Vec<String> {
        rate_limit_headers(verdict)
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect()
    }

    #[test]
    fn an_admitted_request_is_told_its_policy_and_what_is_left() {
        let quota = Quota { rate: rate(1_000, 2_000), remaining: 1_500, reset: Duration::from_millis(500) };
        assert_eq!(
            shown(&Verdict::Allowed(quota)),
            ["ratelimit-policy: \"events\";q=2000;w=2", "ratelimit: \"events\";r=1500;t=1"]
        );
        assert!(shown(&Verdict::Unlimited).is_empty());
    }

    #[test]
    fn a_limited_request_is_told_to_wait_in_whole_seconds_rounded_up() {
        let quota = Quota { rate: rate(10, 5), remaining: 3, reset: Duration::from_millis(200) };
        let limited = |millis| Verdict::Limited { quota, retry_after: Duration::from_millis(millis) };
        assert_eq!(
            shown(&limited(1_001)),
            ["ratelimit-policy: \"events\";q=10;w=1", "ratelimit: \"events\";r=3;t=2", "retry-after: 2"]
        );
        assert_eq!(shown(&limited(1_000))[2], "retry-after: 1");
        assert_eq!(shown(&limited(1))[2], "retry-after: 1");
    }

    #[test]
    fn the_policy_is_the_rate_exactly_and_never_below_the_burst() {
        for (rate, policy) in [
            (rate(1_000, 1_500), "q=2000;w=2"),
            (rate(3, 10), "q=12;w=4"),
            (rate(1_000, 1), "q=1000;w=1"),
            (rate(1, u32::MAX), "q=4294967295;w=4294967295"),
        ] {
            assert_eq!(
                shown(&Verdict::BeyondBurst(rate)),
                [format!("ratelimit-policy: \"events\";{policy}")]
            );
        }
    }
}
