//! Panels and lines for the tests of the drawings.

use crate::{
    board::{Board, Line, Panel},
    prometheus_client::Window,
};

/// A minute, looked at every five seconds.
pub(super) const WINDOW: Window = Window { start: 1_700_000_000.0, end: 1_700_000_060.0, step: 5.0 };

/// A panel whose field defaults are this JSON.
pub(super) fn panel(defaults: &str) -> Panel {
    let text = format!(
        r#"{{"title": "b", "panels": [{{"type": "timeseries", "title": "p", "gridPos": {{"x": 0, "y": 0, "w": 12, "h": 8}},
            "fieldConfig": {{"defaults": {{{defaults}}}}}, "targets": [{{"expr": "up"}}]}}]}}"#
    );
    Board::parse("b", &text).unwrap().panels.remove(0)
}

/// A line whose last value is at the end of the window.
pub(super) fn line(name: &str, values: &[f64]) -> Line {
    let first = WINDOW.end - WINDOW.step * (values.len() as f64 - 1.0);
    let points = values.iter().enumerate().map(|(index, value)| (first + WINDOW.step * index as f64, *value));
    Line { name: name.to_owned(), labels: Default::default(), points: points.collect() }
}

/// A bucket of a histogram, with what fell into it or below.
pub(super) fn bucket(bound: &str, values: &[f64]) -> Line {
    let labels = [("le".to_owned(), bound.to_owned())].into();
    Line { labels, ..line(bound, values) }
}
