//! The flags that there are: their keys, whom they concern, and what their values may be.

use serde_json::Value;

use crate::{Program, Shed};

/// A flag that the programs ask for.
pub(crate) struct Known {
    pub(crate) key: &'static str,
    /// Who asks for it.
    pub(crate) of: &'static [Program],
    pub(crate) form: Form,
}

/// What the value of each variant has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Switch,
    /// From 0 to 1.
    Ratio,
    Shed,
}

pub(crate) const SHED_EVENTS: &str = "shed-events";
pub(crate) const TRACE_SAMPLING_RATIO: &str = "trace-sampling-ratio";
pub(crate) const RECEIPT_CACHE: &str = "receipt-cache";
pub(crate) const ROW_RETENTION: &str = "row-retention";

const BOTH: &[Program] = &[Program::Gateway, Program::Worker];

/// Every flag. None of them may be able to lose an event or to store one twice.
pub(crate) const ALL: [Known; 4] = [
    Known { key: SHED_EVENTS, of: &[Program::Gateway], form: Form::Shed },
    Known { key: TRACE_SAMPLING_RATIO, of: BOTH, form: Form::Ratio },
    Known { key: RECEIPT_CACHE, of: &[Program::Gateway], form: Form::Switch },
    Known { key: ROW_RETENTION, of: &[Program::Worker], form: Form::Switch },
];

impl Known {
    pub(crate) fn find(key: &str) -> Option<&'static Self> {
        ALL.iter().find(|known| known.key == key)
    }

    /// What holds where the file does not say.
    pub(crate) fn built_in(&self) -> Value {
        match self.form {
            Form::Switch => Value::Bool(true),
            // The sampler that `OTEL_TRACES_SAMPLER` names.
            Form::Ratio => Value::Null,
            Form::Shed => Value::Object(serde_json::Map::new()),
        }
    }
}

impl Form {
    /// What is wrong with `value` as a variant of such a flag.
    pub(crate) fn check(self, value: &Value) -> Result<(), String> {
        match self {
            Self::Switch if value.is_boolean() => Ok(()),
            Self::Switch => Err("must be true or false".to_owned()),
            Self::Ratio if value.as_f64().is_some_and(|ratio| (0.0..=1.0).contains(&ratio)) => Ok(()),
            Self::Ratio => Err("must be a number from 0 to 1".to_owned()),
            Self::Shed => Shed::read(value.clone()).map(|_| ()),
        }
    }
}

/// The values that hold, typed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Values {
    pub(crate) shed: Shed,
    pub(crate) trace_sampling_ratio: Option<f64>,
    pub(crate) receipt_cache: bool,
    pub(crate) row_retention: bool,
}

impl Default for Values {
    fn default() -> Self {
        Self { shed: Shed::default(), trace_sampling_ratio: None, receipt_cache: true, row_retention: true }
    }
}
