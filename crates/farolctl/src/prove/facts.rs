//! What PostgreSQL and Kafka hold after a load, read as anybody could read it.

use std::time::{Duration, Instant};

use futures::TryStreamExt as _;
use kafka::Cluster;
use postgres::Server;
use tokio_postgres::Row;

use super::{Error, events::Data, journal::Identity, lag::Ends};
use crate::books::{Account, Books};

const PATIENCE: Duration = Duration::from_secs(10);

const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

const ROWS: &str =
    "select partition, \"offset\", source, id, coalesce(data::text, '') from farol.events where topic = $1";
const LETTERS: &str =
    "select partition, \"offset\", source, id, cause, state from farol.dead_letters where topic = $1";

/// A row of `farol.events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// Its digest is empty where the data is not what a proof sends.
    pub(crate) identity: Identity,
}

/// A row of `farol.dead_letters`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// Source and id, where the record had both.
    pub(crate) event: Option<(String, String)>,
    pub(crate) cause: String,
    pub(crate) state: String,
}

/// Everything there is to compare with a journal.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) rows: Vec<Stored>,
    pub(crate) letters: Vec<Letter>,
    pub(crate) accounts: Vec<Account>,
    /// The next offset of each partition of the topic.
    pub(crate) ends: Vec<(i32, i64)>,
}

/// Waits until the ledger is at the end of every partition, for a bounded time; whether it got there.
pub(crate) async fn settled(
    cluster: &Cluster,
    topic: &str,
    database: &Server,
    patience: Duration,
) -> Result<bool, Error> {
    let asked = std::sync::Arc::new(Ends::new(cluster, topic)?);
    let books = connect(database).await?;
    let until = Instant::now() + patience;
    loop {
        let ends = read_ends(std::sync::Arc::clone(&asked)).await?;
        let ledger = books.ledger().await.map_err(|error| Error::Postgres(error.to_string()))?;
        if ends.iter().all(|(partition, end)| *end == 0 || ledger.is_past(topic, *partition, end - 1)) {
            return Ok(true);
        }
        if Instant::now() > until {
            return Ok(false);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

async fn read_ends(asked: std::sync::Arc<Ends>) -> Result<Vec<(i32, i64)>, Error> {
    let ends = tokio::task::spawn_blocking(move || asked.read(PATIENCE)).await;
    ends.map_err(|error| Error::Ended(error.to_string()))?
}

async fn connect(database: &Server) -> Result<Books, Error> {
    Books::connect(database).await.map_err(|error| Error::Postgres(error.to_string()))
}

/// Reads rows, letters and ledger of one topic, and where it ends.
pub(crate) async fn read(cluster: &Cluster, topic: &str, database: &Server) -> Result<Facts, Error> {
    let ends = read_ends(std::sync::Arc::new(Ends::new(cluster, topic)?)).await?;
    let (client, connection) = database.connect().await?;
    let connection = tokio::spawn(connection);
    let rows = all(&client, ROWS, topic, stored).await?;
    let letters = all(&client, LETTERS, topic, letter).await?;
    drop(client);
    connection.await.map_err(|error| Error::Ended(error.to_string()))??;
    let ledger =
        connect(database).await?.ledger().await.map_err(|error| Error::Postgres(error.to_string()))?;
    let accounts = ledger.0.into_iter().filter(|account| account.topic == topic).collect();
    Ok(Facts { rows, letters, accounts, ends })
}

async fn all<T>(
    client: &tokio_postgres::Client,
    query: &str,
    topic: &str,
    read: impl Fn(&Row) -> Result<T, tokio_postgres::Error>,
) -> Result<Vec<T>, Error> {
    let rows = client.query_raw(query, [topic]).await?;
    let mut rows = std::pin::pin!(rows);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        found.push(read(&row)?);
    }
    Ok(found)
}

fn stored(row: &Row) -> Result<Stored, tokio_postgres::Error> {
    let data: &str = row.try_get(4)?;
    let digest = serde_json::from_str(data).map_or_else(|_| String::new(), |data: Data| data.digest());
    let identity = Identity { source: row.try_get(2)?, id: row.try_get(3)?, digest };
    Ok(Stored { partition: row.try_get(0)?, offset: row.try_get(1)?, identity })
}

fn letter(row: &Row) -> Result<Letter, tokio_postgres::Error> {
    let (source, id): (Option<String>, Option<String>) = (row.try_get(2)?, row.try_get(3)?);
    Ok(Letter {
        partition: row.try_get(0)?,
        offset: row.try_get(1)?,
        event: source.zip(id),
        cause: row.try_get(4)?,
        state: row.try_get(5)?,
    })
}
