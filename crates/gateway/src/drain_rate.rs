//! How fast events leave for Kafka while others wait: from it follows when a refused client may
//! come again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The time after which a refused client may find room: what waits, at the pace of the last seconds.
#[derive(Debug, Default)]
pub(crate) struct DrainRate {
    /// Events per second as the bits of an `f64`; 0 while nothing was measured.
    per_second: AtomicU64,
}

/// How much the newest look counts. Little: a slow broker acknowledges a full request of a thousand
/// events at once, seconds apart, and a pace that follows each of them lets far too many wait.
const NEWEST: f64 = 0.1;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// What may always wait: a pace that was measured at rest, or while the broker was silent, says
/// nothing of what the broker can do, and a new pace shows only if something waits.
const ROOM_AT_LEAST: usize = 4_000;

impl DrainRate {
    /// Notes that `done` events left within `took` while others waited. An idle time says
    /// nothing of what the broker can do, so it must not be noted.
    pub(crate) fn note(&self, done: u64, took: Duration) {
        let newest = done as f64 / took.as_secs_f64().max(f64::EPSILON);
        let known = self.per_second();
        let rate = if known == 0.0 { newest } else { known + NEWEST * (newest - known) };
        self.per_second.store(rate.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn per_second(&self) -> f64 {
        f64::from_bits(self.per_second.load(Ordering::Relaxed))
    }

    /// How many events may wait if each is to leave within `time`.
    pub(crate) fn room_within(&self, time: Duration) -> usize {
        ((self.per_second() * time.as_secs_f64()) as usize).max(ROOM_AT_LEAST)
    }

    /// When `waiting` events will have left, in whole seconds, never more than a client should wait.
    pub(crate) fn time_for(&self, waiting: usize) -> Duration {
        let rate = self.per_second();
        if rate == 0.0 {
            return SHORTEST;
        }
        let seconds = (waiting as f64 / rate).ceil().min(LONGEST.as_secs_f64());
        Duration::from_secs_f64(seconds).max(SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_what_waits_at_the_measured_pace() {
        let drain = DrainRate::default();
        assert_eq!(drain.time_for(1_000_000), SHORTEST);
        drain.note(500, Duration::from_millis(250));
        assert_eq!(drain.per_second(), 2_000.0);
        assert_eq!(drain.time_for(9_000), Duration::from_secs(5));
        assert_eq!(drain.time_for(1), SHORTEST);
        (0..50).for_each(|_| drain.note(0, Duration::from_millis(250)));
        assert_eq!(drain.time_for(1_000), LONGEST, "a stalled broker");
    }

    #[test]
    fn no_more_may_wait_than_leaves_in_time() {
        let drain = DrainRate::default();
        let time = Duration::from_secs(4);
        assert_eq!(drain.room_within(time), ROOM_AT_LEAST, "nothing was measured");
        drain.note(2_000, Duration::from_secs(1));
        assert_eq!(drain.room_within(time), 8_000);
        (0..50).for_each(|_| drain.note(0, Duration::from_secs(1)));
        assert_eq!(drain.room_within(time), ROOM_AT_LEAST, "a stalled broker");
    }
}
