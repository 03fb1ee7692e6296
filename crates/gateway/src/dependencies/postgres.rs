//! PostgreSQL: one query on a connection of the check's own.

use std::time::Instant;

use postgres::Server;
use tokio_postgres::{Client, Error, SimpleQueryMessage, SimpleQueryRow};

use super::Probe;
use super::check::{Dependency, Details, Failure, Reason, RoundTrip};

/// Answers without reading a table, so that its time is the round trip's.
const QUERY: &str = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool, \
                     to_regclass('farol.events') IS NOT NULL";

pub(super) struct Postgres(Server);

impl Postgres {
    pub(super) fn new(server: &Server) -> Self {
        Self(server.clone().for_sessions(crate::SERVICE.name, ""))
    }
}

impl Probe for Postgres {
    const DEPENDENCY: Dependency = Dependency::Postgres;

    /// Dropped halfway, it closes its connection.
    async fn round_trip(&self) -> Result<RoundTrip, Failure> {
        let started = Instant::now();
        let (client, mut connection) = self.0.connect().await.map_err(failure)?;
        let connected = Instant::now();
        let details = tokio::select! {
            details = ask(&client) => details?,
            ended = &mut connection => return Err(Failure::new(Reason::Unreachable, cause(&ended))),
        };
        let latency = connected.elapsed();
        drop(client);
        if let Err(error) = connection.await {
            tracing::debug!(%error, "PostgreSQL did not take leave");
        }
        Ok(RoundTrip { connect: connected - started, latency, details })
    }
}

async fn ask(client: &Client) -> Result<Details, Failure> {
    let answer = client.simple_query(QUERY).await.map_err(failure)?;
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let row = row.ok_or_else(|| Failure::new(Reason::Failed, "the query gave no row"))?;
    if !is_true(row, 2)? {
        return Err(Failure::new(Reason::SchemaMissing, "there is no table farol.events"));
    }
    Ok(Details::Postgres { in_recovery: is_true(row, 0)?, read_only: is_true(row, 1)? })
}

fn is_true(row: &SimpleQueryRow, column: usize) -> Result<bool, Failure> {
    Ok(row.try_get(column).map_err(failure)? == Some("t"))
}

fn failure(error: Error) -> Failure {
    // Classes of SQLSTATE: 08 connection, 28 authorization, 42501 privilege, 57P starting or stopping.
    let reason = match error.code().map(|code| code.code()) {
        None => Reason::Unreachable,
        Some(code) if code.starts_with("28") || code == "42501" => Reason::Refused,
        Some(code) if code.starts_with("08") || code.starts_with("57P") => Reason::Unreachable,
        Some(_) => Reason::Failed,
    };
    Failure::new(reason, cause(&Err(error)))
}

fn cause(ended: &Result<(), Error>) -> String {
    ended
        .as_ref()
        .map_or_else(|error| postgres::cause(error), |()| "the server closed the connection".to_owned())
}
