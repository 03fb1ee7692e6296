//! What `farolctl bench-storage` stands on: a topic of real flights that every side reads or was made
//! of, a fresh database a round, and the sides: Farol's worker, plain COPY, COPY with a staging table,
//! Kafka Connect with Debezium's JDBC sink. The order of things is in `commands/bench_storage.rs`.

pub(crate) mod compare;
pub(crate) mod connect;
pub(crate) mod connect_topic;
pub(crate) mod copied;
pub(crate) mod copy;
pub(crate) mod fill;
pub(crate) mod flights;
pub(crate) mod freshness;
pub(crate) mod ground;
pub(crate) mod prefilled;
pub(crate) mod rounds;
pub(crate) mod slow_link;
pub(crate) mod sweep;
pub(crate) mod verdicts;
pub(crate) mod worker;

use crate::bench::Error;

/// What one round of one side cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) rows_per_second: f64,
    /// CPU seconds per million rows: of whoever writes (worker, JVM, COPY's client), …
    pub(crate) client: f64,
    /// … of all of PostgreSQL's processes, …
    pub(crate) postgresql: Option<f64>,
    /// … and of Kafka's.
    pub(crate) broker: Option<f64>,
    /// Resident memory in MiB: the most of the first and of the last half of the round.
    pub(crate) memory: Option<(f64, f64)>,
}

fn database(error: &tokio_postgres::Error) -> Error {
    Error::Database(postgres::cause(error))
}
