//! What a load says while it runs, one line each.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::output::Report;

/// One line of output.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum Line {
    Second(Second),
    Books(Books),
    Poisoned(Poisoned),
    End(End),
}

/// The requests that went out in one second.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Second {
    /// Seconds since 1970.
    pub(crate) at: u64,
    pub(crate) sent: u64,
    /// Due, but every connection was waiting for an answer.
    pub(crate) held_back: u64,
    pub(crate) endings: BTreeMap<String, u64>,
    /// Answered, but later than a second after they were sent.
    pub(crate) late: u64,
    pub(crate) latencies_ms: Vec<u64>,
}

/// How far the worker is behind; `None` where somebody did not answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Books {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    /// Records in the topic.
    pub(crate) end: Option<i64>,
    /// Records that the ledger has decided.
    pub(crate) decided: Option<i64>,
}

/// Records that are no events were put straight into the topic.
#[derive(Debug, Serialize)]
pub(crate) struct Poisoned {
    pub(crate) acknowledged: u64,
    pub(crate) failed: u64,
}

/// The load is over and the journal is on disk.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct End {
    pub(crate) journaled: u64,
    /// Events refused for good, as conflicts are, or without a final answer at the end.
    pub(crate) given_up: u64,
}

impl Report for Line {
    fn human(&self) -> String {
        match self {
            Self::Second(second) => {
                let endings: Vec<_> =
                    second.endings.iter().map(|(name, count)| format!("{name} {count}")).collect();
                format!("{}  sent {}  {}  late {}", second.at, second.sent, endings.join(", "), second.late)
            }
            Self::Books(Books { end: Some(end), decided: Some(decided), .. }) => {
                format!("  {} records behind", end - decided)
            }
            Self::Books(_) => "  nobody knows how far behind".to_owned(),
            Self::Poisoned(poisoned) => format!("  {} records of poison", poisoned.acknowledged),
            Self::End(end) => format!("{} acknowledgements, {} events given up", end.journaled, end.given_up),
        }
    }
}
