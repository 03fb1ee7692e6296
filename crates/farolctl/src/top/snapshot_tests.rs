//! What becomes of Prometheus's answers.

use std::collections::BTreeMap;

use super::snapshot::{Alert, firing, value};
use crate::{
    board::{Board, Level, Line, Panel},
    prometheus_client::Window,
};

const WINDOW: Window = Window { start: 0.0, end: 20.0, step: 5.0 };

fn panel() -> Panel {
    Board::find("golden-signals")
        .unwrap()
        .panel("POST /v1/events, as the gateway answers it")
        .unwrap()
        .clone()
}

fn line(points: &[(f64, f64)], labels: &[(&str, &str)]) -> Line {
    let labels: BTreeMap<_, _> =
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Line { name: "p99".to_owned(), labels, points: points.to_vec() }
}

#[test]
fn a_value_has_the_unit_and_the_level_of_its_board() {
    let value = value(&panel(), &line(&[(0.0, 0.1), (20.0, 100.0)], &[]), WINDOW);
    assert_eq!((value.text.as_str(), value.level, value.value), ("100 s", Level::Bad, Some(100.0)));
    assert_eq!(value.curve, [Some(0.1), None, None, None, Some(100.0)]);
}

#[test]
fn a_series_that_ended_or_never_was_is_no_data() {
    for points in [&[(0.0, 1.0), (10.0, 2.0)][..], &[]] {
        let value = value(&panel(), &line(points, &[]), WINDOW);
        assert_eq!((value.text.as_str(), value.level, value.value), ("no data", Level::Plain, None));
    }
}

#[test]
fn what_has_no_end_is_shown_but_is_no_number_of_json() {
    let value = value(&panel(), &line(&[(20.0, f64::INFINITY)], &[]), WINDOW);
    assert_eq!((value.text.as_str(), value.value), ("∞", None));
    assert_eq!(value.curve, [None; 5]);
}

#[test]
fn only_alerts_that_still_fire_are_listed_the_critical_ones_first() {
    let alert = |name, severity| {
        [("alertname", name), ("severity", severity), ("alertstate", "firing"), ("job", "worker")]
    };
    let lines = [
        line(&[(20.0, 1.0)], &alert("LagGrows", "warning")),
        line(&[(20.0, 1.0)], &alert("TargetDown", "critical")),
        line(&[(10.0, 1.0)], &alert("WasLoud", "critical")),
    ];
    let expected = |severity: &str, name: &str| Alert {
        severity: severity.to_owned(),
        name: name.to_owned(),
        of: "job=worker".to_owned(),
    };
    assert_eq!(firing(&lines, WINDOW), [expected("critical", "TargetDown"), expected("warning", "LagGrows")]);
}
