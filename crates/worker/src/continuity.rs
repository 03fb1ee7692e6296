//! Whether the topic still holds the records that the ledger decided. A topic that was made anew,
//! or that lost its end, has other records at the offsets that the ledger counts: going on would
//! skip or repeat records unseen.
//!
//! On assignment the last decided record is looked for. While a partition is ours, its *anchor* is:
//! what was its last decided record a while ago. It moves on only after it was found again, so
//! that a topic made anew and refilled in between is noticed, and stays noticed after a restart.

mod log;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka::Access;
use rdkafka::config::ClientConfig;
use tokio::runtime::Handle;

use crate::instruments;
use crate::stop::Stop;
use crate::store::{Book, Position, Store};
use log::Log;

/// How often the anchors of our partitions are looked for, and moved on.
const ROUND: Duration = Duration::from_secs(10);

/// A decided record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) mark: Mark,
}

/// What tells one record from another at the same offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) digest: Vec<u8>,
    /// Kafka's timestamp in milliseconds since 1970.
    pub(crate) timestamp_ms: Option<i64>,
}

/// What looking at the log said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    /// It is the record that was decided.
    Same,
    /// The record is not there any more, as happens by age; nothing speaks against the log.
    Unverifiable,
    /// It is another log.
    Diverged(&'static str),
}

/// Judges by the log's bounds and by what is at the offset, if anything is.
fn judge(last: &Last, log: &Range<i64>, found: Option<&Mark>) -> Finding {
    if log.end <= last.offset {
        return Finding::Diverged("the log ends before a decided record");
    }
    match found {
        Some(mark) if *mark == last.mark => Finding::Same,
        Some(_) => Finding::Diverged("another record has the offset of a decided one"),
        None => Finding::Unverifiable,
    }
}

/// Looks at the log, and remembers if it is not the one that the ledger knows.
pub(crate) struct Continuity {
    reader: ClientConfig,
    access: Access,
    store: Store,
    runtime: Handle,
    diverged: AtomicBool,
}

impl Continuity {
    /// `reader` is how a consumer beside the group is made.
    pub(crate) fn new(reader: ClientConfig, access: Access, store: Store, runtime: Handle) -> Self {
        Self { reader, access, store, runtime, diverged: AtomicBool::new(false) }
    }

    /// Whether a partition of ours was found with another log.
    pub(crate) fn is_broken(&self) -> bool {
        self.diverged.load(Ordering::Relaxed)
    }

    /// Looks for the last decided records of partitions that are about to be ours, and for what was
    /// their anchor with whoever had them before.
    pub(crate) fn check(&self, book: &Book, positions: &[Position]) -> Result<(), String> {
        if positions.iter().all(|position| position.last.is_none()) {
            return Ok(());
        }
        let log = Log::open(&self.reader, &self.access, &book.topic).map_err(|error| error.to_string())?;
        for position in positions {
            for decided in position.anchor.iter().chain(&position.last) {
                if self.look_for(&log, decided)? == Finding::Unverifiable {
                    let Last { partition, offset, .. } = *decided;
                    instruments::unverifiable_position();
                    tracing::warn!(
                        name: "position_unverifiable",
                        partition,
                        offset,
                        "unverifiable: a decided record has left the log"
                    );
                }
            }
            self.move_anchor(book, position)?;
        }
        Ok(())
    }

    /// Looks for the anchors again and again, until told to stop.
    pub(crate) fn watch(&self, book: &Book, ours: impl Fn() -> Vec<i32>, stop: &Stop) {
        let mut log = None;
        while stop.wait(ROUND) && !self.is_broken() {
            if let Err(error) = self.round(&mut log, book, &ours()) {
                tracing::warn!(
                    name: "log_not_compared",
                    error,
                    "the log cannot be compared with the ledger now"
                );
                log = None;
            }
        }
    }

    fn round(&self, log: &mut Option<Log>, book: &Book, ours: &[i32]) -> Result<(), String> {
        let log = match log {
            Some(log) => log,
            None => log.insert(
                Log::open(&self.reader, &self.access, &book.topic).map_err(|error| error.to_string())?,
            ),
        };
        // Read before the log is: a record that is decided meanwhile is the next round's.
        let positions = self
            .runtime
            .block_on(self.store.known_positions(book, ours))
            .map_err(|error| error.to_string())?;
        for position in &positions {
            if let Some(anchor) = &position.anchor {
                self.look_for(log, anchor)?;
            }
            self.move_anchor(book, position)?;
        }
        Ok(())
    }

    fn look_for(&self, log: &Log, decided: &Last) -> Result<Finding, String> {
        let Last { partition, offset, .. } = *decided;
        let finding = log.look_for(decided).map_err(|error| error.to_string())?;
        if let Finding::Diverged(why) = finding {
            tracing::error!(
                name: "log_diverged",
                partition,
                offset,
                why,
                "log_diverged: this is not the log that the ledger knows"
            );
            self.diverged.store(true, Ordering::Relaxed);
        }
        Ok(finding)
    }

    /// Never after a divergence: who starts next has to find it too.
    fn move_anchor(&self, book: &Book, position: &Position) -> Result<(), String> {
        match &position.last {
            Some(last) if !self.is_broken() && position.anchor.as_ref() != Some(last) => {
                self.runtime.block_on(self.store.set_anchor(book, last)).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(digest: u8, timestamp_ms: i64) -> Mark {
        Mark { digest: vec![digest; 32], timestamp_ms: Some(timestamp_ms) }
    }

    fn judged(log: Range<i64>, found: Option<Mark>) -> Finding {
        judge(&Last { partition: 0, offset: 9, mark: mark(1, 5) }, &log, found.as_ref())
    }

    #[test]
    fn the_record_that_was_decided_is_the_same() {
        assert_eq!(judged(0..10, Some(mark(1, 5))), Finding::Same);
    }

    #[test]
    fn another_record_or_another_time_is_another_log() {
        assert!(matches!(judged(0..10, Some(mark(2, 5))), Finding::Diverged(_)));
        assert!(matches!(judged(0..10, Some(mark(1, 6))), Finding::Diverged(_)));
    }

    #[test]
    fn a_log_that_ends_before_it_is_another_log() {
        assert!(matches!(judged(0..9, None), Finding::Diverged(_)));
        assert!(matches!(judged(0..0, None), Finding::Diverged(_)));
    }

    #[test]
    fn a_record_that_has_left_says_nothing() {
        assert_eq!(judged(10..10, None), Finding::Unverifiable);
        assert_eq!(judged(5..20, None), Finding::Unverifiable);
    }
}
