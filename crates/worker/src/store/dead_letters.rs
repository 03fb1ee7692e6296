//! Dead letters: what could not become a row, kept whole and with its cause.

use deadpool_postgres::Transaction;
use event::DIGEST_VERSION;
use tokio_postgres::types::ToSql;

use super::{Book, StoreError};
use crate::record::Record;

const INSERT: &str = "
INSERT INTO farol.dead_letters
    (cluster_id, topic, partition, \"offset\", record_key, record_value, header_names, header_values,
     event_key, source, id, digest_version, digest, trace_id, cause, sqlstate, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

/// The longest message kept.
const MAX_MESSAGE_BYTES: usize = 1_024;

/// Why a record became no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It holds no CloudEvent that Farol can read.
    Undecodable,
    /// PostgreSQL cannot hold it.
    Unstorable,
    /// Its source and id belong to an event with other content.
    Conflict,
}

impl Cause {
    pub(crate) const ALL: [Self; 3] = [Self::Undecodable, Self::Unstorable, Self::Conflict];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Unstorable => "unstorable",
            Self::Conflict => "conflict",
        }
    }
}

/// A dead letter to be written; `n` is its record's place in the batch.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) n: usize,
    pub(crate) cause: Cause,
    pub(super) sqlstate: Option<String>,
    message: String,
}

impl Letter {
    pub(super) fn undecodable(n: usize, message: String) -> Self {
        Self { n, cause: Cause::Undecodable, sqlstate: None, message }
    }

    pub(super) fn unstorable(n: usize, error: &tokio_postgres::Error) -> Self {
        let sqlstate = error.code().map(|code| code.code().to_owned());
        let message = error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
        Self { n, cause: Cause::Unstorable, sqlstate, message }
    }

    pub(super) fn conflict(n: usize) -> Self {
        let message = "an event with this source and id, but with other content, has the row".to_owned();
        Self { n, cause: Cause::Conflict, sqlstate: None, message }
    }

    /// Its message as PostgreSQL can hold it: without NUL, and not longer than needed to understand it.
    pub(super) fn bounded_message(&self) -> String {
        let end = self.message.floor_char_boundary(MAX_MESSAGE_BYTES.min(self.message.len()));
        self.message[..end].replace('\0', "\u{fffd}")
    }
}

/// Writes new letters of a batch. They are rare, so each is a statement of its own.
pub(super) async fn write(
    transaction: &Transaction<'_>,
    book: &Book,
    records: &[&Record],
    letters: &[&Letter],
) -> Result<(), StoreError> {
    if letters.is_empty() {
        return Ok(());
    }
    let statement = transaction.prepare_cached(INSERT).await?;
    for letter in letters {
        let record = records[letter.n];
        let identified = record.content.as_ref().ok();
        let names: Vec<&[u8]> = record.raw.headers.iter().map(|(name, _)| name.as_bytes()).collect();
        let values: Vec<Option<&[u8]>> = record.raw.headers.iter().map(|(_, value)| value).collect();
        let digest = identified.map(|identified| identified.digest.as_bytes().as_slice());
        let parameters: [&(dyn ToSql + Sync); 17] = [
            &book.cluster_id,
            &book.topic,
            &record.partition,
            &record.offset,
            &record.raw.key,
            &record.raw.value.as_deref(),
            &names,
            &values,
            &identified.map(|identified| identified.key.as_uuid()),
            &identified.map(|identified| identified.source.as_str()),
            &identified.map(|identified| identified.id.as_str()),
            &digest.as_ref().map(|_| DIGEST_VERSION),
            &digest,
            &record.trace_id.map(|id| id.to_bytes().to_vec()),
            &letter.cause.name(),
            &letter.sqlstate,
            &letter.bounded_message(),
        ];
        transaction.execute(&statement, &parameters).await?;
    }
    Ok(())
}
