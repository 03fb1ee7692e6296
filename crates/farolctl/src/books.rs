//! Farol's books in PostgreSQL, read only: the ledger, and how many of given events are rows.

use std::path::Path;

use postgres::{AddressError, Server};
use serde::Serialize;
use service::Secret;
use tls::{Trust, TrustError};
use tokio_postgres::error::SqlState;

const LEDGER: &str = "select cluster_id::text, topic::text, partition::int4, \
    start_offset::int8, next_offset::int8, stored::int8, duplicate::int8, \
    dead_lettered::int8, gaps::int8 from farol.ledger order by 1, 2, 3";

const ROWS: &str = "select count(*) from farol.events \
    join unnest($1::text[], $2::text[]) as wanted(source, id) using (source, id)";

/// One partition's account: what was consumed and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    pub(crate) cluster_id: String,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) start_offset: i64,
    pub(crate) next_offset: i64,
    #[serde(flatten)]
    pub(crate) counts: Counts,
}

/// What became of consumed records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    pub(crate) stored: i64,
    pub(crate) duplicate: i64,
    pub(crate) dead_lettered: i64,
    pub(crate) gaps: i64,
}

/// All accounts at one moment.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct Ledger(pub(crate) Vec<Account>);

/// A read-only connection.
pub(crate) struct Books {
    client: tokio_postgres::Client,
}

/// Why the books cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("--database-url or FAROL_DATABASE_URL {0}")]
    Address(#[from] AddressError),
    #[error("--database-ca-file or FAROL_DATABASE_CA_FILE {0}")]
    Trust(#[from] TrustError),
    #[error(
        "cannot connect to PostgreSQL: {0}\n  Is it running? `make up` starts the local stack; --database-url or FAROL_DATABASE_URL names another."
    )]
    Connect(String),
    #[error(
        "PostgreSQL has no Farol tables yet, or older ones than this farolctl: run `farol-worker migrate`"
    )]
    NotMigrated,
    #[error("PostgreSQL: {0}")]
    Query(String),
}

/// The server of a command line's address; its certificate is checked against the authorities of `ca_file`, or
/// the system's.
pub(crate) fn server(url: &str, ca_file: Option<&Path>) -> Result<Server, Error> {
    let trust = ca_file.map_or_else(|| Ok(Trust::system()), Trust::of_file)?;
    Ok(Server::new(&Secret::new(url.to_owned()), &trust)?)
}

/// Connects with these options beside those of the address.
pub(crate) async fn session(server: &Server, options: &str) -> Result<tokio_postgres::Client, Error> {
    let connected = server.clone().for_sessions("farolctl", options).connect().await;
    let (client, connection) = connected.map_err(|error| Error::Connect(postgres::cause(&error)))?;
    tokio::spawn(async move {
        // a broken connection shows again, with its cause, in the query that needs it
        if let Err(error) = connection.await {
            eprintln!("farolctl: PostgreSQL closed the connection: {}", postgres::cause(&error));
        }
    });
    Ok(client)
}

impl Books {
    /// Connects; the session can change nothing.
    pub(crate) async fn connect(server: &Server) -> Result<Self, Error> {
        Ok(Self { client: session(server, "-c default_transaction_read_only=on").await? })
    }

    /// Reads every account.
    pub(crate) async fn ledger(&self) -> Result<Ledger, Error> {
        let rows = self.client.query(LEDGER, &[]).await.map_err(query_error)?;
        let account = |row: &tokio_postgres::Row| -> Result<Account, tokio_postgres::Error> {
            Ok(Account {
                cluster_id: row.try_get(0)?,
                topic: row.try_get(1)?,
                partition: row.try_get(2)?,
                start_offset: row.try_get(3)?,
                next_offset: row.try_get(4)?,
                counts: Counts {
                    stored: row.try_get(5)?,
                    duplicate: row.try_get(6)?,
                    dead_lettered: row.try_get(7)?,
                    gaps: row.try_get(8)?,
                },
            })
        };
        rows.iter().map(account).collect::<Result<_, _>>().map(Ledger).map_err(query_error)
    }

