//! The program `farol-worker` as an operator meets it: migrating, refusing to start, stopping,
//! and being killed.

use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::{Database, Record, Topic};

use crate::support::Ground;

const PROGRAM: &str = env!("CARGO_BIN_EXE_farol-worker");

fn run(arguments: &[&str], settings: &[(&str, &str)]) -> (bool, String) {
    let output =
        Command::new(PROGRAM).args(arguments).env_clear().envs(settings.iter().copied()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn migrating_twice_changes_nothing_the_second_time() {
    let database = Database::create().await;
    let settings = [("FAROL_DATABASE_URL", database.url())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let (ok, said) = run(&["migrate"], &settings);
    assert!(ok && said.contains("V1__ledger_events_dead_letters"), "{said}");
    let (ok, said) = run(&["migrate"], &settings);
    assert!(ok && said.contains("up to date"), "{said}");
    let ahead: i64 = database
        .one("SELECT count(*) FROM pg_inherits WHERE inhparent = 'farol.events'::regclass", &[])
        .await;
    assert_eq!(ahead, 8, "today and a week ahead");
}

#[test]
fn a_migration_that_cannot_connect_fails_without_telling_the_password() {
    let url = format!("postgres://farol:hidden@127.0.0.1:{}/farol", testkit::closed_port());
    let (ok, said) = run(&["migrate"], &[("FAROL_DATABASE_URL", &url)]);
    assert!(!ok && said.contains("PostgreSQL") && !said.contains("hidden"), "{said}");
}

#[test]
fn a_start_with_wrong_settings_names_them_all_and_fails() {
    let (ok, said) = run(&[], &[("FAROL_BATCH_MAX_RECORDS", "0")]);
    assert!(!ok);
    for name in ["FAROL_KAFKA_BROKERS", "FAROL_DATABASE_URL", "FAROL_BATCH_MAX_RECORDS"] {
        assert!(said.contains(name), "{name} is not named in:\n{said}");
    }
}

#[test]
fn help_and_version_answer_and_unknown_arguments_do_not() {
    assert!(run(&["--help"], &[]).0);
    assert!(run(&["--version"], &[]).1.starts_with("farol-worker "));
    assert!(!run(&["migrat"], &[]).0);
}

#[test]
fn a_health_check_of_a_worker_that_is_stopped_fails_and_says_where_it_asked() {
    let addr = format!("127.0.0.1:{}", testkit::closed_port());
    let (ok, said) = run(&["healthcheck"], &[("FAROL_MANAGEMENT_ADDR", &addr)]);
    let expected = format!("farol-worker is not ready: http://{addr}/ready does not answer: ");
    assert!(!ok && said.starts_with(&expected), "{said}");
    let (ok, said) = run(&["healthcheck"], &[("FAROL_MANAGEMENT_ADDR", "8081")]);
    assert!(!ok && said.contains("FAROL_MANAGEMENT_ADDR is \"8081\""), "{said}");
}

#[tokio::test]
async fn a_health_check_of_a_worker_that_serves_succeeds() {
    let ground = Ground::prepare(1).await;
    let addr = format!("127.0.0.1:{}", testkit::closed_port());
    let mut command = command(&ground.topic, &ground.database);
    let mut worker = command.env("FAROL_MANAGEMENT_ADDR", &addr).spawn().unwrap();
    testkit::eventually("the worker is healthy", || async {
        (run(&["healthcheck"], &[("FAROL_MANAGEMENT_ADDR", &addr)]) == (true, "ready\n".into())).then_some(())
    })
    .await;
    signal(&worker, Signal::SIGTERM);
    assert!(worker.wait().unwrap().success());
}

#[tokio::test]
async fn a_stopped_worker_says_why_in_its_metrics() {
    // A process of its own, since all workers of one process share their metrics.
    let (topic, unmigrated) = tokio::join!(Topic::create(1), Database::create());
    let address = format!("127.0.0.1:{}", testkit::closed_port());
    let mut worker = command(&topic, &unmigrated).env("FAROL_MANAGEMENT_ADDR", &address).spawn().unwrap();
    testkit::eventually("the metrics name the reason", || async {
        let page = reqwest::get(format!("http://{address}/metrics")).await.ok()?.text().await.ok()?;
        page.contains("farol_worker_stopped{reason=\"database\"} 1").then_some(())
    })
    .await;
    signal(&worker, Signal::SIGTERM);
    assert!(worker.wait().unwrap().success());
}

#[tokio::test]
async fn sigterm_finishes_the_batch_and_ends_with_success() {
    let ground = Ground::prepare(1).await;
    ground.topic.produce(&[Record::event("1", "{}")], false);
    let mut worker = spawn(&ground.topic, &ground.database);
    ground.decided(1).await;
    signal(&worker, Signal::SIGTERM);
    let status = tokio::task::spawn_blocking(move || worker.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn a_worker_killed_in_the_middle_leaves_nothing_lost_and_nothing_twice() {
    let ground = Ground::prepare(1).await;
    let records: Vec<_> = (0..3_000).map(|n| Record::event(&n.to_string(), "{}")).collect();
    ground.topic.produce(&records, false);
    let mut killed = spawn(&ground.topic, &ground.database);
    testkit::eventually("some of it is stored", || async { (ground.rows().await > 0).then_some(()) }).await;
    signal(&killed, Signal::SIGKILL);
    killed.wait().unwrap();
    let mut successor = spawn(&ground.topic, &ground.database);
    // One more, which only the successor can have stored: it runs, and hears a signal.
    ground.topic.produce(&[Record::event("last", "{}")], false);
    ground.decided(3_001).await;
    assert_eq!((ground.rows().await, ground.books().await), (3_001, [3_001, 0, 0, 0]));
    signal(&successor, Signal::SIGTERM);
    assert!(successor.wait().unwrap().success());
}

fn spawn(topic: &Topic, database: &Database) -> Child {
    command(topic, database).spawn().unwrap()
}

pub(crate) fn command(topic: &Topic, database: &Database) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env("FAROL_MANAGEMENT_ADDR", "127.0.0.1:0")
        .env("FAROL_KAFKA_BROKERS", testkit::kafka_brokers())
        .env("FAROL_KAFKA_TOPIC", topic.name())
        .env("FAROL_KAFKA_GROUP", topic.name())
        .env("FAROL_KAFKA_INSTANCE_ID", "worker-0")
        .env("FAROL_DATABASE_URL", database.url())
        .env("FAROL_BATCH_MAX_RECORDS", "50")
        .env("OTEL_SDK_DISABLED", "true")
        .stdout(Stdio::null());
    command
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}
