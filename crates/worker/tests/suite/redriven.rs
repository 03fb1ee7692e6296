//! Records made of a dead letter: they resolve it or fail again, in the transaction that decides
//! them, and nobody's word is taken for a letter that is not of the same event.

use testkit::{Record, eventually};

use crate::support::{Ground, Running};

const REFUSE: &str = "ALTER TABLE farol.events ADD CONSTRAINT picky CHECK (id NOT LIKE 'bad%')";
const ALLOW: &str = "ALTER TABLE farol.events DROP CONSTRAINT picky";
const LETTERS: &str = "SELECT concat_ws('|', letter_id, id, cause, state, redrives, sqlstate, \"offset\")
                       FROM farol.dead_letters ORDER BY letter_id";

/// The record that `farolctl dlq redrive` makes of a letter.
fn redriven(record: &Record, letter_id: &str) -> Record {
    let mut record = record.clone();
    record.headers.push(("farol-dead-letter-id".to_owned(), letter_id.as_bytes().to_vec()));
    record
}

/// One event that PostgreSQL refused: letter 1, at offset 0.
async fn refused() -> (Ground, Running, Record) {
    let ground = Ground::prepare(1).await;
    ground.database.run(REFUSE).await;
    let worker = ground.worker().await;
    let record = Record::event("bad", r#"{"a":1}"#);
    ground.topic.produce(std::slice::from_ref(&record), false);
    ground.decided(1).await;
    (ground, worker, record)
}

async fn letters(ground: &Ground) -> Vec<String> {
    ground.database.all(LETTERS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_cause_is_gone_becomes_a_row_and_is_resolved_in_the_same_transaction() {
    let (ground, worker, record) = refused().await;
    ground.database.run(ALLOW).await;
    ground.database.run("UPDATE farol.dead_letters SET state = 'redriven'").await;
    ground.topic.produce(&[redriven(&record, "1")], false);
    ground.decided(2).await;
    assert_eq!(letters(&ground).await, ["1|bad|unstorable|resolved|1|23514|0"]);
    assert_eq!((ground.rows().await, ground.books().await), (1, [1, 0, 1, 0]));
    let together = "SELECT (SELECT xmin::text::bigint FROM farol.dead_letters) = (SELECT tx % 4294967296 FROM farol.events)";
    assert!(ground.database.one::<bool>(together, &[]).await);
    eventually("it is counted", || async {
        let page = worker.metrics().await;
        let counted = page.contains("farol_redriven_records_total{outcome=\"resolved\"}");
        (counted && !page.contains("farol_redriven_records_total{outcome=\"resolved\"} 0\n")).then_some(())
    })
    .await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_fails_again_stays_one_letter_and_tells_the_new_cause() {
    let (ground, worker, record) = refused().await;
    ground.database.run(&format!("{ALLOW}; UPDATE farol.dead_letters SET state = 'redriven'")).await;
    ground.database.run("ALTER TABLE farol.events ADD CONSTRAINT other CHECK (id <> 'bad')").await;
    for copies in 1..=2 {
        ground.topic.produce(&[redriven(&record, "1")], false);
        ground.decided(1 + copies).await;
        assert_eq!(letters(&ground).await, [format!("1|bad|unstorable|open|{copies}|23514|0")]);
    }
    let told = "SELECT message LIKE '%other%' AND updated_at > created_at FROM farol.dead_letters";
    assert!(ground.database.one::<bool>(told, &[]).await);
    assert_eq!(
        (ground.rows().await, ground.books().await),
        (0, [0, 0, 3, 0]),
        "each offset is dead-lettered"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_was_redriven_twice_has_one_row_and_is_resolved_once() {
    let (ground, worker, record) = refused().await;
    ground.database.run(ALLOW).await;
    let again = redriven(&record, "1");
    // Its sender died before it marked the letter, and began anew: the letter is still open.
    ground.topic.produce(&[again.clone(), again.clone()], false);
    ground.decided(3).await;
    ground.topic.produce(&[again], false);
    ground.decided(4).await;
    let resolved = letters(&ground).await;
    assert!(resolved.len() == 1 && resolved[0].starts_with("1|bad|unstorable|resolved|1|"), "{resolved:?}");
    assert_eq!((ground.rows().await, ground.books().await), (1, [1, 2, 1, 0]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_event_came_by_another_way_is_resolved_by_the_duplicate() {
    let (ground, worker, record) = refused().await;
    ground.database.run(ALLOW).await;
    ground.topic.produce(std::slice::from_ref(&record), false);
    ground.decided(2).await;
    assert_eq!(
        letters(&ground).await,
        ["1|bad|unstorable|open|0|23514|0"],
        "only a redriven record speaks for it"
    );
    ground.topic.produce(&[redriven(&record, "1")], false);
    ground.decided(3).await;
    assert_eq!(letters(&ground).await, ["1|bad|unstorable|resolved|1|23514|0"]);
    assert_eq!((ground.rows().await, ground.books().await), (1, [1, 1, 1, 0]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_identity_was_taken_meanwhile_becomes_a_conflict() {
    let (ground, worker, record) = refused().await;
    ground.database.run(ALLOW).await;
    ground.topic.produce(&[Record::event("bad", r#"{"a":2}"#), redriven(&record, "1")], false);
    ground.decided(3).await;
    assert_eq!(letters(&ground).await, ["1|bad|conflict|open|1|0"]);
    assert_eq!((ground.rows().await, ground.books().await), (1, [1, 0, 2, 0]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_letter_number_is_passed_over() {
    let (ground, worker, record) = refused().await;
    let conflicting = Record::event("bad", r#"{"a":"other content"}"#);
    let (foreign, broken) = (Record::event("good", "{}"), Record::event("2", "{"));
    let forged = [
        redriven(&foreign, "1"),
        redriven(&Record::event("3", "{}"), "999"),
        redriven(&Record::event("4", "{}"), "-1; DROP TABLE"),
        redriven(&Record::event("5", "{}"), "99999999999999999999"),
        redriven(&broken, "1"),
        redriven(&conflicting, "1"),
        redriven(&record, "999"),
    ];
    ground.topic.produce(&forged, false);
    ground.decided(8).await;
    let expected = [
        "1|bad|unstorable|open|0|23514|0",
        "2|undecodable|open|0|5",
        "3|bad|unstorable|open|0|23514|6",
        "4|bad|unstorable|open|0|23514|7",
    ];
    let mut letters: Vec<String> = letters(&ground).await;
    // Letters of one batch are written cause by cause; their numbers do not matter here.
    letters[1..].sort_by_key(|letter| letter.rsplit('|').next().map(str::to_owned));
    let without_number = |text: &str| text.split_once('|').map(|(_, rest)| rest.to_owned());
    let seen: Vec<_> = letters.iter().map(|letter| without_number(letter)).collect();
    assert_eq!(seen, expected.map(without_number));
    assert_eq!((ground.rows().await, ground.books().await), (4, [4, 0, 4, 0]), "and treated as any other");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantined_letter_stays_so_when_it_fails_and_is_resolved_when_it_is_a_row_after_all() {
    let (ground, worker, record) = refused().await;
    ground.database.run("UPDATE farol.dead_letters SET state = 'quarantined'").await;
    ground.topic.produce(&[redriven(&record, "1")], false);
    ground.decided(2).await;
    assert_eq!(letters(&ground).await, ["1|bad|unstorable|quarantined|1|23514|0"]);
    ground.database.run(ALLOW).await;
    ground.topic.produce(&[redriven(&record, "1")], false);
    ground.decided(3).await;
    assert_eq!(letters(&ground).await, ["1|bad|unstorable|resolved|2|23514|0"]);
    assert_eq!(ground.books().await, [1, 0, 2, 0]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolved_letter_is_decided_for_good() {
    let (ground, worker, record) = refused().await;
    ground.database.run("UPDATE farol.dead_letters SET state = 'resolved'").await;
    ground.topic.produce(&[redriven(&record, "1")], false);
    ground.decided(2).await;
    assert_eq!(
        letters(&ground).await,
        ["1|bad|unstorable|resolved|0|23514|0", "2|bad|unstorable|open|0|23514|1"],
        "what fails now is a letter of its own"
    );
    assert_eq!(ground.books().await, [0, 0, 2, 0]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_letters_are_decided_each_by_its_own_record() {
    let ground = Ground::prepare(2).await;
    ground.database.run(REFUSE).await;
    let worker = ground.worker().await;
    let records: Vec<_> =
        (0..40).map(|n| Record::event(&format!("bad{n}"), "{}").in_partition(n % 2)).collect();
    ground.topic.produce(&records, false);
    ground.decided(40).await;
    ground.database.run(&format!("{ALLOW}; {}", REFUSE.replace("bad%", "%9"))).await;
    let mut again = Vec::new();
    for record in &records {
        let id = record.header("ce_id").unwrap();
        let letter: i64 =
            ground.database.one("SELECT letter_id FROM farol.dead_letters WHERE id = $1", &[&id]).await;
        again.push(redriven(record, &letter.to_string()));
    }
    ground.topic.produce(&again, false);
    ground.decided(80).await;
    let standing = "SELECT id || ' ' || state FROM farol.dead_letters WHERE state <> 'resolved' ORDER BY id";
    let standing: Vec<String> = ground.database.all(standing).await;
    assert_eq!(standing, ["bad19 open", "bad29 open", "bad39 open", "bad9 open"]);
    assert_eq!((ground.rows().await, ground.books().await), (36, [36, 0, 44, 0]));
    worker.stop().await;
}
