//! The shape of Grafana's JSON, field by field.

use serde::Deserialize;

use super::{
    json::{Grid, Target},
    level::Step,
    variables::Variable,
};

#[derive(Deserialize)]
pub(super) struct Board {
    pub(super) title: String,
    pub(super) panels: Vec<Panel>,
    #[serde(default)]
    pub(super) templating: List<Variable>,
    #[serde(default)]
    pub(super) annotations: List<Annotation>,
    #[serde(default)]
    pub(super) time: Time,
}

/// What a reader sees at first; such as from `now-15m` to `now`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Time {
    pub(super) from: String,
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) list: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { list: Vec::new() }
    }
}

#[derive(Deserialize)]
pub(super) struct Annotation {
    pub(super) name: String,
    pub(super) expr: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Panel {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) title: String,
    pub(super) grid_pos: Grid,
    #[serde(default)]
    pub(super) field_config: FieldConfig,
    #[serde(default)]
    pub(super) targets: Vec<Target>,
    /// The panels of a row that is folded.
    #[serde(default)]
    pub(super) panels: Vec<Panel>,
}

#[derive(Default, Deserialize)]
pub(super) struct FieldConfig {
    #[serde(default)]
    pub(super) defaults: Defaults,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Defaults {
    pub(super) unit: String,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) thresholds: Thresholds,
    pub(super) custom: Custom,
    pub(super) mappings: Vec<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Thresholds {
    pub(super) steps: Vec<Step>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Custom {
    pub(super) stacking: Stacking,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Stacking {
    pub(super) mode: String,
}
