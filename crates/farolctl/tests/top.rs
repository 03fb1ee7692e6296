//! `farolctl top` and `farolctl picture` as a user runs them, against a real Prometheus that holds known series.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod terminal;

use std::{
    fmt::Write as _,
    path::PathBuf,
    process::{Command, Output},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use terminal::Script;
use testkit::{PrometheusServer, closed_port};

/// A series, and its value after that many events.
type Samples<'a> = (&'a str, fn(u64) -> u64);

/// Five minutes of a gateway that accepts 100 events a second in 5 to 10 ms and refuses none, and of a worker that stores them
/// while 42 wait. Look-ups stand still, so their rates are 0 and a quantile of them is NaN.
fn samples() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let times: Vec<(u64, u64)> = (0..=70).map(|step| (now - 300 + step * 5, step * 500)).collect();
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, series: &[Samples]| {
        writeln!(text, "# TYPE {name} {kind}").unwrap();
        for (labels, value) in series {
            for (time, count) in &times {
                writeln!(text, "{labels} {} {time}", value(*count)).unwrap();
            }
        }
    };
    let route = r#"job="gateway",instance="g:1",http_request_method="POST",http_route="/v1/events",http_response_status_code="202""#;
    let duration = "http_server_request_duration_seconds";
    let bucket = |bound: &str| format!(r#"{duration}_bucket{{{route},le="{bound}"}}"#);
    family(
        "farol_events",
        "counter",
        &[(r#"farol_events_total{job="gateway",instance="g:1",outcome="accepted"}"#, |n| n)],
    );
    family(
        "farol_records",
        "counter",
        &[(r#"farol_records_total{job="worker",instance="w:1",outcome="stored"}"#, |n| n)],
    );
    family(
        "farol_consumer_lag_records",
        "gauge",
        &[(r#"farol_consumer_lag_records{job="worker",instance="w:1",partition="0"}"#, |_| 42)],
    );
    family(
        duration,
        "histogram",
        &[
            (&bucket("0.005"), |_| 0),
            (&bucket("0.01"), |n| n),
            (&bucket("+Inf"), |n| n),
            (&format!("{duration}_count{{{route}}}"), |n| n),
            (&format!("{duration}_sum{{{route}}}"), |n| n / 100),
        ],
    );
    family(
        "messaging_client_operation_duration_seconds",
        "histogram",
        &[
            (
                r#"messaging_client_operation_duration_seconds_bucket{job="gateway",instance="g:1",messaging_operation_name="send",le="0.1"}"#,
                |_| 7,
            ),
            (
                r#"messaging_client_operation_duration_seconds_bucket{job="gateway",instance="g:1",messaging_operation_name="send",le="+Inf"}"#,
                |_| 7,
            ),
        ],
    );
    let alert = r#"ALERTS{alertname="TargetDown",alertstate="firing",severity="critical",job="kafka"}"#;
    family("ALERTS", "gauge", &[(alert, |_| 1)]);
    text
}

fn farolctl(prometheus: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farolctl"));
    command.args(arguments).env("FAROL_PROMETHEUS_URL", prometheus).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The value of a line in the JSON of `top --once`.
fn value<'a>(top: &'a Value, panel: &str, name: &str) -> &'a Value {
    let sections = top["sections"].as_array().unwrap().iter();
    let mut panels = sections.flat_map(|section| section["panels"].as_array().unwrap());
    let panel = panels.find(|shown| shown["title"] == panel).unwrap_or_else(|| panic!("no {panel} in {top}"));
    let mut values = panel["values"].as_array().unwrap().iter();
    values.find(|value| value["name"] == name).unwrap_or_else(|| panic!("no {name} in {panel}"))
}

#[test]
fn one_frame_shows_what_prometheus_has_and_says_what_it_lacks() {
    let prometheus = PrometheusServer::start(&samples());
    let json = stdout(&farolctl(&prometheus.url(), &["--output", "json", "top"]));
    let top: Value = serde_json::from_str(&json).unwrap();
    let accepted = value(&top, "Events at the gateway", "accepted");
    assert_eq!((&accepted["text"], accepted["value"].as_f64().unwrap().round()), (&"100/s".into(), 100.0));
    let p99 = value(&top, "POST /v1/events, as the gateway answers it", "p99");
    assert_eq!((&p99["text"], &p99["level"]), (&"9.95 ms".into(), &"good".into()));
    // never answered: the rates are 0, and a quantile of nothing is NaN
    assert_eq!(value(&top, "Kafka's acknowledgement", "p99")["value"], Value::Null);
    // never scraped
    assert_eq!(value(&top, "Redis memory", "used")["text"], "no data");
    assert_eq!(top["alerts"][0]["name"], "TargetDown");
    let text = stdout(&farolctl(&prometheus.url(), &["top", "--once"]));
    assert!(text.contains("critical  TargetDown  job=kafka") && text.contains("100/s"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours in a file: {text:?}");
}

#[test]
fn a_prometheus_without_any_series_is_no_data_everywhere() {
    let prometheus = PrometheusServer::start("");
    let json = stdout(&farolctl(&prometheus.url(), &["--output", "json", "top"]));
    let top: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value(&top, "Events at the gateway", "Events at the gateway")["text"], "no data");
    assert_eq!(top["alerts"], serde_json::json!([]));
}

#[test]
fn a_wrong_address_is_exit_code_2_and_a_silent_one_1() {
    let output = farolctl("nowhere", &["top", "--once"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let silent = format!("http://127.0.0.1:{}", closed_port());
    for arguments in [&["top", "--once"][..], &["picture", "--out", "never.svg"]] {
        let output = farolctl(&silent, arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains(&format!("no answer from Prometheus at {silent}: ")), "{stderr}");
    }
}

#[test]
fn a_board_becomes_a_picture_in_both_formats() {
    let prometheus = PrometheusServer::start(&samples());
    let file = |name: &str| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let draw = |file: &PathBuf| {
        let out = file.to_str().unwrap();
        let arguments = [
            "--output", "json", "picture", "--row", "Traffic", "--row", "Latency", "--range", "5m", "--out",
            out,
        ];
        let drawn: Value = serde_json::from_str(&stdout(&farolctl(&prometheus.url(), &arguments))).unwrap();
        let content = std::fs::read(file).unwrap();
        assert_eq!(drawn["bytes"], content.len());
        (drawn, content)
    };
    let (drawn, svg) = draw(&file("board.svg"));
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.contains(">accepted 100/s</text>") && svg.contains(">p99 9.95 ms</text>"), "{svg}");
    let without_data = drawn["withoutData"].as_array().unwrap();
    assert!(without_data.contains(&"From received to stored".into()), "{drawn}");
    assert!(!without_data.contains(&"Events at the gateway".into()), "{drawn}");
    let (_, png) = draw(&file("board.png"));
    assert!(png.starts_with(b"\x89PNG\r\n"));
}

#[test]
fn a_board_or_a_row_that_is_not_there_is_used_wrongly() {
    for wrong in [["--board", "silver-signals"], ["--row", "Weather"], ["--range", "1s"]] {
        let arguments = [&["picture", "--out", "never.svg"][..], &wrong].concat();
        let output = farolctl("http://127.0.0.1:9", &arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    let output = farolctl("http://127.0.0.1:9", &["picture", "--out", "never.gif"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn in_a_terminal_it_waits_for_prometheus_and_q_gives_the_terminal_back() {
    let port = closed_port();
    let mut script =
        Script::start(&["top", "--interval", "200ms", "--prometheus", &format!("http://127.0.0.1:{port}")]);
    script.see("no answer from Prometheus");
    let prometheus = PrometheusServer::start_at(port, &samples()).unwrap();
    script.see("TargetDown");
    drop(prometheus);
    script.see("; below");
    script.press("q");
    let (code, seen) = script.end();
    assert_eq!(code, Some(0), "{seen:?}");
    assert!(seen.ends_with_terminal_given_back(), "{seen:?}");
}

#[test]
fn control_c_leaves_as_q_does() {
    let mut script = Script::start(&["top", "--prometheus", &format!("http://127.0.0.1:{}", closed_port())]);
    script.see("no answer from Prometheus");
    script.press("\u{3}");
    let (code, seen) = script.end();
    assert_eq!(code, Some(0), "{seen:?}");
    assert!(seen.ends_with_terminal_given_back(), "{seen:?}");
}

#[test]
fn without_colours_the_figures_are_the_same() {
    let prometheus = PrometheusServer::start(&samples());
    for (setting, has_colours) in [("NO_COLOR=", true), ("NO_COLOR=1", false)] {
        let mut script = Script::start_with(setting, &["top", "--prometheus", &prometheus.url()]);
        script.see("TargetDown");
        script.press("q");
        let (code, seen) = script.end();
        assert_eq!((code, seen.has_colours()), (Some(0), has_colours), "{setting}: {seen:?}");
    }
}
