//! Dead letters as an operator handles them: what is kept of each, which can be sent again, and
//! the sending. What becomes of a letter that was sent again is the worker's decision alone.

pub(crate) mod content;
pub(crate) mod kafka;
pub(crate) mod letters;
pub(crate) mod redrive;
pub(crate) mod standing;
pub(crate) mod tally;

use crate::books;

/// Why letters cannot be handled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "Kafka at {brokers}: {cause}\n  Is it running? `make up` starts the local stack; --kafka-brokers or FAROL_KAFKA_BROKERS names another."
    )]
    Kafka { brokers: String, cause: String },
    #[error(
        "Kafka holds the records of {count} letters, but the letters could not be marked: {cause}\n  Run the same command again: a letter that is sent twice still becomes one row."
    )]
    NotMarked { count: usize, cause: books::Error },
    #[error(transparent)]
    Books(#[from] books::Error),
}
