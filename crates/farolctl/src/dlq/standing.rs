//! How a letter stands, and what that means for sending it again. Pure.

use tokio_postgres::Row;

/// Why a record became no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Cause {
    /// It holds no CloudEvent that Farol can read
    Undecodable,
    /// PostgreSQL refused it
    Unstorable,
    /// Its source and id belong to an event with other content
    Conflict,
}

impl Cause {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Unstorable => "unstorable",
            Self::Conflict => "conflict",
        }
    }
}

/// Where a letter is between failing and being done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum State {
    /// Somebody has to do something
    Open,
    /// Sent again; the worker has not decided it yet
    Redriven,
    /// Its content is a row
    Resolved,
    /// Somebody gave it up
    Quarantined,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Redriven => "redriven",
            Self::Resolved => "resolved",
            Self::Quarantined => "quarantined",
        }
    }
}

/// What decides whether a letter can be sent again; column by column of [`COLUMNS`].
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) letter_id: i64,
    cluster_id: String,
    cause: String,
    state: String,
    /// Tells whether the worker has decided the letter since it was looked at.
    pub(crate) redrives: i32,
    /// Redriven, and the ledger has not come to its record: so many records come first.
    records_before: Option<i64>,
}

/// Of `farol.dead_letters AS l`. A redriven letter that the ledger has passed, or of which nobody knows
/// where its record is, waits for nothing.
pub(crate) const COLUMNS: &str = "l.letter_id, l.cluster_id, l.cause, l.state, l.redrives,
    (SELECT l.redriven_offset - g.next_offset FROM farol.ledger g
     WHERE l.state = 'redriven' AND g.cluster_id = l.cluster_id AND g.topic = l.topic
       AND g.partition = l.redriven_partition AND g.next_offset <= l.redriven_offset) AS records_before";

/// Why a letter is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// It was, and the worker has not come to it.
    Waiting,
    Resolved,
    Quarantined,
    Undecodable,
    Conflict,
    /// Its record came from another cluster than the one it would go to.
    OtherCluster,
    Unknown,
}

impl Why {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Resolved => "resolved",
            Self::Quarantined => "quarantined",
            Self::Undecodable => "undecodable",
            Self::Conflict => "conflict",
            Self::OtherCluster => "otherCluster",
            Self::Unknown => "unknown",
        }
    }

    /// What it means and what to do.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Waiting => "sent already, and the worker has not come to it yet: look again later",
            Self::Resolved => "resolved: its row is there, nothing is left to do",
            Self::Quarantined => "given up by somebody: `farolctl dlq show` tells why",
            Self::Undecodable => {
                "not redrivable, since it holds no event: have its producer send a right one, then quarantine it"
            }
            Self::Conflict => {
                "not redrivable, since another event has its source and id: have it sent under a new id, or quarantine it"
            }
            Self::OtherCluster => {
                "from another Kafka cluster than these brokers': name its own by --kafka-brokers"
            }
            Self::Unknown => "there is no such letter",
        }
    }

    /// Whether the operator asked for something that cannot be; repeating a command asks for nothing new.
    pub(crate) fn is_refusal(self) -> bool {
        !matches!(self, Self::Waiting | Self::Resolved)
    }
}

impl Standing {
    pub(crate) fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            letter_id: row.try_get("letter_id")?,
            cluster_id: row.try_get("cluster_id")?,
            cause: row.try_get("cause")?,
            state: row.try_get("state")?,
            redrives: row.try_get("redrives")?,
            records_before: row.try_get("records_before")?,
        })
    }

    /// Whether it can be sent again into this cluster.
    pub(crate) fn redrivable(&self, cluster_id: &str) -> Result<(), Why> {
        match self.state.as_str() {
            "resolved" => return Err(Why::Resolved),
            "quarantined" => return Err(Why::Quarantined),
            _ => {}
        }
        match self.cause.as_str() {
            "undecodable" => return Err(Why::Undecodable),
            "conflict" => return Err(Why::Conflict),
            _ => {}
        }
        if self.records_before.is_some() {
            return Err(Why::Waiting);
        }
        if self.cluster_id == cluster_id { Ok(()) } else { Err(Why::OtherCluster) }
    }

    /// Whether it can be given up.
    pub(crate) fn quarantinable(&self) -> Result<(), Why> {
        match (self.state.as_str(), self.records_before) {
            ("resolved", _) => Err(Why::Resolved),
            (_, Some(_)) => Err(Why::Waiting),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, Why};

    fn standing(cause: &str, state: &str, records_before: Option<i64>) -> Standing {
        let (cause, state) = (cause.to_owned(), state.to_owned());
        Standing { letter_id: 1, cluster_id: "c".to_owned(), cause, state, redrives: 0, records_before }
    }

    #[test]
    fn only_what_the_worker_can_decide_otherwise_is_sent_again() {
        for (cause, state, records_before, verdict) in [
            ("unstorable", "open", None, Ok(())),
            ("unstorable", "redriven", Some(0), Err(Why::Waiting)),
            ("unstorable", "redriven", None, Ok(())),
            ("unstorable", "resolved", None, Err(Why::Resolved)),
            ("unstorable", "quarantined", None, Err(Why::Quarantined)),
            ("conflict", "open", None, Err(Why::Conflict)),
            ("undecodable", "open", None, Err(Why::Undecodable)),
        ] {
            assert_eq!(standing(cause, state, records_before).redrivable("c"), verdict, "{cause} {state}");
        }
        assert_eq!(standing("unstorable", "open", None).redrivable("d"), Err(Why::OtherCluster));
    }

    #[test]
    fn a_letter_is_given_up_unless_it_is_a_row_or_may_become_one() {
        assert_eq!(standing("undecodable", "open", None).quarantinable(), Ok(()));
        assert_eq!(standing("conflict", "quarantined", None).quarantinable(), Ok(()));
        assert_eq!(standing("unstorable", "redriven", Some(3)).quarantinable(), Err(Why::Waiting));
        assert_eq!(standing("unstorable", "resolved", None).quarantinable(), Err(Why::Resolved));
    }
}
