//! A circuit breaker: after a few failures in a row nobody asks any more, and from time to time
//! one call tries whether it is worth asking again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::instruments::{self, BreakerPosition};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it stays open at first; twice as long after each try that fails.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(2);

/// The breaker. Its clock is the caller's.
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, delay: Duration },
    HalfOpen { delay: Duration },
}

impl Breaker {
    pub(super) fn closed() -> Self {
        Self(Mutex::new(State::Closed { failures: 0 }))
    }

    /// Leave to make one call; `None` while it is not worth it.
    pub(super) fn enter(&self, now: Instant) -> Option<Pass<'_>> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => Some(Pass { breaker: self, probe: None }),
            State::Open { until, delay } if now >= until => {
                change(&mut state, State::HalfOpen { delay });
                Some(Pass { breaker: self, probe: Some(now) })
            }
            State::Open { .. } | State::HalfOpen { .. } => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call on its way. A probe that is dropped untold, because its request was, is made up for
/// by the next call.
pub(super) struct Pass<'b> {
    breaker: &'b Breaker,
    /// When the call began, if it is the one that tries a half-open breaker.
    probe: Option<Instant>,
}

impl Pass<'_> {
    pub(super) fn succeeded(mut self) {
        let mut state = self.breaker.lock();
        match *state {
            State::Closed { .. } => *state = State::Closed { failures: 0 },
            State::HalfOpen { .. } if self.probe.is_some() => {
                change(&mut state, State::Closed { failures: 0 });
            }
            // It began before the breaker opened and tells nothing of now.
            State::Open { .. } | State::HalfOpen { .. } => {}
        }
        self.probe = None;
    }

    pub(super) fn failed(mut self, now: Instant) {
        let mut state = self.breaker.lock();
        match *state {
            State::Closed { failures } if failures + 1 < FAILURES => {
                *state = State::Closed { failures: failures + 1 };
            }
            State::Closed { .. } => open(&mut state, now, FIRST_DELAY),
            State::HalfOpen { delay } if self.probe.is_some() => {
                open(&mut state, now, LONGEST_DELAY.min(delay * 2));
            }
            State::Open { .. } | State::HalfOpen { .. } => {}
        }
        self.probe = None;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let Some(began) = self.probe else { return };
        let mut state = self.breaker.lock();
        if let State::HalfOpen { delay } = *state {
            change(&mut state, State::Open { until: began, delay });
        }
    }
}

fn open(state: &mut State, now: Instant, delay: Duration) {
    change(state, State::Open { until: now + delay, delay });
}

/// Moves to another position: the one place that tells of it.
fn change(state: &mut State, to: State) {
    let was_closed = matches!(state, State::Closed { .. });
    *state = to;
    let position = match to {
        State::Closed { .. } => BreakerPosition::Closed,
        State::HalfOpen { .. } => BreakerPosition::HalfOpen,
        State::Open { .. } => BreakerPosition::Open,
    };
    instruments::redis_breaker(position);
    match position {
        BreakerPosition::Closed => {
            tracing::info!(name: "redis_breaker_closed", "redis answers again: the breaker is closed")
        }
        BreakerPosition::Open if was_closed => {
            tracing::warn!(
                name: "redis_breaker_opened",
                "redis does not answer: the breaker is open, rates are local, repeats not recognised"
            );
        }
        // Every few seconds for as long as Redis is away.
        BreakerPosition::HalfOpen | BreakerPosition::Open => {
            tracing::debug!(?position, "redis is tried again")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::closed();
        for _ in 0..FAILURES {
            breaker.enter(now).unwrap().failed(now);
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not_let_them_add_up() {
        let (breaker, now) = (Breaker::closed(), Instant::now());
        for _ in 0..3 {
            for _ in 1..FAILURES {
                breaker.enter(now).unwrap().failed(now);
            }
            breaker.enter(now).unwrap().succeeded();
        }
        for _ in 0..FAILURES {
            breaker.enter(now).unwrap().failed(now);
        }
        assert!(breaker.enter(now).is_none());
    }

    #[test]
    fn one_call_at_a_time_tries_it_after_the_delay_and_closes_it() {
        let now = Instant::now();
        let breaker = opened(now);
        assert!(breaker.enter(now + FIRST_DELAY - Duration::from_nanos(1)).is_none());
        let probe = breaker.enter(now + FIRST_DELAY).unwrap();
        assert!(breaker.enter(now + FIRST_DELAY).is_none());
        probe.succeeded();
        assert!(breaker.enter(now + FIRST_DELAY).is_some());
    }

    #[test]
    fn each_failed_try_doubles_the_delay_up_to_a_bound() {
        let mut now = Instant::now();
        let breaker = opened(now);
        for delay in [100, 200, 400, 800, 1_600, 2_000, 2_000].map(Duration::from_millis) {
            assert!(breaker.enter(now + delay - Duration::from_nanos(1)).is_none(), "{delay:?}");
            now += delay;
            breaker.enter(now).unwrap().failed(now);
        }
    }

    #[test]
    fn it_starts_over_with_the_first_delay_after_it_was_closed() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + FIRST_DELAY;
        breaker.enter(later).unwrap().succeeded();
        for _ in 0..FAILURES {
            breaker.enter(later).unwrap().failed(later);
        }
        assert!(breaker.enter(later + FIRST_DELAY).is_some());
    }

    #[test]
    fn a_probe_whose_request_went_away_leaves_room_for_the_next() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + FIRST_DELAY;
        drop(breaker.enter(later).unwrap());
        breaker.enter(later).unwrap().succeeded();
        assert!(breaker.enter(later).is_some());
    }

    #[test]
    fn calls_from_before_it_opened_neither_close_it_nor_put_it_off() {
        let (breaker, now) = (Breaker::closed(), Instant::now());
        let (late_success, late_failure, dropped) =
            (breaker.enter(now).unwrap(), breaker.enter(now).unwrap(), breaker.enter(now).unwrap());
        for _ in 0..FAILURES {
            breaker.enter(now).unwrap().failed(now);
        }
        late_success.succeeded();
        late_failure.failed(now + FIRST_DELAY);
        drop(dropped);
        assert!(breaker.enter(now).is_none());
        assert!(breaker.enter(now + FIRST_DELAY).is_some());
    }
}
