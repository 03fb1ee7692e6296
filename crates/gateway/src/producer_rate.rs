//! How fast a producer may send, and the verdict on one request. Redis keeps the account for all
//! gateways together (`redis/admit.lua`); `local` keeps one by the same rule while Redis is away.

mod local;

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

pub(crate) use local::LocalRates;

/// A producer's rate, counted in events: the generic cell rate algorithm (GCRA, ITU-T I.371).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rate {
    /// What it may send for as long as it likes.
    pub(crate) events_per_second: NonZeroU32,
    /// What it may send at once after a pause; so also the most events of one request.
    pub(crate) burst: NonZeroU32,
}

impl Rate {
    /// Whether a request of so many events could pass at all; no waiting helps one that could not.
    pub(crate) fn fits(self, events: usize) -> bool {
        u32::try_from(events).is_ok_and(|events| events <= self.burst.get())
    }
}

/// What a producer has left of its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) rate: Rate,
    /// Events that could be sent now.
    pub(crate) remaining: u32,
    /// When the whole burst is there again, if nothing is sent.
    pub(crate) reset: Duration,
}

/// Whether a request's events are within their producer's rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The producer has no rate.
    Unlimited,
    /// They are, and have been taken from it.
    Allowed(Quota),
    /// Not yet; nothing was taken.
    Limited { quota: Quota, retry_after: Duration },
    /// They never will be: one request has more events than the whole burst. Nothing was taken.
    BeyondBurst(Rate),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_from_the_file_of_keys_and_is_never_nothing() {
        let read = |text: &str| serde_json::from_str::<Rate>(text);
        let rate = read(r#"{"eventsPerSecond":1000,"burst":2000}"#).unwrap();
        assert_eq!((rate.events_per_second.get(), rate.burst.get()), (1_000, 2_000));
        assert!(rate.fits(2_000) && !rate.fits(2_001) && !rate.fits(usize::MAX));
        for text in [
            r#"{"eventsPerSecond":0,"burst":1}"#,
            r#"{"eventsPerSecond":1,"burst":0}"#,
            r#"{"eventsPerSecond":1}"#,
            r#"{"eventsPerSecond":1,"burst":1,"perMinute":1}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
