//! What `farolctl prove` stands on: a load whose acknowledgements are written to disk before they count,
//! and the comparison of that journal with rows, dead letters, ledger and topic. Who breaks what meanwhile
//! is none of its business.

pub(crate) mod control;
pub(crate) mod delivery;
pub(crate) mod events;
pub(crate) mod facts;
pub(crate) mod journal;
pub(crate) mod lag;
pub(crate) mod lines;
pub(crate) mod load;
pub(crate) mod poison;
pub(crate) mod seconds;
pub(crate) mod verdict;

/// Why there is no proof, neither for nor against.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the journal {path}: {cause}")]
    Journal { path: std::path::PathBuf, cause: std::io::Error },
    #[error("line {line} of the journal is none: {cause}")]
    Entry { line: usize, cause: serde_json::Error },
    #[error("Kafka: {0}")]
    Kafka(String),
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    #[error("a part of the load ended before its time: {0}")]
    Ended(String),
}

impl From<rdkafka::error::KafkaError> for Error {
    fn from(error: rdkafka::error::KafkaError) -> Self {
        Self::Kafka(error.to_string())
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(postgres::cause(&error))
    }
}
