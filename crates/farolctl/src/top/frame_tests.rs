//! What a reader sees, on a terminal that is not there.

use std::time::Duration;

use ratatui::{Terminal, backend::TestBackend, style::Color};

use super::{
    frame,
    live::Screen,
    snapshot::{Alert, Section, Shown, Snapshot, Value},
    terminal,
};
use crate::board::Level;

fn value(name: &str, value: Option<f64>, text: &str, level: Level) -> Value {
    Value { name: name.to_owned(), value, text: text.to_owned(), level, curve: vec![value, value] }
}

fn panel(title: &str, values: Vec<Value>) -> Shown {
    Shown { title: title.to_owned(), problem: None, values }
}

fn snapshot() -> Snapshot {
    let latency = vec![
        value("p50", Some(0.004), "4 ms", Level::Good),
        value("p99", Some(0.6), "600 ms", Level::Bad),
        value("p95", None, "no data", Level::Plain),
    ];
    let lag = vec![value("Waiting in Kafka", Some(0.0), "0", Level::Good)];
    Snapshot {
        prometheus: "http://127.0.0.1:9090".to_owned(),
        time: "2026-01-02 03:04:05".to_owned(),
        alerts: Vec::new(),
        sections: vec![
            Section { title: "Latency", panels: vec![panel("POST /v1/events", latency)] },
            Section { title: "Lag", panels: vec![panel("Waiting in Kafka", lag)] },
        ],
    }
}

fn shown(screen: &Screen, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| assert_eq!(terminal::put(frame, |width| screen.draw(width), 0), 0)).unwrap();
    terminal
}

fn screen(snapshot: Snapshot) -> Screen {
    let mut screen = Screen::default();
    screen.learn(Ok(snapshot), Duration::from_secs(5));
    screen
}

#[test]
fn a_frame_shows_each_section_in_a_column() {
    let terminal = shown(&screen(snapshot()), 80, 11);
    let expected = [
        "Farol  2026-01-02 03:04:05 UTC  http://127.0.0.1:9090        q leaves, ↑↓ scroll",
        "╭ Alerts ──────────────────────────────────────────────────────────────────────╮",
        "│none fires                                                                    │",
        "╰──────────────────────────────────────────────────────────────────────────────╯",
        "╭ Latency ─────────────────────────────╮╭ Lag ─────────────────────────────────╮",
        "│POST /v1/events                       ││Waiting in Kafka           0 ▁▁▁▁▁▁▁▁▁│",
        "│  p50                   4 ms █████████│╰──────────────────────────────────────╯",
        "│  p99               ! 600 ms █████████│                                        ",
        "│  p95                no data          │                                        ",
        "╰──────────────────────────────────────╯                                        ",
        "",
    ];
    assert_eq!(frame::text(terminal.backend().buffer()), expected.map(str::trim_end).join("\n"));
}

#[test]
fn what_is_bad_is_red_and_what_is_not_there_is_not_zero() {
    let terminal = shown(&screen(snapshot()), 80, 12);
    let colour = |x, y| terminal.backend().buffer()[(x, y)].fg;
    assert_eq!([colour(24, 6), colour(24, 7), colour(24, 8)], [Color::Green, Color::Red, Color::DarkGray]);
}

#[test]
fn a_firing_alert_stands_above_all_and_names_what_it_is_about() {
    let alert =
        Alert { severity: "critical".to_owned(), name: "TargetDown".to_owned(), of: "job=worker".to_owned() };
    let text = frame::plain(&Snapshot { alerts: vec![alert], ..snapshot() }, 80);
    assert!(text.lines().nth(2).unwrap().starts_with("│critical  TargetDown  job=worker "), "{text}");
    assert!(!text.contains("none fires"), "{text}");
}

#[test]
fn a_prometheus_that_is_away_is_said_and_the_last_figures_stay() {
    let mut screen = screen(snapshot());
    screen.learn(
        Err("no answer from Prometheus at http://127.0.0.1:9090: refused".to_owned()),
        Duration::from_secs(5),
    );
    let terminal = shown(&screen, 100, 14);
    let text = frame::text(terminal.backend().buffer());
    assert!(text.contains("refused; asked again every 5s; below is what was\nseen last"), "{text}");
    assert!(text.contains("600 ms"), "{text}");
    screen.learn(Ok(snapshot()), Duration::from_secs(5));
    let terminal = shown(&screen, 100, 14);
    assert!(!frame::text(terminal.backend().buffer()).contains("refused"));
}

#[test]
fn a_prometheus_that_never_answered_is_said_at_once() {
    let mut screen = Screen::default();
    screen.learn(Err("no answer from Prometheus".to_owned()), Duration::from_secs(5));
    let text = frame::text(shown(&screen, 60, 5).backend().buffer());
    assert!(text.contains("no answer from Prometheus; asked again every 5s"), "{text}");
    assert!(!text.contains("seen last"), "{text}");
}

#[test]
fn a_terminal_of_another_size_gets_another_layout() {
    for width in [1, 20, 38, 76, 114, 200] {
        let mut terminal = Terminal::new(TestBackend::new(width, 5)).unwrap();
        let screen = screen(snapshot());
        terminal.draw(|frame| assert!(terminal::put(frame, |width| screen.draw(width), 0) > 0)).unwrap();
    }
    assert_eq!(frame::body(&snapshot(), 40).area.height, 3 + 6 + 3);
    assert_eq!(frame::body(&snapshot(), 80).area.height, 3 + 6);
}

#[test]
fn a_question_that_is_refused_says_so_at_its_panel() {
    let mut snapshot = snapshot();
    snapshot.sections[0].panels[0] = Shown {
        title: "POST /v1/events".to_owned(),
        problem: Some("parse error".to_owned()),
        values: Vec::new(),
    };
    let text = frame::plain(&snapshot, 80);
    assert!(text.contains("POST /v1/events") && text.contains("refused: parse error"), "{text}");
    assert!(text.contains("Waiting in Kafka"), "{text}");
}

#[test]
fn a_panel_of_many_series_counts_those_it_leaves_out() {
    let mut snapshot = snapshot();
    let many = (0..20).map(|number| value(&format!("partition {number}"), Some(1.0), "1", Level::Plain));
    snapshot.sections[1].panels[0].values = many.collect();
    let text = frame::plain(&snapshot, 80);
    assert!(
        text.contains("partition 7 ") && !text.contains("partition 8 ") && text.contains("and 12 more"),
        "{text}"
    );
}
