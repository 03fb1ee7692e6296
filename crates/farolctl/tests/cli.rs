//! The binary as a user runs it, against a gateway that keeps what it is given: exit codes,
//! JSON on standard output, advice on standard error.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod stub_gateway;

use std::{
    process::{Command, Output},
    sync::atomic::Ordering,
};

use serde_json::{Value, json};
use stub_gateway::{KEY, StubGateway};
use testkit::{Authority, TlsFront};

const FLIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/flights.csv");

async fn farolctl(gateway: &StubGateway, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farolctl"));
    command.args(arguments).env("FAROL_GATEWAY_URL", &gateway.url).env("FAROL_KEY", KEY);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn stdout(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[actix_web::test]
async fn send_prints_the_receipt_and_starts_a_sampled_trace() {
    let gateway = StubGateway::start().await;
    let arguments = ["--output", "json", "send", "--source", "/shop", "--type", "order.placed", "--id", "7"];
    let output = farolctl(&gateway, &arguments).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let expected = json!({"id": "7", "source": "/shop", "topic": "farol.events", "partition": 0,
        "offset": 0, "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "repeat": false});
    assert_eq!(stdout(&output), expected);
    let traceparents = gateway.state.traceparents.lock().unwrap();
    assert!(traceparents.len() == 1 && traceparents[0].ends_with("-01"), "{traceparents:?}");
}

#[actix_web::test]
async fn an_event_that_was_sent_can_be_asked_for() {
    let gateway = StubGateway::start().await;
    farolctl(&gateway, &["send", "--source", "/shop", "--type", "t", "--id", "a b", "--data", "1.10"]).await;
    let output = farolctl(&gateway, &["event", "/shop", "a b"]).await;
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"status\": \"stored\""), "{output:?}");
    let output = farolctl(&gateway, &["event", "/shop", "other"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("not-stored-yet"), "{output:?}");
}

#[actix_web::test]
async fn a_refusal_is_exit_code_1_with_type_and_place() {
    let gateway = StubGateway::start().await;
    let file = format!("{}/empty-event.json", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, "{}").unwrap();
    let output = farolctl(&gateway, &["send", "--file", &file]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = stderr(&output);
    assert!(said.contains("400 malformed") && said.contains("pointer /source"), "{said}");
}

#[actix_web::test]
async fn a_key_that_is_not_taken_ends_a_replay_at_once() {
    let gateway = StubGateway::start().await;
    let output = farolctl(&gateway, &["replay", "flights", "--csv", FLIGHTS, "--key", "farol_other"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("FAROL_KEY"), "{output:?}");
}

#[actix_web::test]
async fn wrong_use_is_exit_code_2() {
    let gateway = StubGateway::start().await;
    for arguments in [
        &["send"][..],
        &["send", "--source", "/s"],
        &["send", "--source", "/s", "--type", "t", "--data", "{", "--id", "1"],
        &["replay", "flights", "--day", "2014-01-01"],
        &["replay", "flights", "--day", "yesterday"],
        &["replay", "flights", "--rate", "0"],
        &["trace", "abc"],
        &["ledger", "--database-url", ""],
        &["send", "--file", "/nonexistent/event.json"],
    ] {
        // an empty standard input is an empty event, which is for the gateway to refuse
        let expected = if arguments == ["send"] { 1 } else { 2 };
        let output = farolctl(&gateway, arguments).await;
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {output:?}");
    }
}

#[actix_web::test]
async fn a_replay_sends_each_flight_once_and_again_as_repeats() {
    let gateway = StubGateway::start().await;
    gateway.state.busy.store(5, Ordering::SeqCst);
    let arguments = ["--output", "json", "replay", "flights", "--csv", FLIGHTS];
    let first = stdout(&farolctl(&gateway, &arguments).await);
    assert_eq!((&first["sent"], &first["accepted"], &first["repeats"]), (&json!(14), &json!(14), &json!(0)));
    assert_eq!(first["retries"], json!(5));
    assert_eq!(first["refused"], json!({}));
    let second = stdout(&farolctl(&gateway, &arguments).await);
    assert_eq!((&second["accepted"], &second["repeats"]), (&json!(0), &json!(14)));
    assert_eq!(gateway.state.events.lock().unwrap().len(), 14);
}

#[actix_web::test]
async fn a_replay_keeps_its_rate() {
    let gateway = StubGateway::start().await;
    let arguments =
        ["--output", "json", "replay", "flights", "--csv", FLIGHTS, "--day", "2013-01-01", "--rate", "10"];
    let report = stdout(&farolctl(&gateway, &arguments).await);
    let seconds = report["seconds"].as_f64().unwrap();
    assert!(seconds >= 0.3 && report["sent"] == 4, "{report}");
}

#[actix_web::test]
async fn a_gateway_that_stays_busy_fails_the_replay_by_type() {
    let gateway = StubGateway::start().await;
    gateway.state.busy.store(1_000, Ordering::SeqCst);
    let arguments =
        ["--output", "json", "replay", "flights", "--csv", FLIGHTS, "--day", "2013-01-01", "--attempts", "2"];
    let output = farolctl(&gateway, &arguments).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output)["refused"], json!({"https://farol.example/problems/busy": 4}));
}

#[actix_web::test]
async fn no_gateway_is_said_with_its_address() {
    let gateway = StubGateway::start().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let arguments =
        ["send", "--source", "/s", "--type", "t", "--attempts", "1", "--gateway-url", url.as_str()];
    let output = farolctl(&gateway, &arguments).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&url) && stderr(&output).contains("make up"), "{output:?}");
}

/// Sends an event to the gateway at `url`, trusting nobody but `trusted`.
async fn send_by_https(url: String, trusted: &Authority) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farolctl"));
    command
        .args(["send", "--source", "/s", "--type", "t", "--attempts", "1"])
        .envs([("FAROL_GATEWAY_URL", url.as_str()), ("FAROL_KEY", KEY)])
        .env("FAROL_CA_FILE", trusted.file());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[actix_web::test]
async fn a_gateway_behind_tls_gets_key_and_event_only_if_it_is_trusted() {
    let (gateway, authority, other) = (StubGateway::start().await, Authority::new(), Authority::new());
    let front = TlsFront::start(gateway.url.trim_start_matches("http://"), &authority.sign("localhost"));
    let sent = send_by_https(format!("https://localhost:{}", front.port()), &authority).await;
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
    let plain = gateway.url.replace("http://", "https://");
    for (url, trusted) in [
        (format!("https://localhost:{}", front.port()), &other),
        (format!("https://127.0.0.1:{}", front.port()), &authority),
        (plain, &authority),
    ] {
        let refused = send_by_https(url, trusted).await;
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(stderr(&refused).contains("FAROL_CA_FILE") && !stderr(&refused).contains(KEY), "{refused:?}");
    }
    assert_eq!(gateway.state.events.lock().unwrap().len(), 1);
}

#[actix_web::test]
async fn an_address_of_another_protocol_is_wrong_use() {
    let gateway = StubGateway::start().await;
    let output =
        farolctl(&gateway, &["send", "--source", "/s", "--type", "t", "--gateway-url", "ftp://gateway"])
            .await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).contains("https://"), "{output:?}");
}

