//! A gateway without a worker: what the worker would write is written by the test.

use gateway::Gateway;
use reqwest::RequestBuilder;
use serde_json::Value;
use service::Environment;
use testkit::{Database, KeysFile, Topic};

pub(crate) const KEY: &str = "farol_all";
pub(crate) const AIRPORT: &str = "farol_airport";

/// A gateway that serves, and what it stands on.
pub(crate) struct Running {
    pub(crate) database: Database,
    pub(crate) topic: Topic,
    pub(crate) url: String,
    client: reqwest::Client,
    _keys: KeysFile,
}

/// Starts it; `overrides` replace settings.
pub(crate) async fn start(overrides: &[(&str, String)]) -> Running {
    let (topic, database) = tokio::join!(Topic::create(1), Database::create());
    worker::migrate::run(&database.server()).await.unwrap();
    let keys = KeysFile::with(&[(KEY, &["*"], &["write", "read"]), (AIRPORT, &["/nyc"], &["read"])]);
    let settings = [
        ("FAROL_HTTP_ADDR", "127.0.0.1:0".to_owned()),
        ("FAROL_KAFKA_BROKERS", testkit::kafka_brokers()),
        ("FAROL_KAFKA_TOPIC", topic.name().to_owned()),
        ("FAROL_DATABASE_URL", database.url()),
        ("FAROL_REDIS_URL", testkit::redis_url()),
        ("FAROL_KEYS_FILE", keys.path().display().to_string()),
        ("FAROL_DEV", "1".to_owned()),
    ];
    let settings: Vec<(String, String)> =
        overrides.iter().chain(&settings).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let environment =
        Environment::new(move |name| settings.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()));
    let config = gateway::Config::read(environment).unwrap();
    let gateway = Gateway::build(config, testkit::metrics()).await.unwrap();
    let url = format!("http://{}", gateway.addr());
    tokio::spawn(gateway.run(std::future::pending()));
    Running { database, topic, url, client: reqwest::Client::new(), _keys: keys }
}

impl Running {
    pub(crate) fn get(&self, key: &str, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url)).query(query).bearer_auth(key)
    }

    pub(crate) async fn find(&self, query: &[(&str, &str)]) -> (u16, Value) {
        answer(self.get(KEY, "/v1/event", query)).await
    }

    pub(crate) async fn list(&self, query: &[(&str, &str)]) -> (u16, Value) {
        answer(self.get(KEY, "/v1/events", query)).await
    }

    /// Sends an event and gives its receipt.
    pub(crate) async fn send(&self, event: &Value) -> Value {
        let request = self.client.post(format!("{}/v1/events", self.url)).bearer_auth(KEY);
        let request = request.header("content-type", "application/cloudevents+json").body(event.to_string());
        let (status, receipt) = answer(request).await;
        assert_eq!(status, 202, "{receipt}");
        receipt
    }
}

/// Status and JSON body.
pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

/// The key of (source, id), as it is in the database.
pub(crate) fn key_of(source: &str, id: &str) -> uuid::Uuid {
    event::EventKey::of(&source.parse().unwrap(), &id.parse().unwrap()).as_uuid()
}

/// Statements that store `count` events of a source in the open transaction.
pub(crate) fn insert(source: &str, event_type: &str, first: usize, count: usize) -> String {
    let rows: Vec<String> = (0..count)
        .map(|n| {
            let id = (first + n).to_string();
            let key = key_of(source, &id);
            format!("('{key}', pg_current_xact_id()::text::bigint, {n}, '{source}', '{id}', '{event_type}')")
        })
        .collect();
    format!(
        "INSERT INTO farol.events (key, tx, n, source, id, type, \"offset\", partition, topic, digest_version, digest)
         SELECT key::uuid, tx, n, source, id, type, n, 0, 't', 1, sha256(key::bytea)
         FROM (VALUES {}) AS v (key, tx, n, source, id, type);",
        rows.join(",")
    )
}
