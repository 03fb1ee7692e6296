//! What look-ups cost does not grow with the table: the same question over few and many rows, counted in pages read.

use std::future::Future;

use serde_json::Value;
use testkit::Database;
use tokio_postgres::types::ToSql;

use super::{dead_letters, listing, stored};

const MIGRATIONS: [&str; 4] = [
    include_str!("../../../worker/migrations/V1__ledger_events_dead_letters.sql"),
    include_str!("../../../worker/migrations/V2__newest_letter_of_an_event.sql"),
    include_str!("../../../worker/migrations/V3__anchor_of_the_log.sql"),
    include_str!("../../../worker/migrations/V4__redriven_and_quarantined_letters.sql"),
];
const FEW: i32 = 2_000;
const MANY: i32 = 50_000;
/// A tree of a higher level, and partitions that hold more than one page.
const ALLOWED_GROWTH: i64 = 12;

/// A migrated database with rows over five days.
async fn filled(rows: i32) -> Database {
    let database = Database::create().await;
    database.run("CREATE SCHEMA farol").await;
    for migration in MIGRATIONS {
        database.run(migration).await;
    }
    database
        .run(&format!(
            "INSERT INTO farol.events (key, stored_at, tx, n, source, id, type, \"offset\", partition, topic, digest_version, digest)
             SELECT md5(i::text)::uuid, date_trunc('day', now()) + (i * 5 / {rows}) * interval '1 day' + interval '1 hour',
                    i / 100, i % 100, '/s' || i % 50, i::text, 't', i, 0, 't', 1, sha256('x')
             FROM generate_series(0, {rows} - 1) AS i;
             INSERT INTO farol.event_keys (key, stored_at, tx, n, digest_version, digest)
             SELECT key, stored_at, tx, n, 1, digest FROM farol.events;
             INSERT INTO farol.dead_letters (cluster_id, topic, partition, \"offset\", header_names, header_values, event_key, cause, state, message)
             SELECT 'c', 't', 0, i, '{{}}', '{{}}', md5((i % 10)::text)::uuid, 'conflict',
                    CASE i % 2 WHEN 0 THEN 'resolved' ELSE 'open' END, 'x'
             FROM generate_series(0, {rows} - 1) AS i;
             ANALYZE farol.events; ANALYZE farol.event_keys; ANALYZE farol.dead_letters;"
        ))
        .await;
    database
}

/// Pages that a statement reads.
async fn pages(database: &Database, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> i64 {
    let plan: Value =
        database.one(&format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"), parameters).await;
    let top = &plan[0]["Plan"];
    let count = |name: &str| top[name].as_i64().unwrap();
    count("Shared Hit Blocks") + count("Shared Read Blocks")
}

async fn stays_flat<F: Future<Output = i64>>(what: &str, cost: impl Fn(Database) -> F) {
    let (few, many) = (cost(filled(FEW).await).await, cost(filled(MANY).await).await);
    assert!(many <= few + ALLOWED_GROWTH, "{what}: {few} pages of {FEW} rows, {many} of {MANY}");
}

#[tokio::test]
async fn finding_one_event_costs_the_same_in_a_large_table() {
    stays_flat("look-up", |database| async move {
        let key: uuid::Uuid =
            database.one("SELECT key FROM farol.event_keys WHERE tx = 7 AND n = 7", &[]).await;
        // Once before: the first look at a table reads its catalogue.
        pages(&database, &stored::find_sql(), &[&key]).await;
        pages(&database, &stored::find_sql(), &[&key]).await
    })
    .await;
}

#[tokio::test]
async fn a_page_costs_the_same_in_a_large_table() {
    let sql = format!("{} LIMIT 100", listing::page_sql());
    stays_flat("page", |database| {
        let sql = sql.clone();
        async move {
            let none: Option<&str> = None;
            let time: Option<time::OffsetDateTime> = None;
            let parameters: [&(dyn ToSql + Sync); 7] =
                [&10_i64, &0_i32, &i64::MAX, &time, &time, &none, &none];
            pages(&database, &sql, &parameters).await;
            pages(&database, &sql, &parameters).await
        }
    })
    .await;
}

#[tokio::test]
async fn finding_the_newest_letter_costs_the_same_however_many_an_event_has() {
    stays_flat("letter", |database| async move {
        let mut worst = 0;
        // An odd number has open letters only, an even one has resolved ones only.
        for event in ["7", "8"] {
            let key: uuid::Uuid = database.one("SELECT md5($1)::uuid", &[&event]).await;
            pages(&database, dead_letters::NEWEST_SQL, &[&key]).await;
            worst = worst.max(pages(&database, dead_letters::NEWEST_SQL, &[&key]).await);
        }
        worst
    })
    .await;
}

#[tokio::test]
async fn a_page_of_letters_costs_the_same_however_many_there_are() {
    let some = [vec!["open", "resolved"], vec!["unstorable", "conflict"]];
    // A filter that lets none through must not look at them all.
    let none = [vec!["open"], vec!["unstorable"]];
    for [states, causes] in [some, none] {
        stays_flat("page of letters", |database| {
            let (states, causes) = (states.clone(), causes.clone());
            async move {
                let parameters: [&(dyn ToSql + Sync); 4] = [&states, &causes, &1_500_i64, &100_i64];
                pages(&database, dead_letters::LIST_SQL, &parameters).await;
                pages(&database, dead_letters::LIST_SQL, &parameters).await
            }
        })
        .await;
    }
}

#[tokio::test]
async fn counting_letters_ends_where_the_count_is_large_enough() {
    stays_flat("count of letters", |database| async move {
        let (states, causes) = (vec!["open", "resolved"], vec!["unstorable", "conflict"]);
        let parameters: [&(dyn ToSql + Sync); 3] = [&states, &causes, &500_i64];
        pages(&database, dead_letters::COUNT_SQL, &parameters).await;
        pages(&database, dead_letters::COUNT_SQL, &parameters).await
    })
    .await;
}
