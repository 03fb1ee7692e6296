//! Redis killed, frozen and restarted while clients post: they must not notice.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::Value;
use testkit::{Database, KeysFile, RedisServer, Topic, eventually};
use tokio::task::JoinSet;

use crate::redis::repeats_are_recognised;
use crate::support::{WRITER, answer, event};

#[tokio::test]
async fn redis_killed_frozen_and_restarted_under_load_changes_no_answer() {
    let mut redis = RedisServer::start();
    let gateway = Process::start(&redis).await;
    repeats_are_recognised(async |event| gateway.post(event).await).await;
    let load = Load::start(&gateway);
    load.goes_on().await;

    redis.kill();
    gateway.breaker_stands_at("2").await;
    load.goes_on().await;
    redis.restart();
    gateway.breaker_stands_at("0").await;
    repeats_are_recognised(async |event| gateway.post(event).await).await;

    redis.freeze();
    gateway.breaker_stands_at("2").await;
    load.goes_on().await;
    redis.thaw();
    gateway.breaker_stands_at("0").await;
    repeats_are_recognised(async |event| gateway.post(event).await).await;

    redis.freeze();
    gateway.breaker_stands_at("2").await;
    redis.restart();
    gateway.breaker_stands_at("0").await;
    repeats_are_recognised(async |event| gateway.post(event).await).await;

    load.stop().await;
    let page = gateway.metrics().await;
    for line in [
        "farol_redis_skipped_total{db_operation_name=\"EVALSHA\"}",
        "farol_receipt_cache_total{operation=\"find\",result=\"unavailable\"}",
        "farol_receipt_cache_total{operation=\"keep\",result=\"written\"}",
        "db_client_operation_duration_seconds_count{db_system_name=\"redis\",db_operation_name=\"EVALSHA\",error_type=\"\"}",
        "db_client_operation_duration_seconds_count{db_system_name=\"redis\",db_operation_name=\"EVALSHA\",error_type=\"timeout\"}",
        "db_client_operation_duration_seconds_count{db_system_name=\"redis\",db_operation_name=\"BATCH SET\",error_type=\"\"}",
    ] {
        assert!(page.contains(line), "{line} is not in:\n{page}");
    }
}

/// A gateway in a process of its own, since all of one process share their metrics.
struct Process {
    child: Child,
    client: Client,
    url: String,
    _stands_on: (Topic, Database, KeysFile),
}

impl Process {
    async fn start(redis: &RedisServer) -> Self {
        let (topic, database) = tokio::join!(Topic::create(3), Database::create());
        let keys = KeysFile::with(&[(WRITER, &["*"], &["write"])]);
        let address = format!("127.0.0.1:{}", testkit::closed_port());
        let child = Command::new(env!("CARGO_BIN_EXE_farol-gateway"))
            .env("FAROL_HTTP_ADDR", &address)
            .env("FAROL_KAFKA_BROKERS", testkit::kafka_brokers())
            .env("FAROL_KAFKA_TOPIC", topic.name())
            .env("FAROL_DATABASE_URL", database.url())
            .env("FAROL_REDIS_URL", redis.url())
            .env("FAROL_KEYS_FILE", keys.path())
            .env("FAROL_DEV", "1")
            .env("OTEL_SDK_DISABLED", "true")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (client, url) = (Client::new(), format!("http://{address}"));
        let gateway = Self { child, client, url, _stands_on: (topic, database, keys) };
        eventually("the gateway serves", || gateway.page()).await;
        gateway
    }

    async fn post(&self, event: &Value) -> (StatusCode, Value) {
        post(&self.client, &self.url, event).await
    }

    async fn page(&self) -> Option<String> {
        self.client.get(format!("{}/metrics", self.url)).send().await.ok()?.text().await.ok()
    }

    async fn metrics(&self) -> String {
        self.page().await.unwrap()
    }

    async fn breaker_stands_at(&self, position: &str) {
        let line = format!("\nfarol_redis_breaker_state {position}\n");
        eventually(&line, || async { self.metrics().await.contains(&line).then_some(()) }).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn post(client: &Client, url: &str, event: &Value) -> (StatusCode, Value) {
    let request = client.post(format!("{url}/v1/events")).bearer_auth(WRITER);
    answer(request.header("content-type", "application/cloudevents+json").body(event.to_string())).await
}

/// Clients that post one event after the other, each of which must be accepted in time.
struct Load {
    clients: JoinSet<()>,
    accepted: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Load {
    const CLIENTS: usize = 8;
    const IN_TIME: Duration = Duration::from_secs(2);

    fn start(gateway: &Process) -> Self {
        let (accepted, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut clients = JoinSet::new();
        for _ in 0..Self::CLIENTS {
            let (client, url) = (gateway.client.clone(), gateway.url.clone());
            let (accepted, stop) = (Arc::clone(&accepted), Arc::clone(&stop));
            clients.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let (status, body) = post(&client, &url, &event()).await;
                    assert_eq!(status, 202, "{body}");
                    assert!(began.elapsed() < Self::IN_TIME, "{:?}", began.elapsed());
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self { clients, accepted, stop }
    }

    /// Waits until many more events were accepted.
    async fn goes_on(&self) {
        let before = self.accepted.load(Ordering::Relaxed);
        eventually("events are accepted", || async {
            (self.accepted.load(Ordering::Relaxed) > before + 200).then_some(())
        })
        .await;
    }

    async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
    }
}
