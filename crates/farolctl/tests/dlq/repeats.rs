//! `dlq redrive` interrupted and repeated at any point: every letter is one row in the end.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use std::process::{Child, Stdio};
use testkit::eventually;

use crate::ground::{Answer, Ground, refused_event};

const COUNT: i32 = 40;

/// What makes marking fail after Kafka has acknowledged: the moment a crash would be worst.
const UNMARKABLE: &str = "
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'cut off'; END $$;
CREATE TRIGGER unmarkable BEFORE UPDATE ON farol.dead_letters FOR EACH ROW
WHEN (NEW.state = 'redriven') EXECUTE FUNCTION refuse()";

/// Holds the mark back until the worker has decided the letter.
const LATE: &str = "
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    WHILE current_setting('application_name') = 'farolctl' AND EXISTS (SELECT FROM farol.dead_letters WHERE redrives = 0) LOOP
        PERFORM pg_sleep(0.01);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER late BEFORE UPDATE ON farol.dead_letters FOR EACH STATEMENT EXECUTE FUNCTION wait()";

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_comes_after_the_workers_decision_changes_nothing() {
    let (ground, worker) = Ground::with_letters(&[refused_event(1)]).await;
    ground.database.run(LATE).await;
    let answer = ground.dlq(&["redrive", "1"]).await;
    assert_eq!((answer.code(), &answer.json()["done"]), (Some(0), &json!(1)), "{}", answer.said());
    assert_eq!(ground.letters().await, ["1 open 1"], "it failed again, and is open for the next try");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_between_kafka_and_the_mark_and_repeated_a_letter_is_one_row() {
    let ground = Ground::with_redrivable(3).await;
    ground.database.run(UNMARKABLE).await;
    let cut_off = ground.dlq(&["redrive", "--all"]).await;
    assert_eq!(cut_off.code(), Some(1));
    assert!(cut_off.said().contains("Run the same command again"), "{}", cut_off.said());
    assert_eq!((ground.topic.records().len(), ground.count("open").await), (6, 3), "sent, and not marked");
    ground.database.run("DROP TRIGGER unmarkable ON farol.dead_letters").await;
    assert_eq!(ground.dlq(&["redrive", "--all"]).await.code(), Some(0));
    assert_eq!((ground.topic.records().len(), ground.count("redriven").await), (9, 3));
    let worker = ground.worker().await;
    ground.decided(9).await;
    assert_eq!(ground.count("resolved").await, 3);
    assert_eq!((ground.rows().await, ground.books().await), (3, [3, 3, 3, 0]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_and_never_repeated_a_letter_is_resolved_all_the_same() {
    let ground = Ground::with_redrivable(1).await;
    ground.database.run(UNMARKABLE).await;
    assert_eq!(ground.dlq(&["redrive", "1"]).await.code(), Some(1));
    let worker = ground.worker().await;
    ground.decided(2).await;
    assert_eq!(ground.letters().await, ["1 resolved 1"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_on_its_way_is_left_alone_until_the_worker_has_decided_it() {
    let ground = Ground::with_redrivable(1).await;
    assert_eq!(ground.dlq(&["redrive", "1"]).await.json()["done"], 1);
    for arguments in [&["redrive", "1"][..], &["redrive", "--all"]] {
        let answer = ground.dlq(arguments).await;
        let waiting = &answer.json()["left"]["waiting"];
        assert_eq!((answer.code(), &waiting["letterIds"]), (Some(0), &json!([1])), "{}", answer.said());
        assert!(waiting["advice"].as_str().unwrap().contains("look again later"));
    }
    assert_eq!(ground.topic.records().len(), 2);
    let worker = ground.worker().await;
    ground.decided(2).await;
    let answer = ground.dlq(&["redrive", "1"]).await;
    assert_eq!((answer.code(), &answer.json()["left"]["resolved"]["count"]), (Some(0), &json!(1)));
    assert_eq!((ground.topic.records().len(), ground.rows().await), (2, 1));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_a_worker_passed_without_a_word_is_sent_again() {
    let ground = Ground::with_redrivable(1).await;
    // What a worker leaves that does not know redriven records yet: the ledger is past it.
    let passed =
        "UPDATE farol.dead_letters SET state = 'redriven', redriven_partition = 0, redriven_offset = 0";
    ground.database.run(passed).await;
    assert_eq!(ground.dlq(&["redrive", "--all"]).await.json()["done"], 1);
    let worker = ground.worker().await;
    ground.decided(2).await;
    assert_eq!(ground.letters().await, ["1 resolved 1"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_point_and_repeated_every_letter_is_one_row() {
    let ground = Ground::with_redrivable(COUNT).await;
    let worker = ground.worker().await;
    let mut killed = spawn(&ground, &["redrive", "--all", "--rate", "20"]);
    eventually("some are marked", || async { (ground.count("open").await < i64::from(COUNT)).then_some(()) })
        .await;
    signal(&killed, Signal::SIGKILL);
    killed.wait().unwrap();
    assert_eq!(ground.dlq(&["redrive", "--all"]).await.code(), Some(0));
    let records = ground.topic.records().len();
    ground.decided(records).await;
    assert_eq!((ground.count("resolved").await, ground.rows().await), (i64::from(COUNT), i64::from(COUNT)));
    let [stored, duplicate, dead_lettered, gaps] = ground.books().await;
    assert_eq!([stored, dead_lettered, gaps], [i64::from(COUNT), i64::from(COUNT), 0]);
    assert_eq!(stored + duplicate + dead_lettered, i64::try_from(records).unwrap());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_it_marks_what_kafka_has_and_says_how_to_go_on() {
    let ground = Ground::with_redrivable(COUNT).await;
    let interrupted = spawn(&ground, &["redrive", "--all", "--rate", "10"]);
    eventually("some are marked", || async { (ground.count("redriven").await > 0).then_some(()) }).await;
    signal(&interrupted, Signal::SIGINT);
    let answer = tokio::task::spawn_blocking(|| interrupted.wait_with_output().unwrap()).await.unwrap();
    let answer = Answer::of(answer);
    assert_eq!((answer.code(), &answer.json()["interrupted"]), (Some(1), &json!(true)));
    assert!(answer.said().contains("run the same command again"), "{}", answer.said());
    let done = ground.count("redriven").await;
    assert!(0 < done && done < i64::from(COUNT), "{done}");
    assert_eq!(answer.json()["done"], done);
    assert_eq!(i64::try_from(ground.topic.records().len()).unwrap(), i64::from(COUNT) + done);
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_sent_at_the_rate_asked_for() {
    let ground = Ground::with_redrivable(6).await;
    let report = ground.dlq(&["redrive", "--all", "--rate", "10"]).await.json();
    assert!(report["done"] == 6 && report["seconds"].as_f64().unwrap() >= 0.5, "{report}");
}

fn spawn(ground: &Ground, arguments: &[&str]) -> Child {
    ground.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}
