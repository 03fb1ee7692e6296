//! `dlq quarantine`: letters that somebody gave up.

use serde_json::json;
use testkit::Record;

use crate::ground::Ground;

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantined_letter_keeps_its_reason_and_is_not_sent_again() {
    let ground = Ground::with_redrivable(2).await;
    let answer = ground.dlq(&["quarantine", "1", "--reason", " made by mistake "]).await;
    assert_eq!((answer.code(), &answer.json()["done"]), (Some(0), &json!(1)), "{}", answer.said());
    assert_eq!(ground.dlq(&["show", "1"]).await.json()["quarantineReason"], "made by mistake");
    let refused = ground.dlq(&["redrive", "1"]).await;
    assert_eq!((refused.code(), &refused.json()["left"]["quarantined"]["count"]), (Some(1), &json!(1)));
    assert_eq!(ground.dlq(&["redrive", "--all"]).await.json()["done"], 1, "the other one");
    let repeated = ground.dlq(&["quarantine", "1", "--reason", "still a mistake"]).await;
    assert_eq!(repeated.code(), Some(0), "repeating it is safe");
    assert_eq!(ground.letters().await, ["1 quarantined 0", "2 redriven 0"]);
    assert_eq!(ground.books().await, [0, 0, 2, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_redriven_can_be_quarantined() {
    let undecodable = Record { value: Some(b"no event".to_vec()), ..Record::default() };
    let (ground, worker) = Ground::with_letters(&[undecodable]).await;
    assert_eq!(ground.dlq(&["quarantine", "1", "--reason", "noise"]).await.code(), Some(0));
    assert_eq!(ground.letters().await, ["1 quarantined 0"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_a_row_or_may_become_one_is_not_given_up() {
    let ground = Ground::with_redrivable(2).await;
    ground.database.run("UPDATE farol.dead_letters SET state = 'resolved' WHERE letter_id = 2").await;
    ground.dlq(&["redrive", "1"]).await;
    let answer = ground.dlq(&["quarantine", "1", "2", "9", "--reason", "tired of it"]).await;
    let left = &answer.json()["left"];
    assert_eq!(answer.code(), Some(1));
    for (why, letter) in [("waiting", 1), ("resolved", 2), ("unknown", 9)] {
        assert_eq!(left[why]["letterIds"], json!([letter]), "{left}");
    }
    assert_eq!(ground.letters().await, ["1 redriven 0", "2 resolved 0"]);
}
