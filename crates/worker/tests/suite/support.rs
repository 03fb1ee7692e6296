//! A worker of a test's own, beside a topic and a database of its own.

use std::time::Duration;

use reqwest::StatusCode;
use service::Environment;
use testkit::{Database, Topic, eventually};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use worker::{Config, StartError, Worker};

/// A topic and a migrated database.
pub(crate) struct Ground {
    pub(crate) topic: Topic,
    pub(crate) database: Database,
}

/// A worker that consumes.
pub(crate) struct Running {
    url: String,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), StartError>>,
}

impl Ground {
    pub(crate) async fn prepare(partitions: i32) -> Self {
        let (topic, database) = tokio::join!(Topic::create(partitions), Database::create());
        worker::migrate::run(&database.server()).await.unwrap();
        Self { topic, database }
    }

    /// Starts a worker in the consumer group that is named after the topic.
    pub(crate) async fn worker(&self) -> Running {
        self.worker_with(&[]).await
    }

    pub(crate) async fn worker_with(&self, overrides: &[(&str, &str)]) -> Running {
        let settings = [
            ("FAROL_MANAGEMENT_ADDR", "127.0.0.1:0".to_owned()),
            ("FAROL_KAFKA_BROKERS", testkit::kafka_brokers()),
            ("FAROL_KAFKA_TOPIC", self.topic.name().to_owned()),
            ("FAROL_KAFKA_GROUP", self.topic.name().to_owned()),
            ("FAROL_DATABASE_URL", self.database.url()),
        ];
        let overrides = overrides.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let settings: Vec<(&str, String)> = overrides.chain(settings).collect();
        let environment =
            Environment::new(|name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()));
        let worker = Worker::build(Config::read(environment).unwrap(), testkit::metrics()).await.unwrap();
        let url = format!("http://{}", worker.addr());
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(worker.run(async {
            drop(stopped.await);
            Ok(())
        }));
        Running { url, stop, ended }
    }

    /// Waits until the ledger says that so many offsets are decided.
    pub(crate) async fn decided(&self, offsets: i64) {
        eventually(&format!("{offsets} offsets are decided"), || async {
            let sum = "SELECT coalesce(sum(next_offset - start_offset), 0)::bigint FROM farol.ledger";
            (self.database.one::<i64>(sum, &[]).await == offsets).then_some(())
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
}

impl Running {
    /// Waits until `/ready` answers so.
    pub(crate) async fn answers_ready_with(&self, status: StatusCode, body: &str) {
        eventually(&format!("/ready answers {status} {body}"), || async {
            let response = reqwest::get(format!("{}/ready", self.url)).await.ok()?;
            let right = response.status() == status;
            (right && response.text().await.ok()?.contains(body)).then_some(())
        })
        .await;
    }

    pub(crate) async fn metrics(&self) -> String {
        reqwest::get(format!("{}/metrics", self.url)).await.unwrap().text().await.unwrap()
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(30), self.ended).await.unwrap().unwrap().unwrap();
    }
}
