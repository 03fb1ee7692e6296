//! One round of questions and what Prometheus said, ready to be shown or written as JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use time::{OffsetDateTime, macros::format_description};

use super::signals::Signals;
use crate::{
    board::{self, How, Level, Line, Panel},
    prometheus_client::{Error, PrometheusClient, Window},
};

/// Questions that are under way at the same time.
const AT_ONCE: usize = 6;
/// Points of a curve, at most one for each scrape.
const POINTS: u32 = 60;
const SHORTEST_STEP: Duration = Duration::from_secs(5);
/// Labels of an alert that say nothing to a reader of the line.
const OWN_LABELS: [&str; 5] = ["__name__", "alertname", "alertstate", "severity", "prometheus"];

/// What there was to see at one moment.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Snapshot {
    /// Who was asked.
    pub(crate) prometheus: String,
    /// UTC, to the second.
    pub(crate) time: String,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) sections: Vec<Section>,
}

/// An alert that fires.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Alert {
    pub(crate) severity: String,
    pub(crate) name: String,
    /// Its other labels.
    pub(crate) of: String,
}

/// Panels that belong together.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) panels: Vec<Shown>,
}

/// A panel and its values.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    pub(crate) title: String,
    /// Why there are none: the question was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    pub(crate) values: Vec<Value>,
}

/// One line of a panel.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Value {
    pub(crate) name: String,
    /// `None`: Prometheus knows none for now, which is not zero.
    pub(crate) value: Option<f64>,
    pub(crate) text: String,
    pub(crate) level: Level,
    /// How it came here, from the oldest; holes where there was none.
    #[serde(skip)]
    pub(crate) curve: Vec<Option<f64>>,
}

impl Snapshot {
    /// Asks everything. A question that is refused is told beside its panel; only a Prometheus that gives no answer is an error.
    pub(crate) async fn take(
        prometheus: &PrometheusClient,
        signals: &Signals,
        length: Duration,
    ) -> Result<Self, Error> {
        let window = window(length);
        let alerts = board::ask_query(prometheus, &signals.alerts, "", "", window).await?;
        let panels = signals.sections.iter().flat_map(|(_, panels)| panels);
        let shown = panels.map(|panel| shown(prometheus, panel, window));
        let shown: Vec<Shown> =
            stream::iter(shown.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await?;
        let mut shown = shown.into_iter();
        let section = |(title, panels): &(&'static str, Vec<Panel>)| Section {
            title,
            panels: shown.by_ref().take(panels.len()).collect(),
        };
        Ok(Self {
            prometheus: prometheus.address().to_owned(),
            time: clock(window.end),
            sections: signals.sections.iter().map(section).collect(),
            alerts: firing(&alerts, window),
        })
    }
}

fn window(length: Duration) -> Window {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let step = Duration::from_secs((length / POINTS).as_secs()).max(SHORTEST_STEP);
    Window::ending(now.as_secs_f64(), length, step)
}

async fn shown(prometheus: &PrometheusClient, panel: &Panel, window: Window) -> Result<Shown, Error> {
    let title = panel.title.clone();
    match board::ask(prometheus, panel, window, How::WithCurves).await {
        Ok(lines) => {
            let values = lines.iter().map(|line| value(panel, line, window)).collect();
            Ok(Shown { title, problem: None, values })
        }
        Err(Error::Refused { status, body, .. }) if status != 503 => {
            Ok(Shown { title, problem: Some(body), values: Vec::new() })
        }
        Err(error) => Err(error),
    }
}

/// The newest value of a line and the way there.
pub(super) fn value(panel: &Panel, line: &Line, window: Window) -> Value {
    let newest = line.newest(window);
    Value {
        name: line.name.clone(),
        // JSON has no infinity
        value: newest.filter(|value| value.is_finite()),
        text: newest.map_or_else(|| "no data".to_owned(), |value| panel.text(value)),
        level: newest.map_or(Level::Plain, |value| panel.level(value)),
        curve: curve(&line.points, window),
    }
}

fn curve(points: &[(f64, f64)], window: Window) -> Vec<Option<f64>> {
    let steps = ((window.end - window.start) / window.step).round() as usize;
    let mut curve = vec![None; steps + 1];
    for (time, value) in points.iter().filter(|(_, value)| value.is_finite()) {
        let place = ((time - window.start) / window.step).round();
        if let Some(slot) = curve.get_mut(place as usize) {
            *slot = Some(*value);
        }
    }
    curve
}

/// The alerts that fire now, the critical ones first.
pub(super) fn firing(lines: &[Line], window: Window) -> Vec<Alert> {
    let now = lines.iter().filter(|line| line.newest(window).is_some());
    let mut alerts: Vec<Alert> = now.map(alert).collect();
    alerts.sort();
    alerts
}

fn alert(line: &Line) -> Alert {
    let label = |name: &str| line.labels.get(name).cloned().unwrap_or_default();
    let others = line.labels.iter().filter(|(name, _)| !OWN_LABELS.contains(&name.as_str()));
    let others: Vec<String> = others.map(|(name, value)| format!("{name}={value}")).collect();
    Alert { severity: label("severity"), name: label("alertname"), of: others.join(" ") }
}

fn clock(seconds: f64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds as i64).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let shape = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    time.format(shape).unwrap_or_else(|error| error.to_string())
}
