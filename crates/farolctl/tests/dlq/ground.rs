//! A topic, a database and a worker of a test's own, and the program under test.

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use service::Environment;
use testkit::{Database, Record, Topic, eventually};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use worker::{Config, StartError, Worker};

const REFUSE: &str = "ALTER TABLE farol.events ADD CONSTRAINT picky CHECK (id NOT LIKE 'bad%')";
const ALLOW: &str = "ALTER TABLE farol.events DROP CONSTRAINT picky";

/// What letters are made on.
pub(crate) struct Ground {
    pub(crate) topic: Topic,
    pub(crate) database: Database,
}

/// A worker that consumes.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), StartError>>,
}

/// What the program answered.
pub(crate) struct Answer(Output);

/// An event that PostgreSQL refuses until the cause is removed, with everything a record can carry.
pub(crate) fn refused_event(n: i32) -> Record {
    let mut record = Record::event(&format!("bad{n}"), &format!("{{\"n\": {n}.10}}"));
    record.key = Some(vec![0xff, u8::try_from(n % 256).unwrap()]);
    record.headers.push(("x-bytes".to_owned(), vec![0, 0xfe]));
    record.headers.push(("x-empty".to_owned(), Vec::new()));
    record
}

impl Ground {
    /// A worker that made dead letters of these records, beside none.
    pub(crate) async fn with_letters(records: &[Record]) -> (Self, Running) {
        let (topic, database) = tokio::join!(Topic::create(2), Database::create());
        worker::migrate::run(&database.server()).await.unwrap();
        let ground = Self { topic, database };
        ground.database.run(REFUSE).await;
        ground.topic.produce(records, false);
        let worker = ground.worker().await;
        ground.decided(records.len()).await;
        (ground, worker)
    }

    /// As many letters that PostgreSQL refused, and no worker; their cause is removed.
    pub(crate) async fn with_redrivable(count: i32) -> Self {
        let records: Vec<_> = (0..count).map(|n| refused_event(n).in_partition(n % 2)).collect();
        let (ground, worker) = Self::with_letters(&records).await;
        worker.stop().await;
        ground.remove_cause().await;
        ground
    }

    pub(crate) async fn remove_cause(&self) {
        self.database.run(ALLOW).await;
    }

    pub(crate) async fn worker(&self) -> Running {
        let settings = [
            ("FAROL_MANAGEMENT_ADDR", "127.0.0.1:0".to_owned()),
            ("FAROL_KAFKA_BROKERS", testkit::kafka_brokers()),
            ("FAROL_KAFKA_TOPIC", self.topic.name().to_owned()),
            ("FAROL_KAFKA_GROUP", self.topic.name().to_owned()),
            ("FAROL_DATABASE_URL", self.database.url()),
        ];
        let environment =
            Environment::new(|name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()));
        let worker = Worker::build(Config::read(environment).unwrap(), testkit::metrics()).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(worker.run(async {
            drop(stopped.await);
            Ok(())
        }));
        Running { stop, ended }
    }

    /// Waits until the ledger says that so many offsets are decided.
    pub(crate) async fn decided(&self, offsets: usize) {
        eventually(&format!("{offsets} offsets are decided"), || async {
            let sum = "SELECT coalesce(sum(next_offset - start_offset), 0)::bigint FROM farol.ledger";
            (self.database.one::<i64>(sum, &[]).await == i64::try_from(offsets).unwrap()).then_some(())
        })
        .await;
    }

    /// Stored, duplicate, dead-lettered and gaps, over all partitions.
    pub(crate) async fn books(&self) -> [i64; 4] {
        let mut books = [0; 4];
        for (count, column) in books.iter_mut().zip(["stored", "duplicate", "dead_lettered", "gaps"]) {
            let sum = format!("SELECT coalesce(sum({column}), 0)::bigint FROM farol.ledger");
            *count = self.database.one(&sum, &[]).await;
        }
        books
    }

    pub(crate) async fn rows(&self) -> i64 {
        self.database.one("SELECT count(*) FROM farol.events", &[]).await
    }

    /// Number, state and count of redrives of every letter.
    pub(crate) async fn letters(&self) -> Vec<String> {
        let letters =
            "SELECT concat_ws(' ', letter_id, state, redrives) FROM farol.dead_letters ORDER BY letter_id";
        self.database.all(letters).await
    }

    pub(crate) async fn count(&self, state: &str) -> i64 {
        self.database.one("SELECT count(*) FROM farol.dead_letters WHERE state = $1", &[&state]).await
    }

    /// The program, ready to run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_farolctl"));
        command
            .args(["--output", "json", "dlq"])
            .args(arguments)
            .env("FAROL_DATABASE_URL", self.database.url())
            .env("FAROL_KAFKA_BROKERS", testkit::kafka_brokers())
            .stdin(Stdio::null());
        command
    }

    /// Runs `farolctl dlq` to its end.
    pub(crate) async fn dlq(&self, arguments: &[&str]) -> Answer {
        let mut command = self.command(arguments);
        Answer(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
    }
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(testkit::PATIENCE, self.ended).await.unwrap().unwrap().unwrap();
    }
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        Self(output)
    }

    pub(crate) fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).unwrap_or_else(|error| panic!("{error}: {:?}", self.0))
    }

    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}
