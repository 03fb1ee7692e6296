//! Rows leave by the day, keys after them, and neither while Kafka could still bring the record again.

use testkit::{Record, eventually};

use crate::support::Ground;

const DAY: i64 = 86_400_000;

/// A day so long ago that its rows have to leave, with one row and its key, and another key that is
/// younger than the window.
pub(crate) async fn with_an_old_day(ground: &Ground, days_ago: i64) {
    ground
        .database
        .run(&format!(
            "DO $$ DECLARE day date := (now() AT TIME ZONE 'UTC')::date - {days_ago}; name text := 'events_' || to_char(day, 'YYYYMMDD');
             BEGIN
                 EXECUTE format('CREATE TABLE farol.%I (LIKE farol.events INCLUDING ALL)', name);
                 EXECUTE format('ALTER TABLE farol.events ATTACH PARTITION farol.%I FOR VALUES FROM (%L) TO (%L)',
                                name, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
             END $$;
             INSERT INTO farol.events (key, stored_at, tx, n, source, id, type, \"offset\", partition, topic, digest_version, digest)
             SELECT md5('old')::uuid, now() - interval '{days_ago} days', 1, 1, '/test', 'old', 't', 1, 0, 't', 1, sha256('x');
             INSERT INTO farol.event_keys (key, stored_at, tx, n, digest_version, digest)
             SELECT key, stored_at, tx, n, 1, digest FROM farol.events"
        ))
        .await;
}

pub(crate) async fn days(ground: &Ground) -> i64 {
    let days = "SELECT count(*) FROM pg_class WHERE relnamespace = 'farol'::regnamespace AND relname ~ '^events_[0-9]{8}$'";
    ground.database.one(days, &[]).await
}

/// Waits until nobody is in the middle of a round.
async fn round_is_over(ground: &Ground) {
    let busy = "SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
                WHERE l.locktype = 'advisory' AND d.datname = current_database()";
    eventually("the round is over", || async {
        (ground.database.one::<i64>(busy, &[]).await == 0).then_some(())
    })
    .await;
}

async fn keys(ground: &Ground) -> i64 {
    ground.database.one("SELECT count(*) FROM farol.event_keys", &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_leave_and_their_keys_when_nobody_can_need_them() {
    let ground = Ground::prepare(1).await;
    ground.topic.keep_for(7 * DAY).await;
    with_an_old_day(&ground, 40).await;
    let worker =
        ground.worker_with(&[("FAROL_ROW_RETENTION", "30days"), ("FAROL_UNIQUENESS_WINDOW", "14days")]).await;
    eventually("the day and its key have left", || async {
        (days(&ground).await == 8 && keys(&ground).await == 0).then_some(())
    })
    .await;
    ground.topic.produce(&[Record::event("new", "{}")], false);
    ground.decided(1).await;
    assert_eq!(ground.rows().await, 1, "intake goes on");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_outlive_their_rows_for_the_window() {
    let ground = Ground::prepare(1).await;
    ground.topic.keep_for(7 * DAY).await;
    with_an_old_day(&ground, 10).await;
    let worker =
        ground.worker_with(&[("FAROL_ROW_RETENTION", "5days"), ("FAROL_UNIQUENESS_WINDOW", "14days")]).await;
    eventually("the day has left", || async { (days(&ground).await == 8).then_some(()) }).await;
    round_is_over(&ground).await;
    assert_eq!(keys(&ground).await, 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_leaves_while_kafka_keeps_records_longer_than_the_window() {
    let ground = Ground::prepare(1).await;
    ground.topic.keep_for(60 * DAY).await;
    with_an_old_day(&ground, 40).await;
    let worker =
        ground.worker_with(&[("FAROL_ROW_RETENTION", "30days"), ("FAROL_UNIQUENESS_WINDOW", "14days")]).await;
    eventually("the day has left", || async { (days(&ground).await == 8).then_some(()) }).await;
    round_is_over(&ground).await;
    assert_eq!(keys(&ground).await, 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_was_interrupted_is_finished_by_the_next() {
    let ground = Ground::prepare(1).await;
    with_an_old_day(&ground, 40).await;
    let detach = "DO $$ BEGIN EXECUTE format('ALTER TABLE farol.events DETACH PARTITION farol.events_%s',
                  to_char((now() AT TIME ZONE 'UTC')::date - 40, 'YYYYMMDD')); END $$";
    ground.database.run(detach).await;
    assert_eq!(days(&ground).await, 9, "detached, and still there");
    let worker = ground.worker_with(&[("FAROL_ROW_RETENTION", "30days")]).await;
    eventually("it is dropped", || async { (days(&ground).await == 8).then_some(()) }).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_setting_everything_stays() {
    let ground = Ground::prepare(1).await;
    with_an_old_day(&ground, 4_000).await;
    let worker = ground.worker().await;
    ground.topic.produce(&[Record::event("new", "{}")], false);
    ground.decided(1).await;
    assert_eq!((days(&ground).await, ground.rows().await), (9, 2));
    worker.stop().await;
}
