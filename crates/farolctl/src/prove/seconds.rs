//! What became of the requests of each second, told as soon as the last of them is answered.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::lines::Second;

/// Slower than this is late, whatever the answer.
const IN_TIME: Duration = Duration::from_secs(1);

/// How one request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    Accepted,
    /// A 409 to an event whose id is contested.
    Conflict,
    Status(u16),
    /// The connection was refused, broken or closed.
    Broken,
    /// No answer within the client's patience.
    Silent,
}

impl Ending {
    fn name(self) -> String {
        match self {
            Self::Accepted => "accepted".to_owned(),
            Self::Conflict => "conflict".to_owned(),
            Self::Status(status) => status.to_string(),
            Self::Broken => "broken".to_owned(),
            Self::Silent => "silent".to_owned(),
        }
    }
}

/// The seconds that still have requests on their way.
#[derive(Debug, Default)]
pub(crate) struct Seconds(Mutex<BTreeMap<u64, Open>>);

#[derive(Debug, Default)]
struct Open {
    on_their_way: u64,
    second: Second,
}

impl Seconds {
    /// A request goes out in this second (since 1970).
    pub(crate) fn sent(&self, second: u64) {
        let mut seconds = self.lock();
        let open = seconds.entry(second).or_default();
        open.on_their_way += 1;
        open.second.sent += 1;
    }

    /// A request was due and could not go out: every connection waits for an answer.
    pub(crate) fn held_back(&self, second: u64) {
        self.lock().entry(second).or_default().second.held_back += 1;
    }

    /// The answer to a request that went out in this second, or its absence.
    pub(crate) fn ended(&self, second: u64, ending: Ending, latency: Duration) {
        let mut seconds = self.lock();
        let open = seconds.entry(second).or_default();
        open.on_their_way = open.on_their_way.saturating_sub(1);
        *open.second.endings.entry(ending.name()).or_default() += 1;
        open.second.late += u64::from(latency > IN_TIME);
        open.second.latencies_ms.push(u64::try_from(latency.as_millis()).unwrap_or(u64::MAX));
    }

    /// Takes out the seconds before `now` whose requests are all answered.
    pub(crate) fn finished(&self, now: u64) -> Vec<Second> {
        let mut seconds = self.lock();
        let done = |second: &u64, open: &mut Open| *second < now && open.on_their_way == 0;
        let finished = seconds.extract_if(.., done);
        finished.map(|(at, open)| Second { at, ..open.second }).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_told_when_its_last_request_is_answered() {
        let seconds = Seconds::default();
        for second in [5, 5, 6] {
            seconds.sent(second);
        }
        seconds.ended(5, Ending::Accepted, Duration::from_millis(3));
        seconds.ended(6, Ending::Status(503), Duration::from_millis(4));
        let told: Vec<u64> = seconds.finished(7).iter().map(|second| second.at).collect();
        assert_eq!(told, [6], "the fifth still waits");
        seconds.ended(5, Ending::Silent, Duration::from_secs(12));
        let second = seconds.finished(7).remove(0);
        assert_eq!((second.at, second.sent, second.late), (5, 2, 1));
        assert_eq!(second.endings.get("silent"), Some(&1));
        assert!(seconds.finished(7).is_empty());
    }

    #[test]
    fn the_current_second_is_not_over() {
        let seconds = Seconds::default();
        seconds.held_back(5);
        assert!(seconds.finished(5).is_empty());
        assert_eq!(seconds.finished(6)[0].held_back, 1);
    }
}
