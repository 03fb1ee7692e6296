//! The program `farol-gateway` as an operator meets it: starting, refusing to start, stopping.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::{Authority, Database, KeysFile, OtlpReceiver, TlsFront, Topic, eventually};

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
    let gateway = command(&topic, &database, &keys, port, &receiver.endpoint()).spawn().unwrap();
    let client = reqwest::Client::new();
    let url = ready(port).await;
    let trace_id = uuid::Uuid::new_v4().simple().to_string();
    let response = client
        .post(format!("{url}/v1/events"))
        .bearer_auth("farol_key")
        .header("traceparent", format!("00-{trace_id}-00f067aa0ba902b7-01"))
        .header("content-type", "application/cloudevents+json")
        .body(format!(r#"{{"specversion":"1.0","id":"{trace_id}","source":"/a","type":"t"}}"#))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);

    stop(gateway).await;
    let spans = receiver.trace(&trace_id, |spans| spans.len() >= 2).await;
    assert!(spans.iter().all(|span| span.resource("service.name") == Some("farol-gateway")));
    assert!(spans.iter().all(|span| span.resource("deployment.environment.name") == Some("test")));
}

#[tokio::test]
async fn a_request_that_is_refused_before_its_handler_has_a_span_that_says_what_it_asked() {
    let (topic, database, receiver) =
        (Topic::create(1).await, Database::create().await, OtlpReceiver::start());
    let keys = KeysFile::with(&[("farol_key", &["*"], &["write"])]);
    let port = testkit::closed_port();
    let gateway = command(&topic, &database, &keys, port, &receiver.endpoint()).spawn().unwrap();
    let url = ready(port).await;
    let too_long = format!("{url}/v1/events?{}", "x".repeat(9_000));
    let response = reqwest::Client::new().post(too_long).send().await.unwrap();
    assert_eq!(response.status(), 414);
    let trace_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();

    stop(gateway).await;
    let spans = receiver.trace(&trace_id, |spans| !spans.is_empty()).await;
    assert_eq!(spans.iter().map(|span| span.span.name.as_str()).collect::<Vec<_>>(), ["POST /v1/events"]);
}

#[tokio::test]
async fn no_key_digest_or_payload_is_in_logs_spans_errors_or_metrics() {
    let (topic, database, receiver) =
        (Topic::create(1).await, Database::create().await, OtlpReceiver::start());
    let keys = KeysFile::with(&[("farol_topsecretkey", &["*"], &["write", "read"])]);
    let port = testkit::closed_port();
    let log = std::env::temp_dir().join(format!("farol-log-{}", uuid::Uuid::new_v4()));
    let gateway = command(&topic, &database, &keys, port, &receiver.endpoint())
        .env("FAROL_LOG", "debug")
        .stdout(File::create(&log).unwrap())
        .stderr(File::options().append(true).open(&log).unwrap())
        .spawn()
        .unwrap();
    let url = ready(port).await;
    let client = reqwest::Client::new();
    let mut said = String::new();
    let send = |key: &'static str, body: String| {
        let request = client.post(format!("{url}/v1/events")).bearer_auth(key);
        request.header("content-type", "application/cloudevents+json").body(body).send()
    };
    let id = uuid::Uuid::new_v4();
    let event =
        |data: &str| format!(r#"{{"specversion":"1.0","id":"{id}","source":"/a","type":"t","data":{data}}}"#);
    for (key, body, status) in [
        ("farol_topsecretkey", event(r#"{"iban":"payloadmarker"}"#), 202),
        ("farol_topsecretkey", event(r#"{"iban":"payloadmarker\u0000"}"#), 422),
        ("farol_topsecretkey", event(r#"{"iban":"payloadmarker"#), 400),
        ("farol_unknownsecret", event(r#""payloadmarker""#), 401),
    ] {
        let response = send(key, body).await.unwrap();
        assert_eq!(response.status(), status);
        said += &response.text().await.unwrap();
    }
    said += &client.get(format!("{url}/metrics")).send().await.unwrap().text().await.unwrap();
    stop(gateway).await;
    said += &std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let spans = receiver.spans();
    assert!(spans.len() >= 5, "one of each request and one into Kafka, not {}", spans.len());
    said += &format!("{spans:?}");
    assert!(said.contains("gateway serves"), "the log was read");
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest("farol_topsecretkey"));
    for secret in ["topsecretkey", "unknownsecret", "payloadmarker", &digest] {
        let at = said.find(secret).map(|at| &said[said.floor_char_boundary(at.saturating_sub(200))..at]);
        assert_eq!(at, None, "{secret} leaked after this");
    }
}

#[test]
fn a_health_check_of_a_gateway_that_is_stopped_fails_and_says_where_it_asked() {
    let addr = format!("127.0.0.1:{}", testkit::closed_port());
    for (name, value) in [("FAROL_HTTP_ADDR", &*addr), ("FAROL_MANAGEMENT_ADDR", &*addr)] {
        let output = Command::new(PROGRAM).arg("healthcheck").env_clear().env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = format!("farol-gateway is not ready: http://{addr}/ready does not answer: ");
        assert!(said.starts_with(&expected), "{said}");
    }
}

#[tokio::test]
async fn a_health_check_of_a_gateway_that_serves_succeeds_on_whichever_listener() {
    let (topic, database, receiver) =
        (Topic::create(1).await, Database::create().await, OtlpReceiver::start());
    let keys = KeysFile::with(&[("farol_key", &["*"], &["write"])]);
    for split in [false, true] {
        let (port, management) = (testkit::closed_port(), testkit::closed_port());
        let mut command = command(&topic, &database, &keys, port, &receiver.endpoint());
        let mut check = Command::new(PROGRAM);
        check.arg("healthcheck").env_clear().env("FAROL_HTTP_ADDR", format!("127.0.0.1:{port}"));
        if split {
            command.env("FAROL_MANAGEMENT_ADDR", format!("127.0.0.1:{management}"));
            check.env("FAROL_MANAGEMENT_ADDR", format!("127.0.0.1:{management}"));
        }
        let gateway = command.spawn().unwrap();
        ready(if split { management } else { port }).await;
        let output = tokio::task::spawn_blocking(move || check.output()).await.unwrap().unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"ready\n"[..]), "{output:?}");
        stop(gateway).await;
    }
}

#[test]
fn help_and_version_answer_and_unknown_arguments_do_not() {
    for (argument, succeeds, said) in
        [("--help", true, "healthcheck"), ("--version", true, "farol-gateway 0."), ("start", false, "")]
    {
        let output = Command::new(PROGRAM).arg(argument).env_clear().output().unwrap();
        assert_eq!(output.status.success(), succeeds);
        assert!(String::from_utf8(output.stdout).unwrap().contains(said));
    }
}

/// The spans that a collector behind TLS gets from one request, if the gateway trusts `trusted`.
async fn spans_over_https(host: &str, signed_by: &Authority, trusted: &Authority) -> usize {
    let (topic, database, receiver) =
        (Topic::create(1).await, Database::create().await, OtlpReceiver::start());
    let keys = KeysFile::with(&[("farol_key", &["*"], &["write"])]);
    let front = TlsFront::start(receiver.endpoint().trim_start_matches("http://"), &signed_by.sign(host));
    let endpoint = format!("https://localhost:{}", front.port());
    let port = testkit::closed_port();
    let gateway = command(&topic, &database, &keys, port, &endpoint)
        .env("OTEL_EXPORTER_OTLP_CERTIFICATE", trusted.file())
        .spawn()
        .unwrap();
    let url = ready(port).await;
    assert_eq!(reqwest::get(format!("{url}/v1/events?source=/a")).await.unwrap().status(), 401);
    stop(gateway).await;
    receiver.spans().len()
}

#[tokio::test]
async fn spans_leave_by_https_for_a_collector_that_is_trusted_only() {
    let (authority, other) = (Authority::new(), Authority::new());
    assert!(spans_over_https("localhost", &authority, &authority).await > 0);
    assert_eq!(spans_over_https("localhost", &other, &authority).await, 0);
    assert_eq!(spans_over_https("127.0.0.1", &authority, &authority).await, 0);
}

#[test]
fn a_file_of_authorities_that_is_of_no_use_is_named_at_the_start() {
    let output = Command::new(PROGRAM)
        .env_clear()
        .envs([
            ("FAROL_KAFKA_BROKERS", "kafka.example:9092"),
            ("FAROL_KAFKA_CA_FILE", "/nonexistent/kafka.pem"),
            ("FAROL_DATABASE_URL", "postgres://farol:hidden@db.example/farol?sslmode=prefer"),
            ("FAROL_DATABASE_CA_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
            ("FAROL_REDIS_URL", "redis://:hidden@redis.example"),
            ("FAROL_REDIS_CA_FILE", "/nonexistent/redis.pem"),
            ("FAROL_AUTH", "off"),
        ])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    for name in ["FAROL_KAFKA_CA_FILE", "FAROL_DATABASE_CA_FILE", "FAROL_REDIS_CA_FILE"] {
        assert!(said.contains(name), "{name} is not named in:\n{said}");
    }
    assert!(!said.contains("hidden"), "{said}");
}

/// Its address, once it says that it is ready.
pub(crate) async fn ready(port: u16) -> String {
    let url = format!("http://127.0.0.1:{port}");
    eventually("the gateway is ready", || async {
        reqwest::get(format!("{url}/ready")).await.ok().filter(|r| r.status() == 200).map(drop)
    })
    .await;
    url
}

/// Asks it to end, and sees that it ends well.
pub(crate) async fn stop(mut gateway: Child) {
    kill(Pid::from_raw(i32::try_from(gateway.id()).unwrap()), Signal::SIGTERM).unwrap();
    let status = tokio::task::spawn_blocking(move || gateway.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
}

pub(crate) fn command(topic: &Topic, database: &Database, keys: &KeysFile, port: u16, otlp: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command
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
        .stdout(Stdio::null());
    command
}
