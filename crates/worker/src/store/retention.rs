//! The statements by which rows leave, a day at a time, and keys after them; intake waits for none of it.

use deadpool_postgres::Object;
use time::{OffsetDateTime, Time, UtcOffset};

use super::StoreError;

/// Keys deleted by one statement: short enough that nobody notices.
const KEYS_AT_A_TIME: i64 = 10_000;

/// One worker at a time looks after retention; the lock goes with its session.
const LOCK: &str = "SELECT pg_try_advisory_lock(hashtext('farol.retention'))";
const UNLOCK: &str = "SELECT pg_advisory_unlock(hashtext('farol.retention'))";

/// Days that ended before $1, with what has to be done before each can be dropped. A day that an
/// interrupted round left behind has no parent any more, or is still on its way out.
const OLD_DAYS: &str = "
SELECT c.relname, coalesce(i.inhdetachpending, false), i.inhrelid IS NOT NULL
FROM pg_class AS c
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND i.inhparent = 'farol.events'::regclass
WHERE c.relnamespace = 'farol'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^events_[0-9]{8}$'
  AND (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC' <= $1
ORDER BY c.relname";

const DELETE_KEYS: &str = "
DELETE FROM farol.event_keys
WHERE ctid = ANY (ARRAY(SELECT ctid FROM farol.event_keys WHERE stored_at < $1 ORDER BY stored_at LIMIT $2))";

/// Whether this session now is the one.
pub(super) async fn lock(client: &Object) -> Result<bool, StoreError> {
    Ok(client.query_one(LOCK, &[]).await?.try_get(0)?)
}

pub(super) async fn unlock(client: &Object) -> Result<(), StoreError> {
    client.query_one(UNLOCK, &[]).await?;
    Ok(())
}

/// What has left.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Expired {
    pub(crate) days: u64,
    pub(crate) keys: u64,
}

/// Days first: a key that left before its row would let the event in again.
pub(super) async fn expire(
    client: &Object,
    rows_until: OffsetDateTime,
    keys_until: Option<OffsetDateTime>,
) -> Result<Expired, StoreError> {
    let days = drop_days(client, rows_until).await?;
    let mut keys = 0;
    if let Some(until) = keys_until {
        // Rows of the day in which `rows_until` lies are all still there.
        let until = until.min(rows_until.to_offset(UtcOffset::UTC).replace_time(Time::MIDNIGHT));
        loop {
            let deleted = delete_keys(client, until).await?;
            keys += deleted;
            if deleted == 0 {
                break;
            }
        }
    }
    Ok(Expired { days, keys })
}

/// Takes away the days whose last moment is before `until`; answers how many.
async fn drop_days(client: &Object, until: OffsetDateTime) -> Result<u64, StoreError> {
    let mut dropped = 0;
    for row in client.query(OLD_DAYS, &[&until]).await? {
        let (name, pending, attached): (String, bool, bool) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        // The name is one of our own making (see the pattern above) and so needs no quotes.
        if attached {
            let how = if pending { "FINALIZE" } else { "CONCURRENTLY" };
            client
                .batch_execute(&format!("ALTER TABLE farol.events DETACH PARTITION farol.{name} {how}"))
                .await?;
        }
        client.batch_execute(&format!("DROP TABLE farol.{name}")).await?;
        dropped += 1;
    }
    Ok(dropped)
}

/// Deletes some of the keys of events that were stored before `until`; answers how many.
async fn delete_keys(client: &Object, until: OffsetDateTime) -> Result<u64, StoreError> {
    Ok(client.execute(DELETE_KEYS, &[&until, &KEYS_AT_A_TIME]).await?)
}
