//! What the bench stands on: processes it starts and stops, their CPU time, a topic and a
//! database of its own, and the load. The order of things is in `commands/bench.rs`.

pub(crate) mod cpu;
pub(crate) mod database;
pub(crate) mod events;
pub(crate) mod listener;
pub(crate) mod load;
pub(crate) mod process;
pub(crate) mod report;
pub(crate) mod sides;
pub(crate) mod stack;
pub(crate) mod topic;

use std::path::{Path, PathBuf};

use crate::{books, gateway_client};

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
    #[error(transparent)]
    Gateway(#[from] gateway_client::Error),
    #[error("an event was refused, so the measurement means nothing: {0}")]
    Refused(Box<gateway_client::Problem>),
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
