//! What the gateway reads in PostgreSQL; the worker alone writes there. One file a question.

mod dead_letters;
mod event_keys;
mod ledger;
mod listing;
#[cfg(test)]
mod plans;
mod stored;

use std::time::Duration;

use deadpool_postgres::{Client, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use event::Refusal;
use tokio_postgres::NoTls;

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
    #[error("no connection to PostgreSQL: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error("PostgreSQL: {0}")]
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
        let mut postgres: tokio_postgres::Config = config.database_url.reveal().parse()?;
        let options = postgres.get_options().map_or(SESSION.to_owned(), |set| format!("{set} {SESSION}"));
        postgres.options(options).application_name(crate::SERVICE.name).connect_timeout(PATIENCE);
        let manager =
            Manager::from_config(postgres, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(POOL_SIZE)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()?;
        Ok(Self(pool))
    }

    async fn session(&self) -> Result<Client, LookUpError> {
        Ok(self.0.get().await?)
    }
}
