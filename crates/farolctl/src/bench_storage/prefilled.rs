//! A database that holds many events already: random keys and rows of the flights' size, written by SQL.

use tokio_postgres::Client;

use super::{database as failed, ground::Ground};
use crate::{
    bench::{Error, database::Database},
    progress::Progress,
};

const ROWS_PER_TRANSACTION: i64 = 250_000;

/// UUIDv4 for keys: as random as the digests that keys are made of. All else is like a flight.
const FILL: &str = r#"
WITH fresh AS (
    INSERT INTO farol.event_keys (key, tx, n, digest_version, digest)
    SELECT gen_random_uuid(), pg_current_xact_id()::text::bigint, n, 1, sha256(int4send(n)) FROM generate_series(1, $1::int) AS n
    RETURNING key, tx, n, digest)
INSERT INTO farol.events (tx, topic, digest_version, key, n, partition, "offset", received_at, time, digest, trace_id, source, id,
                          type, subject, time_text, datacontenttype, producer, data)
SELECT tx, 'before', 1, key, n, n % 6, n, now(), now(), digest, uuid_send(key), '/nyc/EWR', key::text,
       'aero.flight.departed', 'N14228', '2013-01-01T05:17:00-05:00', 'application/json', 'bench',
       ('{"scheduled":"2013-01-01T05:15:00-05:00","year":2013,"month":1,"day":1,"sched_dep_time":515,"dep_time":517,"dep_delay":2,'
        '"sched_arr_time":819,"arr_time":830,"arr_delay":11,"carrier":"UA","flight":1545,"tailnum":"N14228","origin":"EWR",'
        '"dest":"IAH","air_time":227,"distance":1400,"time_hour":"2013-01-01T10:00:00Z"}')::jsonb
FROM fresh"#;

/// Makes it, with about `rows` events.
pub(crate) async fn database(ground: &Ground, rows: i64) -> Result<Database, Error> {
    let database = ground.database("prefilled").await?;
    let session = ground.session(&database.url).await?;
    // what is filled in is not measured; what is measured waits for the disk as ever
    session.batch_execute("SET synchronous_commit = off").await.map_err(|error| failed(&error))?;
    let progress = Progress::start("rows that are there already", u64::try_from(rows).unwrap_or_default());
    let mut left = rows;
    while left > 0 {
        let count = i32::try_from(left.min(ROWS_PER_TRANSACTION)).unwrap_or(i32::MAX);
        session.execute(FILL, &[&count]).await.map_err(|error| failed(&error))?;
        left -= i64::from(count);
        progress.set(u64::try_from(rows - left).unwrap_or_default());
    }
    progress.finish();
    // or autovacuum would do it in the middle of the first round
    session.batch_execute("VACUUM (ANALYZE) farol.event_keys").await.map_err(|error| failed(&error))?;
    session.batch_execute("VACUUM (ANALYZE) farol.events").await.map_err(|error| failed(&error))?;
    Ok(database)
}

/// Sizes of what outgrows memory first: keys' indexes, keys and rows, in GB.
pub(crate) async fn sizes(session: &Client) -> Result<String, Error> {
    let row = session
        .query_one(
            "SELECT pg_indexes_size('farol.event_keys')::float8 / 1e9, pg_total_relation_size('farol.event_keys')::float8 / 1e9,
                    (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('farol.events'))::float8 / 1e9",
            &[],
        )
        .await
        .map_err(|error| failed(&error))?;
    let number = |column| row.try_get::<_, f64>(column).map_err(|error| failed(&error));
    let (indexes, keys, rows) = (number(0)?, number(1)?, number(2)?);
    Ok(format!("keys {keys:.2} GB, {indexes:.2} GB of it indexes; rows {rows:.2} GB"))
}
