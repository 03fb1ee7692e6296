//! The schema changes under workers that go on: older ones write on, newer ones wait, and nobody waits long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use refinery::Migration;
use reqwest::StatusCode;
use testkit::{Database, Record, Topic, eventually};
use tokio::task::JoinHandle;
use worker::migrate;

use crate::support::Ground;

/// How long a lock may be waited for by whoever is not the migration: its own lock timeout, and a batch's time.
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// A ground on which only the migrations up to a version were applied.
async fn at_version(version: i64) -> Ground {
    let (topic, database) = tokio::join!(Topic::create(1), Database::create());
    let ground = Ground { topic, database };
    let mut known = migrate::migrations();
    known.retain(|migration| i64::from(migration.version()) <= version);
    ground.apply(&known).await;
    ground
}

fn newest() -> i64 {
    migrate::migrations().iter().map(|migration| i64::from(migration.version())).max().unwrap()
}

fn one(id: usize) -> [Record; 1] {
    [Record::event(&id.to_string(), "{}")]
}

impl Ground {
    async fn apply(&self, migrations: &[Migration]) -> Vec<String> {
        migrate::run_these(&self.database.server(), migrations).await.unwrap()
    }

    async fn next_offset(&self) -> i64 {
        let sum = "SELECT coalesce(sum(next_offset), 0)::bigint FROM farol.ledger";
        self.database.one(sum, &[]).await
    }
}

/// Events that keep coming: each is produced when the one before it is decided, so that what a batch waits shows.
struct Load {
    enough: Arc<AtomicBool>,
    sent: Arc<Mutex<Vec<Duration>>>,
    sending: JoinHandle<()>,
}

