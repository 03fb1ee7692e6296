//! Workers that freeze and wake up, that come and go: nothing is written twice, nothing is lost,
//! and nobody waits for one that is gone.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::{Record, eventually};

use crate::support::Ground;

const PROGRAM: &str = env!("CARGO_BIN_EXE_farol-worker");
/// How long the group waits for a member that says nothing.
const SESSION_TIMEOUT: Duration = Duration::from_secs(10);
/// How soon a new owner has to commit once the partition is its own.
const TAKE_OVER: Duration = Duration::from_secs(15);

fn events(range: std::ops::Range<usize>) -> Vec<Record> {
    range.map(|n| Record::event(&n.to_string(), "{}")).collect()
}

/// A worker in a process of its own, which can be frozen.
struct Frozen(Child);

impl Frozen {
    fn start(ground: &Ground) -> Self {
        let child = Command::new(PROGRAM)
            .env("FAROL_MANAGEMENT_ADDR", "127.0.0.1:0")
            .env("FAROL_KAFKA_BROKERS", testkit::kafka_brokers())
            .env("FAROL_KAFKA_TOPIC", ground.topic.name())
            .env("FAROL_KAFKA_GROUP", ground.topic.name())
            .env("FAROL_DATABASE_URL", ground.database.url())
            .env("OTEL_SDK_DISABLED", "true")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), signal).unwrap();
    }

    async fn ends_well(mut self) {
        self.signal(Signal::SIGTERM);
        let status = tokio::task::spawn_blocking(move || self.0.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
    }
}

/// Rows and books that hold every one of `count` events once.
async fn all_once(ground: &Ground, count: i64) {
    ground.decided(count).await;
    assert_eq!((ground.rows().await, ground.books().await), (count, [count, 0, 0, 0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_wakes_up_after_its_partition_went_elsewhere_lets_go() {
    let ground = Ground::prepare(1).await;
    let sleeper = Frozen::start(&ground);
    ground.topic.produce(&events(0..10), false);
    all_once(&ground, 10).await;
    sleeper.signal(Signal::SIGSTOP);
    let successor = ground.worker().await;
    ground.topic.produce(&events(10..20), false);
    all_once(&ground, 20).await;
    sleeper.signal(Signal::SIGCONT);
    ground.topic.produce(&events(20..30), false);
    all_once(&ground, 30).await;
    // It is a member like any other again: alone, it goes on.
    successor.stop().await;
    ground.topic.produce(&events(30..40), false);
    all_once(&ground, 40).await;
    sleeper.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_frozen_for_longer_than_the_topic_keeps_records_goes_on_with_the_ledger() {
    let ground = Ground::prepare(1).await;
    let sleeper = Frozen::start(&ground);
    ground.topic.produce(&events(0..10), false);
    all_once(&ground, 10).await;
    sleeper.signal(Signal::SIGSTOP);
    let successor = ground.worker().await;
    ground.topic.produce(&events(10..20), false);
    all_once(&ground, 20).await;
    // Its next offset leaves, and the one behind it: what it asks for first when it wakes up is out of range.
    ground.topic.truncate(0, 20).await;
    sleeper.signal(Signal::SIGCONT);
    ground.topic.produce(&events(20..30), false);
    all_once(&ground, 30).await;
    successor.stop().await;
    ground.topic.produce(&events(30..40), false);
    all_once(&ground, 40).await;
    sleeper.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_frozen_in_the_middle_of_its_transaction_holds_its_successor_up_only_briefly() {
    let ground = Ground::prepare(1).await;
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END $$;
                CREATE TRIGGER slow BEFORE INSERT ON farol.events FOR EACH ROW
                WHEN (NEW.id = 'slow') EXECUTE FUNCTION slow()";
    ground.database.run(slow).await;
    let sleeper = Frozen::start(&ground);
    ground.topic.produce(&events(0..1), false);
    ground.decided(1).await;
    ground.topic.produce(&[Record::event("slow", "{}")], false);
    let sleeping =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    eventually("its transaction holds the ledger", || async {
        (ground.database.one::<i64>(sleeping, &[]).await == 1).then_some(())
    })
    .await;
    sleeper.signal(Signal::SIGSTOP);
    let frozen_at = Instant::now();
    let successor = ground.worker().await;
    all_once(&ground, 2).await;
    assert!(frozen_at.elapsed() < SESSION_TIMEOUT + TAKE_OVER, "{:?}", frozen_at.elapsed());
    sleeper.signal(Signal::SIGCONT);
    ground.topic.produce(&events(2..10), false);
    all_once(&ground, 10).await;
    successor.stop().await;
    sleeper.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_one_worker_to_three_and_back_under_load_everything_is_written_once() {
    let ground = Ground::prepare(3).await;
    let mut sent = 0;
    let mut load = |count: usize| {
        let records: Vec<_> = events(sent..sent + count)
            .into_iter()
            .enumerate()
            .map(|(n, record)| record.in_partition(i32::try_from(n % 3).unwrap()))
            .collect();
        ground.topic.produce(&records, false);
        sent += count;
    };
    let first = ground.worker().await;
    load(300);
    let (second, third) = (ground.worker().await, ground.worker().await);
    for _ in 0..10 {
        // Load goes on while the group finds its new shape, batch by batch.
        let decided = "SELECT coalesce(sum(next_offset), 0)::bigint FROM farol.ledger";
        let before: i64 = ground.database.one(decided, &[]).await;
        load(150);
        eventually("it moves", || async {
            (ground.database.one::<i64>(decided, &[]).await > before).then_some(())
        })
        .await;
    }
    let (_, _) = tokio::join!(second.stop(), third.stop());
    load(300);
    all_once(&ground, 2_100).await;
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_fenced_for_good_is_replaced() {
    let ground = Ground::prepare(1).await;
    let same = [("FAROL_KAFKA_INSTANCE_ID", "worker-0")];
    let first = ground.worker_with(&same).await;
    ground.topic.produce(&events(0..5), false);
    all_once(&ground, 5).await;
    // Takes the first one's place in the group: Kafka fences that one's client for good.
    let second = ground.worker_with(&same).await;
    eventually("a client is replaced", || async {
        (!first.metrics().await.contains("farol_consumer_rebuilds_total 0")).then_some(())
    })
    .await;
    second.stop().await;
    ground.topic.produce(&events(5..10), false);
    all_once(&ground, 10).await;
    first.stop().await;
}
