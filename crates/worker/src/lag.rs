//! How old the oldest record is that is not consumed yet, partition by partition. Told once a batch
//! and with the Kafka client's statistics; ages by itself, also while nothing moves.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The partitions of this worker.
#[derive(Debug, Default)]
pub(crate) struct Lag {
    partitions: Mutex<BTreeMap<i32, Partition>>,
}

#[derive(Debug, Clone, Copy)]
struct Partition {
    /// Kafka's time of the oldest record that was read and is not committed.
    in_hand_ms: Option<i64>,
    /// Whether Kafka holds records that were not read.
    unread: bool,
    /// No record that was not read is older: the time of the last one that was consumed, or of the
    /// last moment at which there was none.
    none_before_ms: i64,
}

impl Lag {
    /// A partition has come, with the time of the last record that its books know.
    pub(crate) fn add(&self, partition: i32, last_ms: Option<i64>, now_ms: i64) {
        let none_before_ms = last_ms.unwrap_or(now_ms);
        self.lock().insert(partition, Partition { in_hand_ms: None, unread: false, none_before_ms });
    }

    /// A partition has gone.
    pub(crate) fn remove(&self, partition: i32) {
        self.lock().remove(&partition);
    }

    /// All have gone.
    pub(crate) fn clear(&self) -> Vec<i32> {
        std::mem::take(&mut *self.lock()).into_keys().collect()
    }

    /// Records from this time on are in hand.
    pub(crate) fn took(&self, partition: i32, oldest_ms: Option<i64>) {
        self.change(partition, |known| known.in_hand_ms = oldest_ms.or(Some(known.none_before_ms)));
    }

    /// What was in hand is committed, up to this time.
    pub(crate) fn committed(&self, partition: i32, newest_ms: Option<i64>) {
        self.change(partition, |known| {
            known.in_hand_ms = None;
            known.none_before_ms = newest_ms.unwrap_or_default().max(known.none_before_ms);
        });
    }

    /// What was in hand has to be read again.
    pub(crate) fn let_go(&self, partition: i32) {
        self.change(partition, |known| {
            known.none_before_ms = known.in_hand_ms.take().unwrap_or(known.none_before_ms);
            known.unread = true;
        });
    }

    /// The client says whether there are records that were not read.
    pub(crate) fn seen(&self, partition: i32, unread: bool, now_ms: i64) {
        self.change(partition, |known| {
            known.unread = unread;
            if !unread && known.in_hand_ms.is_none() {
                known.none_before_ms = now_ms.max(known.none_before_ms);
            }
        });
    }

    /// The age of each partition's oldest record that is not consumed; zero where there is none.
    pub(crate) fn ages(&self, now_ms: i64) -> Vec<(i32, Duration)> {
        let partitions = self.lock();
        partitions.iter().map(|(partition, known)| (*partition, known.age(now_ms))).collect()
    }

    fn change(&self, partition: i32, change: impl FnOnce(&mut Partition)) {
        if let Some(known) = self.lock().get_mut(&partition) {
            change(known);
        }
    }

    /// A panic elsewhere leaves the map as valid as it was.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, Partition>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Partition {
    fn age(&self, now_ms: i64) -> Duration {
        let oldest_ms = match (self.in_hand_ms, self.unread) {
            (Some(oldest_ms), _) => oldest_ms,
            (None, true) => self.none_before_ms,
            (None, false) => return Duration::ZERO,
        };
        Duration::from_millis(u64::try_from(now_ms - oldest_ms).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age_ms(lag: &Lag, now_ms: i64) -> u128 {
        lag.ages(now_ms)[0].1.as_millis()
    }

    fn lag(last_ms: Option<i64>) -> Lag {
        let lag = Lag::default();
        lag.add(0, last_ms, 1_000);
        lag
    }

    #[test]
    fn what_is_in_hand_ages_until_it_is_committed() {
        let lag = lag(Some(100));
        lag.took(0, Some(900));
        assert_eq!(age_ms(&lag, 1_000), 100);
        assert_eq!(age_ms(&lag, 61_000), 60_100);
        lag.committed(0, Some(950));
        assert_eq!(age_ms(&lag, 61_000), 0);
    }

    #[test]
    fn what_was_not_read_is_no_older_than_the_last_that_was_consumed() {
        let lag = lag(Some(400));
        assert_eq!(age_ms(&lag, 1_000), 0, "nothing is known to be there");
        lag.seen(0, true, 1_000);
        assert_eq!(age_ms(&lag, 1_000), 600);
        lag.took(0, Some(700));
        lag.committed(0, Some(800));
        assert_eq!(age_ms(&lag, 1_000), 200);
    }

    #[test]
    fn after_a_quiet_hour_a_record_is_not_an_hour_old() {
        let lag = lag(Some(400));
        lag.seen(0, false, 3_600_000);
        lag.seen(0, true, 3_605_000);
        assert_eq!(age_ms(&lag, 3_605_000), 5_000);
    }

    #[test]
    fn a_partition_without_books_counts_from_when_it_came() {
        let lag = lag(None);
        lag.seen(0, true, 1_500);
        assert_eq!(age_ms(&lag, 3_000), 2_000);
    }

    #[test]
    fn what_was_let_go_keeps_its_age() {
        let lag = lag(Some(400));
        lag.took(0, Some(700));
        lag.let_go(0);
        assert_eq!(age_ms(&lag, 1_000), 300);
    }

    #[test]
    fn a_partition_that_has_gone_is_told_no_more() {
        let lag = lag(Some(400));
        lag.remove(0);
        lag.took(0, Some(1));
        assert!(lag.ages(5_000).is_empty());
    }
}
