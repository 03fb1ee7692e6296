//! The rows that COPY writes: those a worker stored, in COPY's own text form, so that every side ends with
//! the same rows and COPY's client has nothing left to compute.

use std::{io::Write as _, path::PathBuf};

use futures::StreamExt as _;
use tokio_postgres::Client;

use super::{database as failed, ground::Ground};
use crate::bench::{Error, database::Database};

/// Everything but the columns that PostgreSQL would fill in by itself is there, and those are, too.
pub(crate) const EVENTS: &str = "farol.events (key, stored_at, tx, \"offset\", received_at, time, n, partition, \
    digest_version, digest, trace_id, source, id, type, subject, time_text, datacontenttype, dataschema, topic, producer, \
    extensions, data, data_bytes)";
pub(crate) const KEYS: &str = "farol.event_keys (key, stored_at, tx, n, digest_version, digest)";

/// Files with one row a line.
pub(crate) struct Copied {
    pub(crate) events: PathBuf,
    pub(crate) keys: PathBuf,
}

impl Copied {
    /// Writes down what is in `database`.
    pub(crate) async fn from(ground: &Ground, database: &Database) -> Result<Self, Error> {
        let session = ground.session(&database.url).await?;
        let copied = Self { events: ground.home.join("events.copy"), keys: ground.home.join("keys.copy") };
        write(&session, &selected(EVENTS, "tx, n"), &copied.events).await?;
        write(&session, &selected(KEYS, "tx, key"), &copied.keys).await?;
        Ok(copied)
    }
}

/// The query behind `table (columns)`, in the order in which the worker wrote them. A day later: a fresh database has partitions
/// from its own today on, which past midnight is not the rows'.
fn selected(table: &str, order: &str) -> String {
    let (table, columns) = table.split_once(" (").unwrap_or((table, "*)"));
    let columns = columns.trim_end_matches(')').replace("stored_at", "stored_at + interval '1 day'");
    format!("SELECT {columns} FROM {table} ORDER BY {order}")
}

async fn write(session: &Client, query: &str, path: &PathBuf) -> Result<(), Error> {
    let mut file =
        std::io::BufWriter::new(std::fs::File::create(path).map_err(|error| Error::file(path, error))?);
    let rows =
        session.copy_out(&format!("COPY ({query}) TO STDOUT")).await.map_err(|error| failed(&error))?;
    let mut rows = std::pin::pin!(rows);
    while let Some(chunk) = rows.next().await {
        let chunk = chunk.map_err(|error| failed(&error))?;
        file.write_all(&chunk).map_err(|error| Error::file(path, error))?;
    }
    file.flush().map_err(|error| Error::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::selected;

    #[test]
    fn a_copy_is_read_by_the_columns_it_is_written_by_and_is_of_a_day_that_has_a_partition() {
        assert_eq!(selected("t (a, b)", "a"), "SELECT a, b FROM t ORDER BY a");
        let a_day_later = "SELECT a, stored_at + interval '1 day' FROM t ORDER BY a";
        assert_eq!(selected("t (a, stored_at)", "a"), a_day_later);
    }
}
