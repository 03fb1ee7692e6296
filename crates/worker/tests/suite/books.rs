//! The ledger: it balances, positions come from it, and nothing passes it twice or unseen.

use reqwest::StatusCode;
use testkit::{Record, eventually};

use crate::support::Ground;

fn events(range: std::ops::Range<usize>) -> Vec<Record> {
    range.map(|n| Record::event(&n.to_string(), "{}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_partition_has_its_own_balanced_books() {
    let ground = Ground::prepare(3).await;
    let records: Vec<_> = events(0..30)
        .into_iter()
        .enumerate()
        .map(|(n, r)| r.in_partition(i32::try_from(n % 3).unwrap()))
        .collect();
    ground.topic.produce(&records, false);
    let worker = ground.worker().await;
    ground.decided(30).await;
    let books = "SELECT concat_ws('|', topic = (SELECT min(topic) FROM farol.events), partition, start_offset, next_offset,
                        stored, octet_length(last_record_digest), last_record_timestamp > 1700000000000)
                 FROM farol.ledger ORDER BY partition";
    let books: Vec<String> = ground.database.all(books).await;
    assert_eq!(books, ["t|0|0|10|10|32|t", "t|1|0|10|10|32|t", "t|2|0|10|10|32|t"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_do_not_balance_cannot_be_written() {
    let ground = Ground::prepare(1).await;
    let insert = "DO $$ BEGIN
        INSERT INTO farol.ledger (cluster_id, topic, partition, start_offset, next_offset, stored) VALUES ('c', 't', 0, 0, 3, 2);
        RAISE 'it was written';
    EXCEPTION WHEN check_violation THEN NULL; END $$";
    ground.database.run(insert).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_worker_goes_on_where_the_ledger_ends_whatever_the_group_says() {
    let ground = Ground::prepare(1).await;
    ground.topic.produce(&events(0..10), false);
    let first = ground.worker().await;
    ground.decided(10).await;
    first.stop().await;
    ground.topic.produce(&events(10..20), false);
    let group = format!("{}-another", ground.topic.name());
    let second = ground.worker_with(&[("FAROL_KAFKA_GROUP", &group)]).await;
    ground.decided(20).await;
    assert_eq!(ground.books().await, [20, 0, 0, 0], "nothing was read twice");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_one_partition_write_everything_once() {
    let ground = Ground::prepare(1).await;
    let group = format!("{}-rival", ground.topic.name());
    // In two groups both own the partition: what a worker that lost it without noticing would do.
    let small = ("FAROL_BATCH_MAX_RECORDS", "7");
    let first = ground.worker_with(&[small]).await;
    let second = ground.worker_with(&[small, ("FAROL_KAFKA_GROUP", &group)]).await;
    for round in 0..10 {
        ground.topic.produce(&events(round * 50..(round + 1) * 50), false);
    }
    ground.decided(500).await;
    assert_eq!((ground.rows().await, ground.books().await), (500, [500, 0, 0, 0]));
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_without_a_record_are_booked_as_gaps() {
    let ground = Ground::prepare(1).await;
    // A committed transaction ends with a control record that consumers never see.
    ground.topic.produce(&events(0..2), true);
    ground.topic.produce(&events(2..3), false);
    let worker = ground.worker().await;
    ground.decided(4).await;
    assert_eq!(ground.books().await, [3, 0, 0, 1]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_lost_unread_records_stops_the_worker_by_name() {
    let ground = Ground::prepare(1).await;
    ground.topic.produce(&events(0..5), false);
    let first = ground.worker().await;
    ground.decided(5).await;
    first.stop().await;
    ground.topic.produce(&events(5..10), false);
    ground.topic.truncate(0, 8).await;
    let second = ground.worker().await;
    second.answers_ready_with(StatusCode::SERVICE_UNAVAILABLE, "offset_out_of_range").await;
    assert_eq!(ground.books().await, [5, 0, 0, 0], "nothing is skipped, nothing is booked as a gap");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_consumed_is_measured() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1_000;
    let mut event = Record::event("1", "{}");
    event.headers.push(("farol-received-at".to_owned(), now.to_string().into_bytes()));
    event.headers.push(("traceparent".to_owned(), b"broken".to_vec()));
    ground.topic.produce(&[event], false);
    ground.decided(1).await;
    eventually("freshness, outcome and the broken context are counted", || async {
        let page = worker.metrics().await;
        let all = [
            "farol_freshness_seconds_bucket",
            "farol_records_total{outcome=\"stored\"}",
            "farol_batch_records_bucket",
        ];
        let counted = all.iter().all(|name| page.contains(name));
        (counted && !page.contains("farol_broken_trace_contexts_total 0")).then_some(())
    })
    .await;
    worker.stop().await;
}
