//! A topic that is not the one that the ledger knows stops the worker by name; one whose old
//! records have left by age does not.

use reqwest::StatusCode;
use testkit::{Record, eventually};

use crate::support::Ground;

fn events(range: std::ops::Range<usize>) -> Vec<Record> {
    range.map(|n| Record::event(&n.to_string(), "{}")).collect()
}

/// A ground whose ledger ends at 5, and whose worker has stopped.
async fn five_decided() -> Ground {
    let ground = Ground::prepare(1).await;
    ground.topic.produce(&events(0..5), false);
    let worker = ground.worker().await;
    ground.decided(5).await;
    worker.stop().await;
    ground
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_made_anew_and_filled_beyond_the_ledger_stops_the_worker() {
    let ground = five_decided().await;
    ground.topic.recreate().await;
    ground.topic.produce(&events(10..20), false);
    let worker = ground.worker().await;
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "log_diverged").await;
    assert_eq!(
        (ground.rows().await, ground.books().await),
        (5, [5, 0, 0, 0]),
        "nothing was skipped or counted"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_lost_its_end_stops_the_worker() {
    let ground = five_decided().await;
    ground.topic.recreate().await;
    // The same records again, but fewer than the ledger has decided.
    ground.topic.produce(&events(0..3), false);
    let worker = ground.worker().await;
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "log_diverged").await;
    assert_eq!(ground.books().await, [5, 0, 0, 0]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_at_another_time_are_another_record() {
    let ground = five_decided().await;
    ground.topic.recreate().await;
    ground.topic.produce(&events(0..10), false);
    let worker = ground.worker().await;
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "log_diverged").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_record_that_has_left_by_age_is_reported_and_not_waited_for() {
    let ground = five_decided().await;
    ground.topic.truncate(0, 5).await;
    ground.topic.produce(&events(5..8), false);
    let worker = ground.worker().await;
    ground.decided(8).await;
    assert_eq!(ground.books().await, [8, 0, 0, 0]);
    eventually("it is counted", || async {
        let page = worker.metrics().await;
        (!page.contains("farol_unverifiable_positions_total 0")).then_some(())
    })
    .await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_made_anew_under_a_running_worker_stops_it() {
    let ground = Ground::prepare(1).await;
    ground.topic.produce(&events(0..5), false);
    let worker = ground.worker().await;
    ground.decided(5).await;
    eventually("the log has its anchor", || async {
        let anchored = "SELECT count(anchor_offset) FROM farol.ledger";
        (ground.database.one::<i64>(anchored, &[]).await == 1).then_some(())
    })
    .await;
    ground.topic.recreate().await;
    ground.topic.produce(&events(10..20), false);
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "log_diverged").await;
    worker.stop().await;
    // Whatever it stored before it noticed: who starts next finds it too.
    let successor = ground.worker().await;
    successor.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "log_diverged").await;
    successor.stop().await;
    // The way out is to open the books anew: the log is read from its start, keys make duplicates.
    ground.database.run("DELETE FROM farol.ledger").await;
    let worker = ground.worker().await;
    ground.decided(10).await;
    assert_eq!(ground.rows().await, 15);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_that_are_added_are_consumed_from_their_start() {
    let mut ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    ground.topic.produce(&events(0..3), false);
    ground.decided(3).await;
    ground.topic.grow(3).await;
    let added: Vec<_> =
        events(3..9).into_iter().zip([1, 2].into_iter().cycle()).map(|(r, p)| r.in_partition(p)).collect();
    ground.topic.produce(&added, false);
    ground.decided(9).await;
    assert_eq!(ground.books().await, [9, 0, 0, 0]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_books_were_deleted_opens_them_at_the_logs_start() {
    let ground = Ground::prepare(1).await;
    ground.topic.produce(&events(0..5), false);
    ground.topic.truncate(0, 2).await;
    let worker = ground.worker().await;
    ground.decided(3).await;
    ground.database.run("DELETE FROM farol.ledger").await;
    ground.topic.produce(&events(5..6), false);
    ground.decided(4).await;
    assert_eq!(
        (ground.rows().await, ground.books().await),
        (4, [1, 3, 0, 0]),
        "its rows are found as duplicates"
    );
    worker.stop().await;
}

/// Every row is refused, in a way that somebody has to mend, and counted; so are the looks for the books of partition 1.
const REFUSE_AND_COUNT: &str = "
CREATE SEQUENCE attempts;
CREATE SEQUENCE looks;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM nextval('attempts'); RAISE 'on purpose' USING ERRCODE = '42501'; END $$;
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('looks'); RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON farol.events FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER look BEFORE INSERT ON farol.ledger FOR EACH ROW WHEN (NEW.partition = 1) EXECUTE FUNCTION look()";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_client_says_while_a_batch_waits_for_the_database_is_heard() {
    let mut ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    ground.topic.produce(&events(0..1), false);
    ground.decided(1).await;
    // A partition will come whose books begin before its log does.
    let books = "INSERT INTO farol.ledger (cluster_id, topic, partition, start_offset, next_offset)
                 SELECT cluster_id, topic, 1, 0, 0 FROM farol.ledger";
    ground.database.run(books).await;
    ground.database.run(REFUSE_AND_COUNT).await;
    ground.topic.produce(&events(1..2), false);
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "database").await;
    ground.topic.grow(2).await;
    let unread: Vec<_> = events(10..15).into_iter().map(|record| record.in_partition(1)).collect();
    ground.topic.produce(&unread, false);
    ground.topic.truncate(1, 5).await;
    let is_called = "SELECT is_called::int::bigint FROM looks";
    eventually("the partition is the worker's", || async {
        (ground.database.one::<i64>(is_called, &[]).await == 1).then_some(())
    })
    .await;
    // Between two attempts the worker waits, and the client finds out that it is out of range.
    let attempts = "SELECT last_value FROM attempts";
    let before: i64 = ground.database.one(attempts, &[]).await;
    eventually("it has waited once more", || async {
        (ground.database.one::<i64>(attempts, &[]).await >= before + 2).then_some(())
    })
    .await;
    ground.database.run("DROP TRIGGER refuse ON farol.events").await;
    worker.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "offset_out_of_range").await;
    assert_eq!(ground.books().await, [2, 0, 0, 0], "the batch that waited is there, and nothing was skipped");
    worker.stop().await;
}
