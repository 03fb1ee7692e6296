//! The ceilings: COPY of rows that are ready, into the tables that Farol's worker writes.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::SinkExt as _;
use tokio_postgres::Client;

use super::{
    Round,
    copied::{Copied, EVENTS, KEYS},
    database as failed,
    ground::{Ground, own_cpu},
};
use crate::bench::Error;

const CHUNK_BYTES: usize = 256 << 10;
/// As many rows as the worker takes into one transaction at most.
const STAGED_ROWS: usize = 5_000;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The rows, in one COPY: no keys, so nothing keeps (source, id) unique.
    Rows,
    /// Rows and keys, one COPY each, in one transaction: the same tables full at the end.
    RowsAndKeys,
    /// Batches into a temporary table, keys from there ON CONFLICT DO NOTHING, then the rows of fresh keys.
    Staging,
}

/// Copies into a database of its own.
pub(crate) async fn round(ground: &Ground, copied: &Copied, count: i64, kind: Kind) -> Result<Round, Error> {
    let database = ground.database("copy").await?;
    let session = ground.session(&database.url).await?;
    ground.settle().await?;
    let before = (own_cpu()?, database.cpu_seconds());
    let start = Instant::now();
    match kind {
        Kind::Rows => whole(&session, EVENTS, &copied.events).await?,
        Kind::RowsAndKeys => {
            batch(&session, "BEGIN").await?;
            whole(&session, EVENTS, &copied.events).await?;
            whole(&session, KEYS, &copied.keys).await?;
            batch(&session, "COMMIT").await?;
        }
        Kind::Staging => staged(&session, &copied.events).await?,
    }
    let elapsed: Duration = start.elapsed();
    let after = (own_cpu()?, database.cpu_seconds());
    let row =
        session.query_one("SELECT count(*) FROM farol.events", &[]).await.map_err(|error| failed(&error))?;
    let found: i64 = row.try_get(0).map_err(|error| failed(&error))?;
    drop(session);
    database.remove().await?;
    if found != count {
        return Err(Error::Dirty(format!("COPY left {found} of {count} rows")));
    }
    let per_million = |seconds: f64| seconds / count as f64 * 1e6;
    Ok(Round {
        rows_per_second: count as f64 / elapsed.as_secs_f64(),
        client: per_million(after.0 - before.0),
        postgresql: after.1.zip(before.1).map(|(after, before)| per_million(after - before)),
        broker: None,
        memory: None,
    })
}

async fn batch(session: &Client, statement: &str) -> Result<(), Error> {
    session.batch_execute(statement).await.map_err(|error| failed(&error))
}

fn open(path: &Path) -> Result<BufReader<File>, Error> {
    Ok(BufReader::with_capacity(CHUNK_BYTES, File::open(path).map_err(|error| Error::file(path, error))?))
}

async fn whole(session: &Client, table: &str, path: &Path) -> Result<(), Error> {
    let mut file = open(path)?;
    copy_in(session, table, || {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let read = file.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut chunk);
        read.map(|bytes| (bytes > 0).then(|| chunk.into())).map_err(|error| Error::file(path, error))
    })
    .await
}

/// Sends chunks until there are none.
async fn copy_in(
    session: &Client,
    table: &str,
    mut next: impl FnMut() -> Result<Option<Bytes>, Error>,
) -> Result<(), Error> {
    let sink = session.copy_in::<_, Bytes>(&format!("COPY {table} FROM STDIN")).await;
    let mut sink = std::pin::pin!(sink.map_err(|error| failed(&error))?);
    while let Some(chunk) = next()? {
        sink.feed(chunk).await.map_err(|error| failed(&error))?;
    }
    sink.finish().await.map(drop).map_err(|error| failed(&error))
}

async fn staged(session: &Client, path: &Path) -> Result<(), Error> {
    let (_, columns) = EVENTS.split_once(' ').unwrap_or_default();
    let columns = columns.trim_matches(['(', ')']);
    let rows = columns.split(", ").map(|column| format!("s.{column}")).collect::<Vec<_>>().join(", ");
    batch(session, "CREATE TEMPORARY TABLE staged (LIKE farol.events) ON COMMIT DELETE ROWS").await?;
    let insert = format!(
        "WITH fresh AS (INSERT INTO {KEYS} SELECT key, stored_at, tx, n, digest_version, digest FROM staged \
         ORDER BY key ON CONFLICT DO NOTHING RETURNING key)
         INSERT INTO farol.events ({columns}) SELECT {rows} FROM staged AS s JOIN fresh USING (key)"
    );
    let mut lines = open(path)?;
    loop {
        let chunk = next_lines(&mut lines).map_err(|error| Error::file(path, error))?;
        if chunk.is_empty() {
            return Ok(());
        }
        let mut chunk = Some(Bytes::from(chunk));
        batch(session, "BEGIN").await?;
        copy_in(session, &format!("staged ({columns})"), || Ok(chunk.take())).await?;
        batch(session, &insert).await?;
        batch(session, "COMMIT").await?;
    }
}

/// A line is a row: COPY writes a line break within a value as two characters.
fn next_lines(file: &mut BufReader<File>) -> std::io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    for _ in 0..STAGED_ROWS {
        if file.read_until(b'\n', &mut chunk)? == 0 {
            break;
        }
    }
    Ok(chunk)
}