impl Load {
    fn start(ground: &Arc<Ground>, first: usize) -> Self {
        let (enough, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (until, waits, ground) = (Arc::clone(&enough), Arc::clone(&sent), Arc::clone(ground));
        let sending = tokio::spawn(async move {
            for id in first.. {
                let (before, began) = (ground.next_offset().await, Instant::now());
                ground.topic.produce(&one(id), false);
                eventually("it is decided", || async { (ground.next_offset().await > before).then_some(()) })
                    .await;
                waits.lock().unwrap().push(began.elapsed());
                if until.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        Self { enough, sent, sending }
    }

    async fn more(&self, events: usize) {
        let enough = self.sent.lock().unwrap().len() + events;
        eventually("more is decided", || async { (self.sent.lock().unwrap().len() >= enough).then_some(()) })
            .await;
    }

    /// How many events there were, and the longest that one of them took.
    async fn end(self) -> (i64, Duration) {
        self.enough.store(true, Ordering::Relaxed);
        self.sending.await.unwrap();
        let waits = self.sent.lock().unwrap();
        (i64::try_from(waits.len()).unwrap(), *waits.iter().max().unwrap())
    }
}

async fn all_stored(ground: &Ground, count: i64) {
    assert_eq!((ground.rows().await, ground.books().await), (count, [count, 0, 0, 0]));
}

/// Migrations of a release that does not exist yet: a column, and an index on the largest table.
fn future_migrations() -> Vec<Migration> {
    let outside = migrate::OUTSIDE_A_TRANSACTION;
    let column =
        "ALTER TABLE farol.events ADD COLUMN note text; ALTER TABLE farol.event_keys ADD COLUMN note text;";
    let index = format!(
        "{outside}\nDROP INDEX CONCURRENTLY IF EXISTS farol.event_keys_note;\n\
         CREATE INDEX CONCURRENTLY event_keys_note ON farol.event_keys (note);\n"
    );
    let mut all = migrate::migrations();
    for (number, (name, sql)) in (newest() + 1..).zip([("column", column), ("index", index.as_str())]) {
        all.push(Migration::unapplied(&format!("V{number}__{name}"), sql).unwrap());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_comes_while_a_worker_that_does_not_know_it_writes() {
    let ground = Arc::new(Ground::prepare(1).await);
    let worker = ground.worker().await;
    let load = Load::start(&ground, 0);
    load.more(20).await;
    let applied = ground.apply(&future_migrations()).await;
    assert_eq!(applied, [format!("V{}__column", newest() + 1), format!("V{}__index", newest() + 2)]);
    load.more(20).await;
    let (events, longest) = load.end().await;
    assert!(longest < LONGEST_WAIT, "an event took {longest:?}");
    all_stored(&ground, events).await;
    worker.answers_ready_with(StatusCode::OK, "ready").await;
    worker.stop().await;
    // Whoever starts now does not know the newer schema either, and an older `migrate` leaves it alone.
    let older = ground.worker().await;
    older.answers_ready_with(StatusCode::OK, "ready").await;
    assert_eq!(migrate::run(&ground.database.server()).await.unwrap(), Vec::<String>::new());
    assert_eq!(ground.apply(&future_migrations()).await, Vec::<String>::new());
    older.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_behind_a_long_reader_gives_way_to_batches_and_comes_later() {
    let ground = Arc::new(Ground::prepare(1).await);
    let worker = ground.worker().await;
    let load = Load::start(&ground, 0);
    load.more(5).await;
    // A report, or a dump: it reads the table, and what wants to change that waits for its end.
    ground.database.run("BEGIN; SELECT count(*) FROM farol.events").await;
    let migrating = tokio::spawn({
        let ground = Arc::clone(&ground);
        async move { ground.apply(&future_migrations()).await }
    });
    eventually("the migration has given up once and waits again", || async {
        // A transaction sees the activity of its first look, unless it forgets that.
        ground.database.run("SELECT pg_stat_clear_snapshot()").await;
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                     AND wait_event_type = 'Lock' AND query LIKE '%ADD COLUMN note%'
                     AND backend_start < clock_timestamp() - interval '3 s'";
        (ground.database.one::<i64>(waits, &[]).await == 1).then_some(())
    })
    .await;
    assert!(!migrating.is_finished());
    ground.database.run("COMMIT").await;
    assert_eq!(migrating.await.unwrap().len(), 2);
    load.more(5).await;
    let (events, longest) = load.end().await;
    assert!(longest < LONGEST_WAIT, "an event took {longest:?}");
    all_stored(&ground, events).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_newer_than_the_schema_waits_for_it_and_says_so() {
    let ground = at_version(newest() - 1).await;
    let worker = ground.worker().await;
    ground.topic.produce(&one(1), false);
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "database").await;
    assert_eq!(ground.next_offset().await, 0, "nothing was consumed");
    assert_eq!(ground.apply(&migrate::migrations()).await.len(), 1);
    ground.decided(1).await;
    worker.answers_ready_with(StatusCode::OK, "ready").await;
    all_stored(&ground, 1).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_migration_so_far_left_the_statements_of_its_day_working() {
    // What a worker of the first schema says, in short: the order of its statements and its columns.
    let write = "BEGIN;
        SELECT next_offset FROM farol.ledger WHERE cluster_id = 'c' FOR UPDATE;
        WITH k AS (INSERT INTO farol.event_keys (tx, key, digest, n, digest_version)
                   VALUES (1, gen_random_uuid(), sha256('x'), 0, 1) RETURNING *)
        INSERT INTO farol.events (tx, topic, digest_version, key, n, partition, \"offset\", digest, source, id, type)
        SELECT tx, 't', 1, key, n, 0, 0, digest, '/s', 'i', 't' FROM k;
        INSERT INTO farol.dead_letters (cluster_id, topic, partition, \"offset\", header_names, header_values, cause, message)
        SELECT 'c', 't', 0, next_offset, '{}', '{}', 'undecodable', 'm' FROM farol.ledger WHERE cluster_id = 'c';
        UPDATE farol.ledger SET next_offset = next_offset + 2, stored = stored + 1, dead_lettered = dead_lettered + 1,
               last_record_digest = sha256('x'), updated_at = now() WHERE cluster_id = 'c';
        COMMIT";
    let ground = at_version(1).await;
    let open = "INSERT INTO farol.ledger (cluster_id, topic, partition, start_offset, next_offset) VALUES ('c', 't', 0, 0, 0)";
    ground.database.run(open).await;
    for version in 1..=newest() {
        let mut known = migrate::migrations();
        known.retain(|migration| i64::from(migration.version()) <= version);
        ground.apply(&known).await;
        ground.database.run(write).await;
    }
    let count = newest();
    assert_eq!((ground.rows().await, ground.books().await), (count, [count, 0, count, 0]));
}
