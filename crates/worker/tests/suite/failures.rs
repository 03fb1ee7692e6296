//! When PostgreSQL fails: what passes is waited for, what does not stops the worker loudly, and
//! both end without a restart and without a lost record.

use reqwest::StatusCode;
use testkit::Record;

use crate::support::Ground;

fn event(id: &str) -> [Record; 1] {
    [Record::event(id, "{}")]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_stops_the_worker_until_it_is_back() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    ground.topic.produce(&event("1"), false);
    ground.decided(1).await;
    ground.database.run("ALTER TABLE farol.events RENAME TO hidden").await;
    ground.topic.produce(&event("2"), false);
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "database").await;
    ground.database.run("ALTER TABLE farol.hidden RENAME TO events").await;
    ground.decided(2).await;
    worker.answers_ready_with(StatusCode::OK, "ready").await;
    assert_eq!(ground.books().await, [2, 0, 0, 0], "an operator's mistake dead-letters nothing");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_partition_of_the_day_is_no_fault_of_the_rows() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    ground.topic.produce(&event("1"), false);
    ground.decided(1).await;
    let partitions =
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'farol.events'::regclass";
    for partition in ground.database.all::<String>(partitions).await {
        ground
            .database
            .run(&format!("ALTER TABLE farol.events DETACH PARTITION {partition}; DROP TABLE {partition}"))
            .await;
    }
    ground.topic.produce(&event("2"), false);
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "database").await;
    ground.database.run("SELECT farol.create_partitions(1)").await;
    ground.decided(2).await;
    assert_eq!(ground.books().await, [2, 0, 0, 0]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_connections_cost_nothing_but_time() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker_with(&[("FAROL_BATCH_MAX_RECORDS", "5")]).await;
    for round in 0..20 {
        let records: Vec<_> = (0..20).map(|n| Record::event(&format!("{round}-{n}"), "{}")).collect();
        ground.topic.produce(&records, false);
        let kill = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        ground.database.all::<String>(kill).await;
    }
    ground.decided(400).await;
    assert_eq!((ground.rows().await, ground.books().await), (400, [400, 0, 0, 0]));
    worker.answers_ready_with(StatusCode::OK, "ready").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_ledger_is_waited_for() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    ground.topic.produce(&event("1"), false);
    ground.decided(1).await;
    ground.database.run("BEGIN; SELECT 1 FROM farol.ledger FOR UPDATE").await;
    ground.topic.produce(&event("2"), false);
    worker.answers_ready_with(StatusCode::OK, "ready").await;
    ground.database.run("COMMIT").await;
    ground.decided(2).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_schema_it_waits_and_says_so() {
    let ground = Ground::prepare(1).await;
    ground.database.run("ALTER SCHEMA farol RENAME TO elsewhere").await;
    let worker = ground.worker().await;
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "database").await;
    ground.database.run("ALTER SCHEMA elsewhere RENAME TO farol").await;
    worker.answers_ready_with(StatusCode::OK, "ready").await;
    worker.stop().await;
}
