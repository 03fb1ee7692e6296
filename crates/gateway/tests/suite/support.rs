//! A gateway of a test's own, on a free port, beside real servers.

use std::time::Duration;

use gateway::{Config, Gateway, StartError};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use service::Environment;
use testkit::{Database, KeysFile, Topic};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const WRITER: &str = "farol_writer";
pub(crate) const READER: &str = "farol_reader";
pub(crate) const AIRPORT: &str = "farol_airport";

/// A gateway that serves, and what it stands on.
pub(crate) struct Running {
    pub(crate) topic: Topic,
    pub(crate) client: Client,
    url: String,
    management_url: Option<String>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), StartError>>,
    pub(crate) keys: KeysFile,
    _stands_on: Database,
}

/// A gateway that is built but does not serve yet; `overrides` replace settings.
pub(crate) async fn build(
    overrides: &[(&str, String)],
) -> Result<(Gateway, Topic, (Database, KeysFile)), StartError> {
    let (topic, database) = tokio::join!(Topic::create(3), Database::create());
    let keys = KeysFile::with(&[
        (WRITER, &["*"], &["write"]),
        (READER, &["*"], &["read"]),
        (AIRPORT, &["/nyc"], &["write", "read"]),
    ]);
    let settings = [
        ("FAROL_HTTP_ADDR", "127.0.0.1:0".to_owned()),
        ("FAROL_KAFKA_BROKERS", testkit::kafka_brokers()),
        ("FAROL_KAFKA_TOPIC", topic.name().to_owned()),
        ("FAROL_DATABASE_URL", database.url()),
        ("FAROL_REDIS_URL", testkit::redis_url()),
        ("FAROL_KEYS_FILE", keys.path().display().to_string()),
        ("FAROL_SHUTDOWN_WAIT", "0s".to_owned()),
        ("FAROL_DEV", "1".to_owned()),
    ];
    let settings: Vec<(String, String)> =
        overrides.iter().chain(&settings).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let environment = Environment::new(move |name| {
        settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    });
    let gateway = Gateway::build(Config::read(environment).unwrap(), testkit::metrics()).await?;
    Ok((gateway, topic, (database, keys)))
}

/// Starts a gateway; `overrides` replace settings.
pub(crate) async fn start(overrides: &[(&str, String)]) -> Running {
    let (gateway, topic, stands_on) = build(overrides).await.unwrap();
    let url = format!("http://{}", gateway.addr());
    let management_url = gateway.management_addr().map(|addr| format!("http://{addr}"));
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(gateway.run(async {
        drop(stopped.await);
        Ok(())
    }));
    let (database, keys) = stands_on;
    Running { topic, client: Client::new(), url, management_url, stop, ended, keys, _stands_on: database }
}

impl Running {
    pub(crate) fn post(&self, key: &str, event: &Value) -> RequestBuilder {
        self.post_bytes(event.to_string()).bearer_auth(key)
    }

    /// A POST in structured mode without a key.
    pub(crate) fn post_bytes(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let request = self.client.post(format!("{}/v1/events", self.url));
        request.header("content-type", "application/cloudevents+json").body(body)
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(reqwest::Method::GET, path)
    }

    /// A GET at the management endpoints, wherever they are.
    pub(crate) fn manage(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.management_url.as_ref().unwrap_or(&self.url)))
    }

    /// Where clients reach it, as `host:port`.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Tells it to stop and waits until it did.
    pub(crate) async fn stop(self) -> Result<(), StartError> {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(30), self.ended).await.unwrap().unwrap()
    }
}

/// An address that takes connections and never says a word, as a frozen server does.
pub(crate) fn silent_server() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // Ends with the test's process.
    std::thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    address
}

/// An event that nobody sent before.
pub(crate) fn event() -> Value {
    serde_json::json!({
        "specversion": "1.0",
        "id": uuid(),
        "source": "/nyc/JFK",
        "type": "aero.flight.departed",
        "data": { "carrier": "B6", "delay": 2 },
    })
}

pub(crate) fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Status and JSON body.
pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), json(response).await)
}

pub(crate) async fn json(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}
