//! What the gateway reads in PostgreSQL; the worker alone writes there. One file a question.

mod asked;
mod dead_letters;
mod event_keys;
mod ledger;
mod listing;
#[cfg(test)]
mod plans;
mod stored;

use std::time::Duration;

use deadpool_postgres::{Client, Pool, PoolError};
use event::Refusal;

use crate::config::Config;

pub(crate) use dead_letters::{Letter, LetterCount, LetterFilter, ListedLetter};
pub(crate) use ledger::Books;
pub(crate) use listing::{Filter, Place};
pub(crate) use stored::Shown;

const POOL_SIZE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(2);
/// What every session of the gateway is bound to, whatever the connection string says.
const SESSION: &str = "-c default_transaction_read_only=on -c statement_timeout=5s";

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookUpError {
    #[error("no connection to PostgreSQL: {}", postgres::cause(.0))]
    Pool(#[from] PoolError),
    #[error("PostgreSQL: {}", postgres::cause(.0))]
    Query(#[from] tokio_postgres::Error),
    #[error("the row is not a valid event: {0}")]
    Row(#[from] Refusal),
    #[error("the row's JSON is not what it should be: {0}")]
    Json(#[from] serde_json::Error),
}

/// A pool of sessions that only read.
#[derive(Clone)]
pub(crate) struct Database(Pool);

impl Database {
    /// A pool that connects when it is first asked.
    pub(crate) fn connect(config: &Config) -> Result<Self, crate::StartError> {
        let server = config.database.clone().for_sessions(crate::SERVICE.name, SESSION);
        Ok(Self(server.pool(POOL_SIZE, PATIENCE)?))
    }

    async fn session(&self) -> Result<Client, LookUpError> {
        let session = self.0.get().await;
        if let Err(PoolError::Timeout(_)) = &session {
            telemetry::postgres_pool_timeout();
        }
        Ok(session?)
    }

    /// Sets the metrics of the pool.
    pub(crate) fn report_pool(&self) {
        telemetry::postgres_pool(self.0.status());
    }
}
