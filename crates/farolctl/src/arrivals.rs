//! When the requests of an open loop are meant to leave: evenly, for a while, whatever became of earlier ones. A latency
//! that counts from that moment hides no wait that the server caused before the request could leave.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// The moments of one load; all its senders take theirs from here.
pub(crate) struct Arrivals {
    start: Instant,
    per_second: f64,
    length: Duration,
    next: AtomicU64,
}

/// One request that is to leave now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// How many were meant before it.
    pub(crate) number: u64,
    /// When it was meant to leave.
    pub(crate) due: Instant,
}

impl Arrivals {
    /// So many a second from `start` on.
    pub(crate) fn from(start: Instant, per_second: f64, length: Duration) -> Self {
        Self { start, per_second, length, next: AtomicU64::new(0) }
    }

    /// The next request, once its moment has come; `None` when no more are meant to leave.
    pub(crate) async fn next(&self) -> Option<Arrival> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let after = Duration::from_secs_f64(number as f64 / self.per_second);
        if after >= self.length {
            return None;
        }
        let due = self.start + after;
        sleep_until(due).await;
        Some(Arrival { number, due })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_moments_are_even_and_end_with_the_load() {
        let start = Instant::now() - Duration::from_secs(1);
        let arrivals = Arrivals::from(start, 400.0, Duration::from_millis(10));
        let mut all = Vec::new();
        while let Some(Arrival { number, due }) = arrivals.next().await {
            all.push((number, (due - start).as_micros()));
        }
        assert_eq!(all, [(0, 0), (1, 2_500), (2, 5_000), (3, 7_500)]);
    }

    #[tokio::test]
    async fn a_moment_that_has_passed_stays_the_one_that_was_meant() {
        let passed = Duration::from_secs(5);
        let arrivals = Arrivals::from(Instant::now() - passed, 1.0, passed);
        let late = arrivals.next().await.map(|arrival| arrival.due.elapsed());
        assert!(late.is_some_and(|late| late >= passed), "{late:?}");
    }
}
