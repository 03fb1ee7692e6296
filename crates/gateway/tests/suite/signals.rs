//! What the gateway says about itself under strange requests, with telemetry switched off, and with a
//! collector that is no good.

use std::fs::File;
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::Value;
use testkit::{Database, KeysFile, OtlpReceiver, Page, Topic, eventually};

use crate::process::{command, ready, stop};
use crate::support::{json, silent_server, uuid};

pub(crate) const KEY: &str = "farol_key";
/// In every name and value that a client makes up.
const MADE_UP: &str = "zq9";
/// As docs/TELEMETRY.md states it.
const MOST_SERIES: usize = 3_000;

pub(crate) struct Ground {
    pub(crate) topic: Topic,
    database: Database,
    keys: KeysFile,
    pub(crate) port: u16,
    log: std::path::PathBuf,
}

impl Ground {
    pub(crate) async fn prepare() -> Self {
        let (topic, database) = tokio::join!(Topic::create(1), Database::create());
        let keys = KeysFile::with(&[(KEY, &["*"], &["write", "read", "admin"])]);
        let log = std::env::temp_dir().join(format!("farol-log-{}", uuid()));
        Self { topic, database, keys, port: testkit::closed_port(), log }
    }

    pub(crate) fn command(&self, otlp: &str) -> std::process::Command {
        let mut command = command(&self.topic, &self.database, &self.keys, self.port, otlp);
        command.stdout(File::create(&self.log).unwrap());
        command
    }

    /// The lines logged so far.
    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.log).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn line(&self, event_name: &str) -> Option<Value> {
        self.lines().into_iter().find(|line| line["event.name"] == event_name)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        std::fs::remove_file(&self.log).unwrap();
    }
}

