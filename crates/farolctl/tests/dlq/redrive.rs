//! `dlq redrive`: what is sent, what is not, and what the worker makes of it.

use serde_json::json;
use testkit::Record;

use crate::ground::{Ground, refused_event};

#[tokio::test(flavor = "multi_thread")]
async fn a_redriven_letter_goes_to_kafka_as_it_came_and_becomes_a_row() {
    let (ground, worker) = Ground::with_letters(&[refused_event(1).in_partition(1)]).await;
    ground.remove_cause().await;
    let answer = ground.dlq(&["redrive", "1"]).await;
    assert_eq!((answer.code(), &answer.json()["done"]), (Some(0), &json!(1)), "{}", answer.said());
    ground.decided(2).await;
    assert_eq!(ground.letters().await, ["1 resolved 1"]);
    assert_eq!((ground.rows().await, ground.books().await), (1, [1, 0, 1, 0]));
    let records = ground.topic.records();
    let [first, again] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((&again.key, &again.value, again.partition), (&first.key, &first.value, first.partition));
    let (letter_id, original) = again.headers.split_last().unwrap();
    assert_eq!(original, first.headers);
    assert_eq!(letter_id, &("farol-dead-letter-id".to_owned(), b"1".to_vec()));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_cause_remains_fails_again_and_can_be_redriven_again() {
    let (ground, worker) = Ground::with_letters(&[refused_event(1)]).await;
    for times in 1..=3 {
        assert_eq!(ground.dlq(&["redrive", "1"]).await.code(), Some(0));
        ground.decided(1 + times).await;
        assert_eq!(ground.letters().await, [format!("1 open {times}")], "one letter, open again");
    }
    ground.remove_cause().await;
    assert_eq!(ground.dlq(&["redrive", "--sqlstate", "23514"]).await.json()["done"], 1);
    ground.decided(5).await;
    assert_eq!(ground.letters().await, ["1 resolved 4"]);
    assert_eq!((ground.rows().await, ground.books().await), (1, [1, 0, 4, 0]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_repetition_can_store_is_refused_with_advice() {
    let undecodable = Record { value: Some(b"no event".to_vec()), ..Record::default() };
    let (event, other) = (Record::event("1", "{}"), Record::event("1", "[]"));
    let (ground, worker) = Ground::with_letters(&[undecodable, event, other]).await;
    let sent = ground.topic.records().len();
    let answer = ground.dlq(&["redrive", "1", "2", "77"]).await;
    let left = &answer.json()["left"];
    assert_eq!(answer.code(), Some(1));
    for (why, letter) in [("undecodable", 1), ("conflict", 2), ("unknown", 77)] {
        assert_eq!(left[why]["letterIds"], json!([letter]), "{left}");
        assert!(!left[why]["advice"].as_str().unwrap().is_empty());
    }
    for cause in ["conflict", "undecodable"] {
        let answer = ground.dlq(&["redrive", "--cause", cause]).await;
        assert_eq!(answer.code(), Some(1));
        assert!(answer.said().contains("not redrivable"), "{}", answer.said());
    }
    let all = ground.dlq(&["redrive", "--all"]).await;
    assert_eq!((all.code(), &all.json()["done"]), (Some(0), &json!(0)), "--all means those that can be");
    assert_eq!(ground.topic.records().len(), sent);
    assert_eq!(ground.letters().await, ["1 open 0", "2 open 0"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_does_nothing() {
    let ground = Ground::with_redrivable(3).await;
    let answer = ground.dlq(&["redrive", "--source", "/test", "--dry-run"]).await;
    assert_eq!((answer.code(), &answer.json()["done"]), (Some(0), &json!(3)));
    assert_eq!(ground.dlq(&["redrive", "--source", "/other", "--dry-run"]).await.json()["done"], 0);
    assert_eq!((ground.topic.records().len(), ground.count("open").await), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_kafka_refuses_stays_behind_and_holds_up_no_other() {
    let ground = Ground::with_redrivable(3).await;
    ground.database.run("UPDATE farol.dead_letters SET partition = 99 WHERE letter_id = 1").await;
    let answer = ground.dlq(&["redrive", "--all"]).await;
    assert_eq!((answer.code(), &answer.json()["done"]), (Some(1), &json!(2)), "{}", answer.said());
    assert_eq!(ground.letters().await, ["1 open 0", "2 redriven 0", "3 redriven 0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_another_cluster_is_not_sent_into_this_one() {
    let ground = Ground::with_redrivable(1).await;
    ground.database.run("UPDATE farol.dead_letters SET cluster_id = 'elsewhere'").await;
    let answer = ground.dlq(&["redrive", "--all"]).await;
    assert_eq!((answer.code(), &answer.json()["left"]["otherCluster"]["letterIds"]), (Some(1), &json!([1])));
    assert_eq!((ground.topic.records().len(), ground.count("open").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_kafka_nothing_changes_and_the_message_says_what_to_do() {
    let ground = Ground::with_redrivable(1).await;
    let nowhere = format!("127.0.0.1:{}", testkit::closed_port());
    let answer = ground.dlq(&["redrive", "--all", "--kafka-brokers", &nowhere]).await;
    assert_eq!(answer.code(), Some(1));
    let said = answer.said();
    assert!(said.contains(&nowhere) && said.contains("FAROL_KAFKA_BROKERS"), "{said}");
    assert_eq!(ground.count("open").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_use_is_exit_code_2() {
    let ground = Ground::with_redrivable(1).await;
    for arguments in [
        &["redrive"][..],
        &["redrive", "1", "--all"],
        &["redrive", "one"],
        &["redrive", "--all", "--rate", "0"],
        &["redrive", "--all", "--database-url", ""],
        &["quarantine", "1"],
        &["quarantine", "--reason", "x"],
        &["quarantine", "1", "--reason", " "],
        &["show"],
        &["list", "--state", "lost"],
        &["list", "--limit", "0"],
    ] {
        let answer = ground.dlq(arguments).await;
        assert_eq!(answer.code(), Some(2), "{arguments:?}: {}", answer.said());
    }
    assert_eq!(ground.letters().await, ["1 open 0"]);
}
