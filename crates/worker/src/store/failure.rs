//! What can go wrong with PostgreSQL, what to do about it, and what it is called in spans and metrics.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::failure::Class;

/// Why a batch was not stored. Nothing of it is in the database then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The ledger is elsewhere than expected: another worker, or an earlier attempt of ours, was there.
    #[error("the ledger of partition {0:?} is not where this batch begins")]
    Fenced(Vec<i32>),
    /// No connection could be had.
    #[error("no connection to PostgreSQL: {}", postgres::cause(.0))]
    Pool(#[from] PoolError),
    /// PostgreSQL refused, or the connection broke.
    #[error("PostgreSQL: {}", postgres_text(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// PostgreSQL can never hold one of the rows.
    #[error("PostgreSQL refuses a row: {}", postgres_text(.0))]
    RowRefused(tokio_postgres::Error),
    /// A key is there that was presumed to be new.
    #[error("PostgreSQL has a key already: {}", postgres_text(.0))]
    KeyKnown(tokio_postgres::Error),
    /// A newer program than the schema: it may ask for columns that do not exist yet.
    #[error("the schema is at version {has}, and this program needs version {needs}")]
    SchemaTooOld { has: i64, needs: i64 },
    /// A key that was there a moment ago is gone; trying again settles it.
    #[error("a key expired while its batch was written")]
    KeyExpired,
}

fn postgres_text(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| postgres::cause(error), |db| format!("{} ({})", db.message(), db.code().code()))
}

impl StoreError {
    /// What to do about it. Only the rows' own statement can blame data, and it does so itself.
    pub(crate) fn class(&self) -> Class {
        let class = match self {
            Self::Fenced(_) | Self::KeyExpired => Class::Transient,
            Self::Pool(PoolError::Backend(error))
            | Self::Postgres(error)
            | Self::RowRefused(error)
            | Self::KeyKnown(error) => Class::of(error),
            Self::Pool(_) => Class::Transient,
            Self::SchemaTooOld { .. } => Class::Structural,
        };
        if class == Class::Data { Class::Structural } else { class }
    }

    /// SQLSTATE, or a short name, for spans and metrics.
    pub(crate) fn error_type(&self) -> String {
        match self {
            Self::Fenced(_) => "fenced".to_owned(),
            Self::KeyExpired => "key_expired".to_owned(),
            Self::Pool(PoolError::Backend(_))
            | Self::Postgres(_)
            | Self::RowRefused(_)
            | Self::KeyKnown(_) => self.sqlstate().unwrap_or("connection").to_owned(),
            Self::Pool(_) => "pool_timeout".to_owned(),
            Self::SchemaTooOld { .. } => "schema_too_old".to_owned(),
        }
    }

    pub(super) fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Pool(PoolError::Backend(error))
            | Self::Postgres(error)
            | Self::RowRefused(error)
            | Self::KeyKnown(error) => error.code().map(SqlState::code),
            Self::Pool(_) | Self::Fenced(_) | Self::SchemaTooOld { .. } | Self::KeyExpired => None,
        }
    }
}