    /// How many of the events with these sources and ids (paired by position) are rows.
    pub(crate) async fn count_rows(&self, sources: &[String], ids: &[String]) -> Result<i64, Error> {
        let row = self.client.query_one(ROWS, &[&sources, &ids]).await.map_err(query_error)?;
        row.try_get(0).map_err(query_error)
    }
}

pub(crate) fn query_error(error: tokio_postgres::Error) -> Error {
    match error.code() {
        Some(&SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME | &SqlState::UNDEFINED_COLUMN) => {
            Error::NotMigrated
        }
        _ => Error::Query(postgres::cause(&error)),
    }
}

impl Account {
    /// Offsets consumed so far.
    pub(crate) fn consumed(&self) -> i64 {
        self.next_offset - self.start_offset
    }

    /// Whether each consumed offset is accounted for.
    pub(crate) fn is_balanced(&self) -> bool {
        self.consumed() == self.counts.total()
    }
}

impl Counts {
    pub(crate) fn total(self) -> i64 {
        self.stored + self.duplicate + self.dead_lettered + self.gaps
    }

    /// What was added since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            stored: self.stored - before.stored,
            duplicate: self.duplicate - before.duplicate,
            dead_lettered: self.dead_lettered - before.dead_lettered,
            gaps: self.gaps - before.gaps,
        }
    }
}

impl Ledger {
    /// The counts of all accounts together.
    pub(crate) fn totals(&self) -> Counts {
        self.0.iter().fold(Counts::default(), |sum, account| Counts {
            stored: sum.stored + account.counts.stored,
            duplicate: sum.duplicate + account.counts.duplicate,
            dead_lettered: sum.dead_lettered + account.counts.dead_lettered,
            gaps: sum.gaps + account.counts.gaps,
        })
    }

    /// Whether every account is balanced.
    pub(crate) fn is_balanced(&self) -> bool {
        self.0.iter().all(Account::is_balanced)
    }

    /// Whether the record at this place is booked.
    pub(crate) fn is_past(&self, topic: &str, partition: i32, offset: i64) -> bool {
        self.0.iter().any(|account| {
            account.topic == topic && account.partition == partition && account.next_offset > offset
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Counts, Ledger};

    fn account(partition: i32, next_offset: i64, stored: i64) -> Account {
        Account {
            cluster_id: "c".to_owned(),
            topic: "t".to_owned(),
            partition,
            start_offset: 10,
            next_offset,
            counts: Counts { stored, duplicate: 1, dead_lettered: 1, gaps: 0 },
        }
    }

    #[test]
    fn an_account_balances_when_each_offset_has_a_fate() {
        assert!(account(0, 20, 8).is_balanced());
        assert!(!account(0, 20, 7).is_balanced());
        assert!(!Ledger(vec![account(0, 20, 8), account(1, 20, 9)]).is_balanced());
    }

    #[test]
    fn totals_add_up_and_differences_are_the_runs_own() {
        let ledger = Ledger(vec![account(0, 20, 8), account(1, 15, 3)]);
        assert_eq!(ledger.totals().total(), 15);
        let before = Counts { stored: 1, duplicate: 1, dead_lettered: 2, gaps: 0 };
        let since = ledger.totals().since(before);
        assert_eq!(since, Counts { stored: 10, duplicate: 1, dead_lettered: 0, gaps: 0 });
    }

    #[test]
    fn a_record_is_booked_once_the_next_offset_is_beyond_it() {
        let ledger = Ledger(vec![account(0, 20, 8)]);
        assert!(ledger.is_past("t", 0, 19));
        assert!(!ledger.is_past("t", 0, 20) && !ledger.is_past("t", 1, 5) && !ledger.is_past("u", 0, 5));
    }
}
