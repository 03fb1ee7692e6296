//! The program `farol-gateway` as an operator meets it: starting, refusing to start, stopping.

use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::{Database, KeysFile, OtlpReceiver, Topic, eventually};

const PROGRAM: &str = env!("CARGO_BIN_EXE_farol-gateway");

#[test]
fn a_start_with_wrong_settings_names_them_all_and_fails() {
    let output = Command::new(PROGRAM).env_clear().env("FAROL_BODY_TIMEOUT", "soon").output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    for name in [
        "FAROL_KAFKA_BROKERS",
        "FAROL_DATABASE_URL",
        "FAROL_REDIS_URL",
        "FAROL_KEYS_FILE",
        "FAROL_BODY_TIMEOUT",
    ] {
        assert!(said.contains(name), "{name} is not named in:\n{said}");
    }
}

#[tokio::test]
async fn sigterm_ends_it_with_success_and_with_every_span_sent() {
    let (topic, database, receiver) =
        (Topic::create(1).await, Database::create().await, OtlpReceiver::start());
    let keys = KeysFile::with(&[("farol_key", &["*"], &["write"])]);
    let port = testkit::closed_port();
    let mut gateway = spawn(&topic, &database, &keys, port, &receiver.endpoint());
    let client = reqwest::Client::new();
    let url = format!("http://127.0.0.1:{port}");
    eventually("the gateway is ready", || async {
        client.get(format!("{url}/ready")).send().await.ok().filter(|r| r.status() == 200).map(drop)
    })
    .await;
    let trace_id = uuid::Uuid::new_v4().simple().to_string();
    let response = client
        .post(format!("{url}/v1/events"))
        .bearer_auth("farol_key")
        .header("traceparent", format!("00-{trace_id}-00f067aa0ba902b7-01"))
        .header("content-type", "application/cloudevents+json")
        .body(r#"{"specversion":"1.0","id":"1","source":"/a","type":"t"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);

    kill(Pid::from_raw(i32::try_from(gateway.id()).unwrap()), Signal::SIGTERM).unwrap();
    let status = tokio::task::spawn_blocking(move || gateway.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    let spans = receiver.trace(&trace_id, |spans| spans.len() >= 2).await;
    assert!(spans.iter().all(|span| span.resource("service.name") == Some("farol-gateway")));
    assert!(spans.iter().all(|span| span.resource("deployment.environment.name") == Some("test")));
}

fn spawn(topic: &Topic, database: &Database, keys: &KeysFile, port: u16, otlp: &str) -> Child {
    Command::new(PROGRAM)
        .env("FAROL_HTTP_ADDR", format!("127.0.0.1:{port}"))
        .env("FAROL_KAFKA_BROKERS", testkit::kafka_brokers())
        .env("FAROL_KAFKA_TOPIC", topic.name())
        .env("FAROL_DATABASE_URL", database.url())
        .env("FAROL_REDIS_URL", testkit::redis_url())
        .env("FAROL_KEYS_FILE", keys.path())
        .env("FAROL_SHUTDOWN_WAIT", "0s")
        .env("FAROL_DEV", "1")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp)
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}
