//! A gateway and a worker on real servers, which run in the test's process until it ends.

use gateway::Gateway;
use service::Environment;
use telemetry::MetricsPage;
use testkit::{Database, KeysFile, Topic};
use worker::Worker;

/// The key of whoever writes, reads and looks after dead letters.
pub(crate) const KEY: &str = "farol_key";

/// Where they are, and what they stand on.
pub(crate) struct Whole {
    pub(crate) url: String,
    pub(crate) topic: Topic,
    pub(crate) database: Database,
    pub(crate) keys: KeysFile,
}

pub(crate) async fn start(partitions: i32, metrics: MetricsPage) -> Whole {
    let (topic, database) = tokio::join!(Topic::create(partitions), Database::create());
    worker::migrate::run(&database.server()).await.unwrap();
    let keys = KeysFile::with(&[(KEY, &["*"], &["write", "read", "admin"])]);
    let settings = [
        ("FAROL_HTTP_ADDR", "127.0.0.1:0".to_owned()),
        ("FAROL_MANAGEMENT_ADDR", "127.0.0.1:0".to_owned()),
        ("FAROL_KAFKA_BROKERS", testkit::kafka_brokers()),
        ("FAROL_KAFKA_TOPIC", topic.name().to_owned()),
        ("FAROL_KAFKA_GROUP", topic.name().to_owned()),
        ("FAROL_DATABASE_URL", database.url()),
        ("FAROL_REDIS_URL", testkit::redis_url()),
        ("FAROL_KEYS_FILE", keys.path().display().to_string()),
    ];
    let environment = || {
        let settings = settings.clone();
        Environment::new(move |name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()))
    };
    let config = gateway::Config::read(environment()).unwrap();
    let gateway = Gateway::build(config, metrics.clone()).await.unwrap();
    let worker = Worker::build(worker::Config::read(environment()).unwrap(), metrics).await.unwrap();
    let url = format!("http://{}", gateway.addr());
    tokio::spawn(gateway.run(std::future::pending()));
    tokio::spawn(worker.run(std::future::pending()));
    Whole { url, topic, database, keys }
}
