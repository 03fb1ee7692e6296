//! COPY in PostgreSQL's binary form (its manual, "Binary Format" of COPY): tuples of values, sent while the next are written
//! down.

use bytes::{BufMut as _, Bytes};
use deadpool_postgres::Transaction;
use futures::SinkExt as _;
use time::OffsetDateTime;
use time::macros::datetime;

use super::StoreError;

/// Signature, no flags, no further header.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;
const NULL: i32 = -1;
/// What jsonb's binary form begins with; the rest is text.
const JSONB_VERSION: u8 = 1;
/// PostgreSQL counts microseconds from here.
const EPOCH: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);
/// So much goes to PostgreSQL at a time: it reads tuples while the next are written down.
const CHUNK_BYTES: usize = 256 << 10;

/// One COPY of what `write` makes of each item, in the order of the statement's columns.
pub(super) async fn copy<T>(
    transaction: &Transaction<'_>,
    statement: &str,
    columns: i16,
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut Values, T),
) -> Result<(), StoreError> {
    let statement = transaction.prepare_cached(statement).await?;
    let copying = transaction.copy_in::<_, Bytes>(&statement).await?;
    let mut copying = std::pin::pin!(copying);
    let mut tuples = Values(HEAD.to_vec());
    for item in items {
        tuples.0.put_i16(columns);
        write(&mut tuples, item);
        if tuples.0.len() >= CHUNK_BYTES {
            let rest = Values::with_room(tuples.len());
            copying.feed(Bytes::from(std::mem::replace(&mut tuples, rest).0)).await?;
        }
    }
    tuples.0.put_i16(END);
    copying.feed(Bytes::from(tuples.0)).await?;
    copying.finish().await?;
    Ok(())
}

/// Values of a tuple, or of some, one after the other.
#[derive(Clone)]
pub(super) struct Values(Vec<u8>);

impl Values {
    pub(super) fn with_room(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Values that were written before.
    pub(super) fn append(&mut self, values: &Self) {
        self.0.put_slice(&values.0);
    }

    pub(super) fn value(&mut self, bytes: &[u8]) {
        self.0.put_i32(length(bytes.len()));
        self.0.put_slice(bytes);
    }

    pub(super) fn optional(&mut self, value: Option<impl AsRef<[u8]>>) {
        match value {
            Some(value) => self.value(value.as_ref()),
            None => self.0.put_i32(NULL),
        }
    }

    pub(super) fn jsonb(&mut self, json: Option<&str>) {
        let Some(json) = json else { return self.0.put_i32(NULL) };
        self.0.put_i32(length(json.len() + 1));
        self.0.put_u8(JSONB_VERSION);
        self.0.put_slice(json.as_bytes());
    }

    pub(super) fn instant(&mut self, instant: Option<OffsetDateTime>) {
        // every instant of OffsetDateTime is one of PostgreSQL's
        let microseconds = instant.map(|instant| {
            (instant.unix_timestamp() - EPOCH.unix_timestamp()) * 1_000_000 + i64::from(instant.microsecond())
        });
        self.optional(microseconds.map(i64::to_be_bytes));
    }
}

/// A batch is bounded far below what does not fit.
fn length(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}
