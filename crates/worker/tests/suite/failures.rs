//! When PostgreSQL fails: what passes by itself is waited for, without a restart and without a lost record.

use reqwest::StatusCode;
use testkit::Record;

use crate::cut_link::{Cut, CutLink};
use crate::support::Ground;

fn event(id: &str) -> [Record; 1] {
    [Record::event(id, "{}")]
}

/// From now on the first insert of an event's row fails with this SQLSTATE.
async fn fail_once(ground: &Ground, sqlstate: &str) {
    ground
        .database
        .run(&format!(
            "DROP TRIGGER IF EXISTS fail_once ON farol.events;
             DROP SEQUENCE IF EXISTS attempts;
             CREATE SEQUENCE attempts;
             CREATE OR REPLACE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF nextval('attempts') = 1 THEN RAISE 'on purpose' USING ERRCODE = '{sqlstate}'; END IF;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER fail_once BEFORE INSERT ON farol.events FOR EACH ROW EXECUTE FUNCTION fail_once()"
        ))
        .await;
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
async fn a_batch_that_fails_while_the_next_is_collected_is_stored_before_it() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker_with(&[("FAROL_BATCH_MAX_RECORDS", "5")]).await;
    ground.topic.produce(&event("first"), false);
    ground.decided(1).await;
    ground.database.run("BEGIN; SELECT 1 FROM farol.ledger FOR UPDATE").await;
    let records: Vec<_> = (0..20).map(|n| Record::event(&n.to_string(), "{}")).collect();
    ground.topic.produce(&records, false);
    let kill_who_waits = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
                          WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while ground.database.all::<String>(kill_who_waits).await.is_empty() {
        tokio::task::yield_now().await;
    }
    ground.database.run("COMMIT").await;
    ground.decided(21).await;
    assert_eq!((ground.rows().await, ground.books().await), (21, [21, 0, 0, 0]));
    let overtook = "SELECT event.\"offset\" FROM farol.events AS event JOIN farol.events AS later
                    ON later.\"offset\" > event.\"offset\" AND later.tx < event.tx";
    assert_eq!(ground.database.all::<i64>(overtook).await, [0_i64; 0]);
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
async fn what_passes_by_itself_is_tried_again_until_it_has_passed() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    let passing = [
        ("40001", "serialization failure"),
        ("40P01", "deadlock"),
        ("53100", "disk full"),
        ("53200", "out of memory"),
        ("55P03", "lock not available"),
        ("57014", "statement timeout"),
        ("57P01", "shutdown"),
        ("58030", "I/O error"),
    ];
    for (decided, (sqlstate, _)) in (1..).zip(passing) {
        fail_once(&ground, sqlstate).await;
        ground.topic.produce(&event(sqlstate), false);
        ground.decided(decided).await;
        assert_eq!(ground.books().await, [decided, 0, 0, 0], "{sqlstate}");
        let attempts: i64 = ground.database.one("SELECT last_value FROM attempts", &[]).await;
        assert_eq!(attempts, 2, "{sqlstate} was met");
    }
    worker.answers_ready_with(StatusCode::OK, "ready").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_cancelled_is_said_again() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    ground.topic.produce(&event("1"), false);
    ground.decided(1).await;
    ground.database.run("BEGIN; LOCK farol.event_keys IN EXCLUSIVE MODE").await;
    ground.topic.produce(&event("2"), false);
    let cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
                  WHERE datname = current_database() AND wait_event_type = 'Lock'";
    testkit::eventually("its statement is cancelled", || async {
        (ground.database.one::<i64>(cancel, &[]).await > 0).then_some(())
    })
    .await;
    ground.database.run("COMMIT").await;
    ground.decided(2).await;
    assert_eq!(ground.books().await, [2, 0, 0, 0]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_reads_is_waited_for() {
    let ground = Ground::prepare(1).await;
    let worker = ground.worker().await;
    ground.topic.produce(&event("1"), false);
    ground.decided(1).await;
    become_read_only(&ground, true).await;
    ground.topic.produce(&event("2"), false);
    testkit::eventually("it has met the replica", || async {
        worker.metrics().await.contains("error_type=\"25006\"").then_some(())
    })
    .await;
    worker.answers_ready_with(StatusCode::OK, "ready").await;
    become_read_only(&ground, false).await;
    ground.decided(2).await;
    assert_eq!(ground.books().await, [2, 0, 0, 0]);
    worker.stop().await;
}

/// What a failover looks like: who answers now is a replica, or none any more, and the old sessions end.
///
/// Two statements, two transactions: the worker connects again at once, and must find the setting.
async fn become_read_only(ground: &Ground, read_only: bool) {
    let name: String = ground.database.one("SELECT quote_ident(current_database())", &[]).await;
    let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {read_only}");
    ground.database.run(&set).await;
    let end_others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
    ground.database.run(end_others).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_outcome_nobody_knows_is_neither_lost_nor_doubled() {
    let ground = Ground::prepare(1).await;
    let link = CutLink::to(&ground.database.url()).await;
    let worker = ground.worker_with(&[("FAROL_DATABASE_URL", &link.url)]).await;
    for (decided, cut) in (1..).zip([Cut::None, Cut::Before, Cut::After, Cut::Before, Cut::After]) {
        link.cut(cut);
        ground.topic.produce(&event(&decided.to_string()), false);
        ground.decided(decided).await;
        assert!(link.was_cut(), "{cut:?}");
        assert_eq!((ground.rows().await, ground.books().await), (decided, [decided, 0, 0, 0]), "{cut:?}");
    }
    worker.stop().await;
}