/// One of each kind of strange request, other ones each time.
async fn strange_requests(client: &Client, url: &str) {
    let made_up = || format!("{MADE_UP}{}", uuid());
    let paths = [
        "/",
        "/v1/events",
        "/v1/event",
        "/v1/dead-letters",
        "/health",
        "/ready",
        "/version",
        "/docs",
        "/openapi.json",
    ];
    let strange =
        [format!("/{}", made_up()), format!("/v1/events/{}", made_up()), format!("/assets/{}", made_up())];
    for path in paths.iter().map(|path| (*path).to_owned()).chain(strange) {
        let brew = Method::from_bytes(made_up().to_uppercase().as_bytes()).unwrap();
        for method in
            [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, brew]
        {
            let request = client.request(method, format!("{url}{path}?{}={}", made_up(), made_up()));
            let request = request.header("user-agent", made_up()).header("traceparent", made_up());
            request.bearer_auth(KEY).send().await.unwrap();
        }
    }
    for content_type in [
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "text/plain",
        &format!("application/cloudevents+{MADE_UP}"),
    ] {
        for key in [KEY, MADE_UP] {
            for body in [
                format!(
                    r#"{{"specversion":"1.0","id":"{0}","source":"/{0}","type":"{0}","{1}":"{0}","traceparent":"{0}"}}"#,
                    made_up(),
                    made_up().replace('-', "").to_lowercase().get(..20).unwrap()
                ),
                format!(r#"{{"specversion":"{0}","id":"{0}"}}"#, made_up()),
                format!(
                    r#"[{{"specversion":"1.0","id":"{0}","source":"/{0}","type":"{0}"}},{{"{0}":1}}]"#,
                    made_up()
                ),
                made_up(),
            ] {
                let request = client.post(format!("{url}/v1/events")).bearer_auth(key);
                let request = request
                    .header("content-type", content_type)
                    .header("prefer", format!("handling=lenient, {}", made_up()));
                request.body(body).send().await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn strange_requests_make_no_series_of_their_own() {
    let ground = Ground::prepare().await;
    let gateway = ground.command("http://127.0.0.1:9").env("OTEL_SDK_DISABLED", "true").spawn().unwrap();
    let url = ready(ground.port).await;
    let client = Client::new();
    for _ in 0..3 {
        strange_requests(&client, &url).await;
    }
    let text = client.get(format!("{url}/metrics")).send().await.unwrap().text().await.unwrap();
    stop(gateway).await;
    let page = Page::read(&text);
    assert!(page.series() > 500, "only {} series: nothing happened", page.series());
    assert!(page.series() <= MOST_SERIES, "{} series", page.series());
    assert!(!text.to_lowercase().contains(MADE_UP), "something made up became a label");
    assert_eq!(page.surprises("gateway"), Default::default());
    assert!(!text.contains("farol_broken_trace_contexts_total 0\n"), "broken contexts are counted");
    testkit::promtool_accepts(&text);
}

#[tokio::test]
async fn a_gateway_shows_its_pool_its_runtimes_and_its_kafka_client() {
    let ground = Ground::prepare().await;
    let gateway = ground.command("http://127.0.0.1:9").env("OTEL_SDK_DISABLED", "true").spawn().unwrap();
    let url = ready(ground.port).await;
    let page = || async { reqwest::get(format!("{url}/metrics")).await.unwrap().text().await.unwrap() };
    eventually("the gauges are set", || async {
        let page = page().await;
        let all = [
            "db_client_connection_max{db_client_connection_pool_name=\"postgres\"} 8",
            "db_client_connection_timeouts_total{db_client_connection_pool_name=\"postgres\"} 0",
            "farol_kafka_queue_wait_seconds{quantile=\"0.99\"}",
            "farol_kafka_statistics_age_seconds",
            "farol_build_info{",
            "\nprocess_start_time_seconds ",
        ];
        all.iter().all(|line| page.contains(line)).then_some(())
    })
    .await;
    let value = |page: &str, name: &str| -> f64 {
        let line = page.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let before = page().await;
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(value(&before, "tokio_workers ") > cores as f64, "those of the HTTP server count too");
    assert!(value(&before, "tokio_alive_tasks ") > 0.0);
    eventually("busy time grows", || async {
        (value(&page().await, "tokio_busy_seconds_total ") > value(&before, "tokio_busy_seconds_total "))
            .then_some(())
    })
    .await;
    stop(gateway).await;
}

#[tokio::test]
async fn with_telemetry_switched_off_no_span_is_sent_and_lines_and_metrics_stay() {
    let (ground, receiver) = (Ground::prepare().await, OtlpReceiver::start());
    let gateway = ground.command(&receiver.endpoint()).env("OTEL_SDK_DISABLED", "true").spawn().unwrap();
    let url = ready(ground.port).await;
    let client = Client::new();
    let body = format!(r#"{{"specversion":"1.0","id":"{}","source":"/a","type":"t"}}"#, uuid());
    let request = client.post(format!("{url}/v1/events")).bearer_auth(KEY).body(body);
    let response = request.header("content-type", "application/cloudevents+json").send().await.unwrap();
    assert_eq!(response.status(), 202);
    assert!(response.headers().get("x-request-id").is_none(), "there is no trace that it could name");
    assert_eq!(json(response).await.get("traceId"), None);
    let page = client.get(format!("{url}/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("farol_events_total{outcome=\"accepted\",reason=\"\"} 1"), "{page}");
    stop(gateway).await;
    assert!(ground.line("gateway_started").is_some() && ground.line("gateway_drained").is_some());
    assert!(receiver.spans().is_empty(), "{:?}", receiver.spans());
}

#[tokio::test]
async fn a_collector_that_answers_nothing_holds_the_end_up_no_longer_than_its_budget() {
    let ground = Ground::prepare().await;
    let collector = format!("http://{}", silent_server());
    let gateway = ground.command(&collector).env("FAROL_FLUSH_TIMEOUT", "1s").spawn().unwrap();
    let url = ready(ground.port).await;
    // Ends in 401, with a span.
    reqwest::Client::new().post(format!("{url}/v1/events")).send().await.unwrap();
    let began = Instant::now();
    stop(gateway).await;
    // The exporter alone would wait for ten.
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    assert_eq!(ground.line("spans_not_flushed").unwrap()["level"], "WARN");
}

#[tokio::test]
async fn a_line_and_the_trace_it_was_written_in_lead_to_each_other() {
    let (ground, receiver) = (Ground::prepare().await, OtlpReceiver::start());
    let away = format!("postgres://farol:x@127.0.0.1:{}/farol", testkit::closed_port());
    let gateway = ground.command(&receiver.endpoint()).env("FAROL_DATABASE_URL", away).spawn().unwrap();
    let url = ready(ground.port).await;
    let request = Client::new().get(format!("{url}/v1/event?source=/a&id={}", uuid())).bearer_auth(KEY);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 503);
    let trace_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(json(response).await["traceId"], trace_id.as_str());
    stop(gateway).await;
    let line = ground.line("look_up_failed").unwrap();
    assert_eq!(line["trace_id"], trace_id.as_str());
    assert_eq!(line["level"], "WARN");
    let spans = receiver.trace(&trace_id, |spans| spans.len() >= 2).await;
    let ids: Vec<String> = spans.iter().map(|seen| hex::encode(&seen.span.span_id)).collect();
    assert!(ids.iter().any(|id| line["span_id"] == id.as_str()), "{line} is of none of {ids:?}");
}

#[tokio::test]
async fn a_look_up_that_postgresql_refuses_is_logged_in_its_words() {
    let ground = Ground::prepare().await;
    // Its database has no tables.
    let gateway = ground.command(&format!("http://{}", silent_server())).spawn().unwrap();
    let url = ready(ground.port).await;
    let request = Client::new().get(format!("{url}/v1/event?source=/a&id={}", uuid())).bearer_auth(KEY);
    assert_eq!(request.send().await.unwrap().status(), 503);
    stop(gateway).await;
    let line = ground.line("look_up_failed").unwrap();
    assert!(line["error"].as_str().unwrap().ends_with("does not exist"), "{line}");
}
