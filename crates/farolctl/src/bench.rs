//! What a bench stands on: processes it starts and stops, their CPU time, topics and a database of its own, the load,
//! and the groups of rows. The order of things is in `commands/bench.rs`.

pub(crate) mod batches;
pub(crate) mod compare;
pub(crate) mod conditions;
pub(crate) mod cpu;
pub(crate) mod database;
pub(crate) mod ground;
pub(crate) mod growth;
pub(crate) mod listener;
pub(crate) mod load;
pub(crate) mod overload;
pub(crate) mod plot;
pub(crate) mod process;
pub(crate) mod producer_tool;
pub(crate) mod requests;
pub(crate) mod rivals;
pub(crate) mod rounds;
pub(crate) mod rows;
pub(crate) mod side;
pub(crate) mod single;
pub(crate) mod soak;
pub(crate) mod stack;
pub(crate) mod tally;
pub(crate) mod telemetry;
pub(crate) mod topic;
pub(crate) mod whole_path;
pub(crate) mod wire;

use std::path::{Path, PathBuf};

use crate::books;

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "{0} is not there: build it first (`cargo build`), or say where it is with --bin-dir or FAROL_BIN_DIR"
    )]
    NoBinary(PathBuf),
    #[error("{name} {what}; its log is {log}:\n{tail}")]
    Process { name: &'static str, what: String, log: PathBuf, tail: String },
    #[error("{path}: {cause}")]
    File { path: PathBuf, cause: std::io::Error },
    #[error("Kafka at {brokers}: {cause}")]
    Kafka { brokers: String, cause: String },
    #[error("the bench's database: {0}")]
    Database(String),
    #[error(transparent)]
    Books(#[from] books::Error),
    #[error("an event was refused, so the measurement means nothing: {0}")]
    Refused(String),
    #[error("after {seconds} s only {booked} of {expected} records are booked; the worker's log is {log}")]
    NotBooked { seconds: u64, booked: i64, expected: usize, log: PathBuf },
    #[error("{0}")]
    Dirty(String),
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    pub(crate) fn file(path: &Path, cause: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), cause }
    }
}
