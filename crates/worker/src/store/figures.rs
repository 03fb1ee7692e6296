//! What the ledger and the dead letters add up to, for gauges: two questions of bounded cost.

use deadpool_postgres::Object;

use super::StoreError;
use super::dead_letters::Cause;
use crate::instruments::LedgerSums;

/// One row a partition.
const LEDGER: &str = "
SELECT coalesce(sum(stored), 0)::bigint, coalesce(sum(duplicate), 0)::bigint,
       coalesce(sum(dead_lettered), 0)::bigint, coalesce(sum(gaps), 0)::bigint,
       coalesce(sum(next_offset - start_offset), 0)::bigint
FROM farol.ledger WHERE topic = $1";

/// No more of a cause are counted. Said by position in migration V4's index, as a page of letters is.
const MOST_COUNTED: i64 = 10_000;
const OPEN_LETTERS: &str = "
SELECT count(*) FROM (
    SELECT letter_id FROM farol.dead_letters
    WHERE (state || ' ' || cause, letter_id) > ('open ' || $1::text, 0) AND state || ' ' || cause <= 'open ' || $1::text
    ORDER BY state || ' ' || cause, letter_id LIMIT $2) AS bounded";

/// What they add up to.
pub(crate) struct Figures {
    pub(crate) ledger: LedgerSums,
    pub(crate) open_letters: Vec<(Cause, i64)>,
}

pub(super) async fn read(client: &Object, topic: &str) -> Result<Figures, StoreError> {
    let row = client.query_one(&client.prepare_cached(LEDGER).await?, &[&topic]).await?;
    let ledger = LedgerSums {
        stored: row.try_get(0)?,
        duplicate: row.try_get(1)?,
        dead_lettered: row.try_get(2)?,
        gap: row.try_get(3)?,
        consumed: row.try_get(4)?,
    };
    let statement = client.prepare_cached(OPEN_LETTERS).await?;
    let mut open_letters = Vec::with_capacity(Cause::ALL.len());
    for cause in Cause::ALL {
        let count = client.query_one(&statement, &[&cause.name(), &MOST_COUNTED]).await?;
        open_letters.push((cause, count.try_get(0)?));
    }
    Ok(Figures { ledger, open_letters })
}
