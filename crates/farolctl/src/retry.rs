//! When to send the same event again. Pure: it decides, others wait and send.
//! Repeating is safe because a repeated (source, id) is the same event to Farol.

use std::time::Duration;

/// Bounded retries with exponential back-off and full jitter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryPolicy {
    /// How often an event is sent at most, the first time included.
    pub(crate) attempts: u32,
    /// Upper bound of the first wait; it doubles from there.
    pub(crate) first_wait: Duration,
    /// Upper bound of every wait, also of one the gateway asks for.
    pub(crate) longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 8, first_wait: Duration::from_millis(200), longest_wait: Duration::from_secs(30) }
    }
}

impl RetryPolicy {
    /// The default waits with another bound on attempts.
    pub(crate) fn with_attempts(attempts: u32) -> Self {
        Self { attempts, ..Self::default() }
    }

    /// How long to wait after `attempt` (1, 2, …) failed, or `None` to give up.
    /// `jitter` is a random number in 0..1; a `Retry-After` is a lower bound.
    pub(crate) fn wait(&self, attempt: u32, retry_after: Option<Duration>, jitter: f64) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let doubled = self.first_wait.saturating_mul(1_u32 << (attempt - 1).min(16));
        let spread = doubled.min(self.longest_wait).mul_f64(jitter.clamp(0.0, 1.0));
        let asked = retry_after.unwrap_or_default();
        Some(asked.saturating_add(spread).min(self.longest_wait))
    }
}

/// Whether this status says "not now" rather than "no".
pub(crate) fn is_temporary(status: u16) -> bool {
    matches!(status, 429 | 502..=504)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{RetryPolicy, is_temporary};

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 4,
        first_wait: Duration::from_millis(100),
        longest_wait: Duration::from_secs(2),
    };

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<_> = (1..4).filter_map(|n| POLICY.wait(n, None, 1.0)).collect();
        assert_eq!(waits, [100, 200, 400].map(Duration::from_millis));
        let many = RetryPolicy { attempts: 100, ..POLICY };
        assert_eq!(many.wait(90, None, 1.0), Some(POLICY.longest_wait));
    }

    #[test]
    fn attempts_are_bounded() {
        assert_eq!(POLICY.wait(4, None, 0.5), None);
    }

    #[test]
    fn retry_after_is_a_lower_bound_but_not_for_ever() {
        let second = Some(Duration::from_secs(1));
        assert_eq!(POLICY.wait(1, second, 0.0), Some(Duration::from_secs(1)));
        assert_eq!(POLICY.wait(1, second, 1.0), Some(Duration::from_millis(1100)));
        let hour = Some(Duration::from_secs(3600));
        assert_eq!(POLICY.wait(1, hour, 0.0), Some(POLICY.longest_wait));
    }

    #[test]
    fn only_not_now_is_repeated() {
        assert!([429, 502, 503, 504].into_iter().all(is_temporary));
        assert!(![202, 400, 401, 403, 409, 413, 422, 500].into_iter().any(is_temporary));
    }
}
