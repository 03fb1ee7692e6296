//! When a worker says that it is ready: a rollout goes on to the next one then.

use reqwest::StatusCode;

use crate::support::Ground;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_ready_once_its_group_gave_it_its_partitions() {
    let ground = Ground::prepare(2).await;
    let worker = ground.worker().await;
    worker.answers_ready_with(StatusCode::OK, "ready").await;
    assert_eq!(ground.topic.members(), 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_no_partition_is_left_for_is_ready_too() {
    let ground = Ground::prepare(1).await;
    let first = ground.worker().await;
    first.answers_ready_with(StatusCode::OK, "ready").await;
    let second = ground.worker().await;
    second.answers_ready_with(StatusCode::OK, "ready").await;
    assert_eq!(ground.topic.members(), 2);
    first.stop().await;
    second.stop().await;
}
