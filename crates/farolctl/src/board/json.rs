//! A board out of Grafana's JSON: its panels in order, their questions with the board's own variables filled.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{Board, level::Step, raw, variables::Variable};

/// How a panel shows its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The title over a section of the board.
    Row,
    TimeSeries,
    /// The newest value in large letters; gauges, too.
    Stat,
    /// The newest value of each series, one line each.
    Table,
    Heatmap,
    NotDrawn(Reason),
}

/// Why a panel is not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Text, or a question for somebody else.
    AsksNothing,
    /// A way of drawing that is not known here.
    UnknownType,
}

/// Where a panel stands: the board is 24 wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Grid {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) w: u32,
    pub(crate) h: u32,
}

/// One panel.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) kind: Kind,
    pub(crate) grid: Grid,
    pub(crate) unit: String,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    /// From low to high.
    pub(crate) steps: Vec<Step>,
    /// What a value is called instead of its number.
    pub(crate) names: BTreeMap<String, String>,
    pub(crate) stacked: bool,
    pub(crate) targets: Vec<Target>,
}

/// One question of a panel.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Target {
    #[serde(default)]
    pub(crate) expr: String,
    #[serde(default, rename = "legendFormat")]
    pub(crate) legend: String,
    /// Asked for one moment, not for a stretch of time.
    #[serde(default)]
    pub(crate) instant: bool,
    #[serde(default)]
    hide: bool,
}

impl Kind {
    /// Whether Prometheus is asked for it.
    pub(crate) fn has_data(self) -> bool {
        !matches!(self, Self::Row | Self::NotDrawn(_))
    }
}

impl Reason {
    /// For the place where the drawing would be.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::AsksNothing => "not drawn: it asks Prometheus nothing",
            Self::UnknownType => "not drawn: Grafana's own way of drawing",
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Board, serde_json::Error> {
    let raw: raw::Board = serde_json::from_str(text)?;
    let mut panels = Vec::new();
    for mut panel in raw.panels {
        let folded = std::mem::take(&mut panel.panels);
        panels.extend(std::iter::once(panel).chain(folded).map(|panel| read(panel, &raw.templating.list)));
    }
    panels.sort_by_key(|panel| (panel.grid.y, panel.grid.x));
    let annotations = raw.annotations.list.into_iter();
    let annotations =
        annotations.filter_map(|annotation| Some((annotation.name, annotation.expr?))).collect();
    Ok(Board { title: raw.title, panels, annotations, range: range(&raw.time.from) })
}

/// How far back `now-15m` goes; other ways to say it are not understood.
fn range(from: &str) -> Option<Duration> {
    humantime::parse_duration(from.strip_prefix("now-")?).ok()
}

fn read(raw: raw::Panel, variables: &[Variable]) -> Panel {
    let defaults = raw.field_config.defaults;
    let mut targets = raw.targets;
    targets.retain(|target| !target.hide && !target.expr.is_empty());
    for target in &mut targets {
        target.expr = super::variables::fill(&target.expr, variables);
    }
    Panel {
        kind: kind(&raw.kind, targets.is_empty()),
        title: raw.title,
        grid: raw.grid_pos,
        unit: defaults.unit,
        min: defaults.min,
        max: defaults.max,
        steps: defaults.thresholds.steps,
        names: names(&defaults.mappings),
        stacked: defaults.custom.stacking.mode == "normal",
        targets,
    }
}

fn kind(name: &str, is_silent: bool) -> Kind {
    match name {
        "row" => Kind::Row,
        _ if is_silent => Kind::NotDrawn(Reason::AsksNothing),
        "timeseries" => Kind::TimeSeries,
        "stat" | "gauge" => Kind::Stat,
        "bargauge" | "table" | "piechart" | "barchart" | "state-timeline" => Kind::Table,
        "heatmap" => Kind::Heatmap,
        _ => Kind::NotDrawn(Reason::UnknownType),
    }
}

/// Value -> text, of mappings that name single values.
fn names(mappings: &[serde_json::Value]) -> BTreeMap<String, String> {
    let options = mappings
        .iter()
        .filter(|mapping| mapping["type"] == "value")
        .filter_map(|mapping| mapping["options"].as_object());
    let named = options
        .flatten()
        .filter_map(|(value, shown)| Some((value.clone(), shown["text"].as_str()?.to_owned())));
    named.collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Grid, Kind, Reason, parse, range};

    const BOARD: &str = r#"{"title": "t", "panels": [
        {"type": "row", "title": "folded", "gridPos": {"x": 0, "y": 9, "w": 24, "h": 1}, "panels": [
            {"type": "gauge", "title": "inside", "gridPos": {"x": 0, "y": 10, "w": 6, "h": 4},
             "fieldConfig": {"defaults": {"mappings": [{"type": "value", "options": {"0": {"text": "closed"}}}]}},
             "targets": [{"expr": "a"}, {"expr": "b", "hide": true}]}]},
        {"type": "timeseries", "title": "first", "gridPos": {"x": 0, "y": 1, "w": 12, "h": 8},
         "fieldConfig": {"defaults": {"unit": "s", "custom": {"stacking": {"mode": "normal"}}}}, "targets": [{"expr": "c"}]},
        {"type": "logs", "title": "logs", "gridPos": {"x": 12, "y": 1, "w": 12, "h": 8}, "targets": [{"expr": "d"}]},
        {"type": "text", "title": "words", "gridPos": {"x": 0, "y": 30, "w": 12, "h": 8}}],
        "annotations": {"list": [{"name": "Alerts", "expr": "ALERTS"}, {"name": "built in"}]}}"#;

    #[test]
    fn panels_are_in_the_order_of_the_grid_folded_ones_too() {
        let board = parse(BOARD).unwrap();
        let order: Vec<_> = board.panels.iter().map(|panel| (panel.title.as_str(), panel.kind)).collect();
        let expected = [
            ("first", Kind::TimeSeries),
            ("logs", Kind::NotDrawn(Reason::UnknownType)),
            ("folded", Kind::Row),
            ("inside", Kind::Stat),
            ("words", Kind::NotDrawn(Reason::AsksNothing)),
        ];
        assert_eq!(order, expected);
        assert_eq!(board.panels[0].grid, Grid { x: 0, y: 1, w: 12, h: 8 });
    }

    #[test]
    fn what_is_hidden_is_not_asked_and_what_is_stacked_is_known() {
        let board = parse(BOARD).unwrap();
        let inside = board.panel("inside").unwrap();
        assert_eq!(inside.targets.iter().map(|target| target.expr.as_str()).collect::<Vec<_>>(), ["a"]);
        assert_eq!(inside.names["0"], "closed");
        assert!(board.panel("first").unwrap().stacked && !inside.stacked);
        assert_eq!(board.annotation("Alerts").unwrap(), "ALERTS");
    }

    #[test]
    fn how_far_back_a_board_goes_is_its_own() {
        assert_eq!(range("now-6h"), Some(Duration::from_secs(6 * 3600)));
        assert_eq!(range("2026-01-01T00:00:00Z"), None);
        assert_eq!(parse(BOARD).unwrap().range, None);
    }
}
