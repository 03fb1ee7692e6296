//! What only an operator can mend in PostgreSQL stops the worker loudly; once it is mended the worker goes on, without a restart
//! and without a lost record.

use reqwest::StatusCode;
use testkit::Record;

use crate::support::{Ground, Running};

/// Breaks the database by one statement and mends it by another: the worker stops at what comes meanwhile, and stores all of
/// it afterwards.
async fn stops_until_mended(
    ground: &Ground,
    worker: &Running,
    broken: &str,
    meanwhile: &[Record],
    mended: &str,
) {
    ground.topic.produce(&[Record::event("1", "{}")], false);
    ground.decided(1).await;
    ground.database.run(broken).await;
    ground.topic.produce(meanwhile, false);
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "database").await;
    ground.database.run(mended).await;
    ground.decided(1 + i64::try_from(meanwhile.len()).unwrap()).await;
    worker.answers_ready_with(StatusCode::OK, "ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_or_column_stops_the_worker_until_it_is_back() {
    for (broken, mended) in [
        ("ALTER TABLE farol.events RENAME TO hidden", "ALTER TABLE farol.hidden RENAME TO events"),
        (
            "ALTER TABLE farol.events RENAME COLUMN subject TO hidden",
            "ALTER TABLE farol.events RENAME COLUMN hidden TO subject",
        ),
    ] {
        let ground = Ground::prepare(1).await;
        let worker = ground.worker().await;
        stops_until_mended(&ground, &worker, broken, &[Record::event("2", "{}")], mended).await;
        assert_eq!(ground.books().await, [2, 0, 0, 0], "an operator's mistake dead-letters nothing");
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_tls_stops_a_worker_that_was_told_to_use_it() {
    let ground = Ground::prepare(1).await;
    let url = format!("{}?sslmode=verify-full", ground.database.url());
    let worker = ground.worker_with(&[("FAROL_DATABASE_URL", url.as_str())]).await;
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "database").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_partition_of_the_day_is_no_fault_of_the_rows() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    let partitions =
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'farol.events'::regclass";
    let drop = |partition: String| {
        format!("ALTER TABLE farol.events DETACH PARTITION {partition}; DROP TABLE {partition};")
    };
    let broken: String = ground.database.all::<String>(partitions).await.into_iter().map(drop).collect();
    let mended = "SELECT farol.create_partitions(1)";
    stops_until_mended(&ground, &worker, &broken, &[Record::event("2", "{}")], mended).await;
    assert_eq!(ground.books().await, [2, 0, 0, 0]);
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

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_nothing_keeps_unique_stop_the_worker_until_something_does() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    let broken = "ALTER TABLE farol.event_keys DROP CONSTRAINT event_keys_pkey";
    let mended = "ALTER TABLE farol.event_keys ADD PRIMARY KEY (key)";
    let meanwhile = ["1", "2"].map(|id| Record::event(id, "{}"));
    stops_until_mended(&ground, &worker, broken, &meanwhile, mended).await;
    assert_eq!((ground.rows().await, ground.books().await), (2, [2, 1, 0, 0]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_permission_stops_the_worker_until_it_is_granted() {
    let ground = Ground::prepare(1).await;
    let role = format!("role_{}", uuid::Uuid::new_v4().simple());
    ground
        .database
        .run(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'role';
             GRANT USAGE ON SCHEMA farol TO {role};
             GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA farol TO {role}"
        ))
        .await;
    let url = ground.database.url();
    let (start, end) = (url.find("://").unwrap() + 3, url.find('@').unwrap());
    let url = format!("{}{role}:role{}", &url[..start], &url[end..]);
    let worker = ground.worker_with(&[("FAROL_DATABASE_URL", &url)]).await;
    let broken = format!("REVOKE INSERT ON farol.event_keys FROM {role}");
    let mended = format!("GRANT INSERT ON farol.event_keys TO {role}");
    stops_until_mended(&ground, &worker, &broken, &[Record::event("2", "{}")], &mended).await;
    assert_eq!(ground.books().await, [2, 0, 0, 0]);
    worker.stop().await;
    ground.database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
