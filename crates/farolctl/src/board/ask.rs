//! Asks Prometheus what a panel asks.

use std::collections::BTreeMap;

use super::{Panel, legend, variables};
use crate::prometheus_client::{Error, PrometheusClient, Series, Window};

/// One line of a panel: a series with its name. A question that found nothing is a line without points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// (seconds since 1970, value); only numbers, infinite ones too.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Line {
    /// The value at the end of the window; `None` if the series has none there.
    pub(crate) fn newest(&self, window: Window) -> Option<f64> {
        self.points.last().filter(|(time, _)| *time > window.end - window.step / 2.0).map(|(_, value)| *value)
    }
}

/// Whether a question for one moment is asked so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Yes, as Grafana does; the order of the answer stays.
    AsTheBoard,
    /// No: the way to the newest value is wanted, too.
    WithCurves,
}

/// The lines of a panel, in the order of its questions and then of their names.
pub(crate) async fn ask(
    prometheus: &PrometheusClient,
    panel: &Panel,
    window: Window,
    how: How,
) -> Result<Vec<Line>, Error> {
    let mut lines = Vec::new();
    for target in panel.targets.iter().filter(|_| panel.kind.has_data()) {
        let mut found = if target.instant && how == How::AsTheBoard {
            let query = variables::fill_time(&target.expr, window);
            let series = prometheus.instant(&query, window.end).await?;
            series.into_iter().map(|series| line(series, &target.legend, &panel.title)).collect()
        } else {
            ask_query(prometheus, &target.expr, &target.legend, &panel.title, window).await?
        };
        if found.is_empty() {
            let name = legend::name_of_nothing(&target.legend, &panel.title);
            found.push(Line { name, labels: BTreeMap::new(), points: Vec::new() });
        }
        lines.append(&mut found);
    }
    // a question that finds nothing beside one that does says nothing: `refused` beside `accepted`
    if lines.iter().any(|line| !line.points.is_empty()) {
        lines.retain(|line| !line.points.is_empty() || line.name != panel.title);
    }
    Ok(lines)
}

/// The lines of one question.
pub(crate) async fn ask_query(
    prometheus: &PrometheusClient,
    query: &str,
    legend: &str,
    title: &str,
    window: Window,
) -> Result<Vec<Line>, Error> {
    let series = prometheus.range(&variables::fill_time(query, window), window).await?;
    let mut lines: Vec<Line> = series.into_iter().map(|series| line(series, legend, title)).collect();
    lines.sort_by_key(|line| natural(&line.name));
    Ok(lines)
}

fn line(series: Series, legend: &str, title: &str) -> Line {
    Line {
        name: legend::name(legend, &series.labels, title),
        labels: series.labels,
        points: series.points.into_iter().filter(|(_, value)| !value.is_nan()).collect(),
    }
}

/// Sorts `partition 10` after `partition 9`.
fn natural(name: &str) -> (String, u64) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem.to_owned(), name[stem.len()..].parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Line, natural};
    use crate::prometheus_client::Window;

    #[test]
    fn a_value_that_ended_is_not_the_newest() {
        let window = Window { start: 0.0, end: 60.0, step: 5.0 };
        let line = |points: &[(f64, f64)]| Line {
            name: String::new(),
            labels: BTreeMap::new(),
            points: points.to_vec(),
        };
        assert_eq!(line(&[(55.0, 1.0), (60.0, 2.0)]).newest(window), Some(2.0));
        assert_eq!(line(&[(50.0, 1.0), (55.0, 2.0)]).newest(window), None);
        assert_eq!(line(&[]).newest(window), None);
    }

    #[test]
    fn numbers_in_names_sort_as_numbers() {
        let mut names = ["partition 10", "partition 9", "accepted"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["accepted", "partition 9", "partition 10"]);
    }
}