#[test]
fn how_kafka_is_reached_is_read_from_the_variables_of_the_services() {
    let output = Command::new(env!("CARGO_BIN_EXE_farolctl"))
        .args(["dlq", "redrive", "--all", "--kafka-brokers", "kafka.example:9092"])
        .env("FAROL_KAFKA_SECURITY_PROTOCOL", "sasl_ssl")
        .env("FAROL_KAFKA_CA_FILE", "/nonexistent/kafka.pem")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).contains("FAROL_KAFKA_CA_FILE"), "{output:?}");
}

#[actix_web::test]
async fn load_offers_its_rate_and_tells_what_became_of_it() {
    let gateway = StubGateway::start().await;
    let arguments = ["--output", "json", "load", "--csv", FLIGHTS, "--steps", "50,100", "--for", "1s"];
    let output = farolctl(&gateway, &[&arguments[..], &["--invalid", "20%"]].concat()).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = stdout(&output);
    let steps = report["steps"].as_array().unwrap();
    assert_eq!((&steps[0]["offered"], &steps[1]["offered"]), (&json!(50), &json!(100)));
    for step in steps {
        let of = |value: &Value| value.as_u64().unwrap_or_default();
        assert_eq!(of(&step["accepted"]) + of(&step["refused"]["400"]), of(&step["offered"]), "{step}");
        assert!(step["p99Ms"].as_f64().unwrap() >= step["p50Ms"].as_f64().unwrap(), "{step}");
    }
    let accepted: u64 = steps.iter().map(|step| step["accepted"].as_u64().unwrap()).sum();
    assert_eq!(gateway.state.events.lock().unwrap().len() as u64, accepted, "every event is a new one");
}

#[actix_web::test]
async fn load_goes_to_this_machine_unless_it_is_said_by_name() {
    let gateway = StubGateway::start().await;
    let arguments = ["load", "--csv", FLIGHTS, "--rate", "10", "--for", "1s"];
    let elsewhere = ["--gateway-url", "http://farol.invalid"];
    let output = farolctl(&gateway, &[&arguments[..], &elsewhere].concat()).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).contains("--target-is-agreed"), "{output:?}");
    let output = farolctl(&gateway, &[&arguments[..], &elsewhere, &["--target-is-agreed"]].concat()).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stderr(&output).contains("not one event was accepted"), "{output:?}");
}

#[actix_web::test]
async fn a_load_that_is_interrupted_tells_what_it_did_so_far() {
    let gateway = StubGateway::start().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_farolctl"));
    command.env("FAROL_GATEWAY_URL", &gateway.url).env("FAROL_KEY", KEY);
    command.args(["--output", "json", "load", "--csv", FLIGHTS, "--rate", "50", "--for", "10m"]);
    let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    testkit::eventually("some of it has come", || async {
        (gateway.state.events.lock().unwrap().len() > 5).then_some(())
    })
    .await;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = stdout(&output);
    assert_eq!(report["interrupted"], true);
    let accepted = report["steps"][0]["accepted"].as_u64().unwrap();
    assert_eq!(gateway.state.events.lock().unwrap().len() as u64, accepted, "no answer was left behind");
}
