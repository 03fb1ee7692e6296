//! The rates of producers as this one gateway sees them, for the time that Redis is away.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Quota, Rate, Verdict};

/// Accounts kept at most. Producers beyond them go unlimited: this is an aid, never a guard.
const MAX_PRODUCERS: usize = 10_000;

/// All amounts are millionths of an event: a rate of r events a second then pays back r of them
/// each microsecond, and every number is whole.
const EVENT: u64 = 1_000_000;

/// An account per producer. Each gateway has its own: n of them allow n times the rate.
#[derive(Default)]
pub(crate) struct LocalRates(Mutex<HashMap<String, Account>>);

impl LocalRates {
    /// Takes `events` from the producer's rate, if they are within it.
    pub(crate) fn take(&self, producer: &str, rate: Rate, events: usize, now: Instant) -> Verdict {
        if !rate.fits(events) {
            return Verdict::BeyondBurst(rate);
        }
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get_mut(producer) {
            return account.take(rate, events, now);
        }
        if accounts.len() >= MAX_PRODUCERS {
            accounts.retain(|_, account| account.owed(now) > 0);
        }
        let mut account = Account { rate, owed: 0, since: now };
        let verdict = account.take(rate, events, now);
        if accounts.len() < MAX_PRODUCERS {
            accounts.insert(producer.to_owned(), account);
        }
        verdict
    }
}

/// What a producer owed when it was last admitted: GCRA as a leaky bucket.
struct Account {
    rate: Rate,
    owed: u64,
    since: Instant,
}

impl Account {
    fn owed(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.since).as_micros();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        self.owed.saturating_sub(passed.saturating_mul(u64::from(self.rate.events_per_second.get())))
    }

    fn take(&mut self, rate: Rate, events: usize, now: Instant) -> Verdict {
        let owed = self.owed(now);
        let cost = u64::try_from(events).unwrap_or(u64::MAX).saturating_mul(EVENT);
        let after = owed.saturating_add(cost);
        let excess = after.saturating_sub(burst(rate));
        if excess > 0 {
            return Verdict::Limited { quota: quota(rate, owed), retry_after: time_to_pay(rate, excess) };
        }
        *self = Self { rate, owed: after, since: now };
        Verdict::Allowed(quota(rate, after))
    }
}

fn burst(rate: Rate) -> u64 {
    u64::from(rate.burst.get()) * EVENT
}

fn quota(rate: Rate, owed: u64) -> Quota {
    let remaining = burst(rate).saturating_sub(owed) / EVENT;
    Quota { rate, remaining: u32::try_from(remaining).unwrap_or(u32::MAX), reset: time_to_pay(rate, owed) }
}

fn time_to_pay(rate: Rate, amount: u64) -> Duration {
    Duration::from_micros(amount.div_ceil(u64::from(rate.events_per_second.get())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(events_per_second: u32, burst: u32) -> Rate {
        Rate { events_per_second: events_per_second.try_into().unwrap(), burst: burst.try_into().unwrap() }
    }

    /// Remaining events of an allowed request; `Err` with the wait of a limited one.
    fn take(rates: &LocalRates, rate: Rate, events: usize, now: Instant) -> Result<u32, Duration> {
        match rates.take("airport", rate, events, now) {
            Verdict::Allowed(quota) => Ok(quota.remaining),
            Verdict::Limited { retry_after, .. } => Err(retry_after),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_burst_passes_and_the_next_event_waits_for_its_turn() {
        let (rates, rate, now) = (LocalRates::default(), rate(3, 5), Instant::now());
        for remaining in (0..5).rev() {
            assert_eq!(take(&rates, rate, 1, now), Ok(remaining));
        }
        // A third of a second, rounded up to whole microseconds.
        let turn = Duration::from_micros(333_334);
        assert_eq!(take(&rates, rate, 1, now), Err(turn));
        assert_eq!(
            take(&rates, rate, 1, now + turn - Duration::from_micros(1)),
            Err(Duration::from_micros(1))
        );
        assert_eq!(take(&rates, rate, 1, now + turn), Ok(0));
    }

    #[test]
    fn a_pause_refills_the_burst_and_no_more() {
        let (rates, rate, now) = (LocalRates::default(), rate(10, 20), Instant::now());
        assert_eq!(take(&rates, rate, 20, now), Ok(0));
        assert_eq!(take(&rates, rate, 1, now + Duration::from_secs(1)), Ok(9));
        assert_eq!(take(&rates, rate, 1, now + Duration::from_secs(3_600)), Ok(19));
    }

    #[test]
    fn a_limited_request_takes_nothing() {
        let (rates, rate, now) = (LocalRates::default(), rate(1, 10), Instant::now());
        assert_eq!(take(&rates, rate, 8, now), Ok(2));
        for _ in 0..3 {
            assert_eq!(take(&rates, rate, 3, now), Err(Duration::from_secs(1)));
        }
        assert_eq!(take(&rates, rate, 2, now), Ok(0));
    }

    #[test]
    fn the_quota_says_when_all_of_it_is_there_again() {
        let (rates, rate, now) = (LocalRates::default(), rate(2, 10), Instant::now());
        let Verdict::Allowed(quota) = rates.take("a", rate, 6, now) else { panic!("it fits") };
        assert_eq!(quota, Quota { rate, remaining: 4, reset: Duration::from_secs(3) });
    }

    #[test]
    fn what_is_beyond_the_burst_never_passes_and_takes_nothing() {
        let (rates, rate, now) = (LocalRates::default(), rate(1_000, 5), Instant::now());
        assert_eq!(rates.take("airport", rate, 6, now), Verdict::BeyondBurst(rate));
        assert_eq!(take(&rates, rate, 5, now), Ok(0));
    }

    #[test]
    fn a_changed_rate_holds_at_once_and_keeps_what_is_owed() {
        let (rates, now) = (LocalRates::default(), Instant::now());
        assert_eq!(take(&rates, rate(10, 10), 10, now), Ok(0));
        assert_eq!(take(&rates, rate(10, 30), 1, now), Ok(19));
        assert_eq!(take(&rates, rate(1, 5), 1, now), Err(Duration::from_secs(7)));
    }

    #[test]
    fn producers_do_not_share_their_rates() {
        let (rates, rate, now) = (LocalRates::default(), rate(1, 1), Instant::now());
        assert!(matches!(rates.take("a", rate, 1, now), Verdict::Allowed(_)));
        assert!(matches!(rates.take("a", rate, 1, now), Verdict::Limited { .. }));
        assert!(matches!(rates.take("b", rate, 1, now), Verdict::Allowed(_)));
    }

    #[test]
    fn the_accounts_are_bounded_and_paid_ones_make_room() {
        let (rates, rate, now) = (LocalRates::default(), rate(1, 1), Instant::now());
        for n in 0..MAX_PRODUCERS + 10 {
            assert!(matches!(rates.take(&n.to_string(), rate, 1, now), Verdict::Allowed(_)));
        }
        assert_eq!(rates.0.lock().unwrap().len(), MAX_PRODUCERS);
        let later = now + Duration::from_secs(1);
        assert!(matches!(rates.take("new", rate, 1, later), Verdict::Allowed(_)));
        assert!(matches!(rates.take("new", rate, 1, later), Verdict::Limited { .. }));
        assert_eq!(rates.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let (rates, rate, now) = (LocalRates::default(), rate(u32::MAX, u32::MAX), Instant::now());
        assert_eq!(take(&rates, rate, u32::MAX as usize, now), Ok(0));
        assert_eq!(take(&rates, rate, u32::MAX as usize, now), Err(Duration::from_secs(1)));
    }
}
