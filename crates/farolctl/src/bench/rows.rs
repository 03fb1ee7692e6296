//! The common shape of what a bench found: rows with a measure for each side, a target and a verdict, under the
//! conditions they were taken in; as JSON and as a table. It knows nothing of how a row was measured.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{error::Error, output::Report, table};

/// Everything one bench command found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Document {
    /// Machine, versions and settings.
    pub(crate) conditions: BTreeMap<String, Value>,
    pub(crate) rows: Vec<Row>,
}

/// One thing that was measured, on one side or on several.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Stable: documents refer to it.
    pub(crate) id: String,
    pub(crate) what: String,
    pub(crate) unit: String,
    pub(crate) measures: BTreeMap<String, Measure>,
    /// In words; `None` if the row is for information.
    pub(crate) target: Option<String>,
    /// What is held against the target, in words.
    pub(crate) measured: Option<String>,
    /// `None` where there is no target.
    pub(crate) passed: Option<bool>,
}

/// One number over the rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measure {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) rounds: Vec<f64>,
}

impl Measure {
    /// `None` of no rounds.
    pub(crate) fn of(rounds: Vec<f64>) -> Option<Self> {
        let mut sorted = rounds.clone();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let middle = sorted.len() / 2;
        let median =
            if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Some(Self { median, min, max, rounds })
    }
}

impl Row {
    pub(crate) fn new(id: impl Into<String>, what: impl Into<String>, unit: impl Into<String>) -> Self {
        let (id, what, unit) = (id.into(), what.into(), unit.into());
        Self { id, what, unit, measures: BTreeMap::new(), target: None, measured: None, passed: None }
    }

    /// Adds the rounds of one side; a side without rounds is left out.
    pub(crate) fn with(mut self, side: &str, rounds: Vec<f64>) -> Self {
        if let Some(measure) = Measure::of(rounds) {
            self.measures.insert(side.to_owned(), measure);
        }
        self
    }

    /// Adds the verdict.
    pub(crate) fn judged(
        mut self,
        target: impl Into<String>,
        measured: impl Into<String>,
        passed: bool,
    ) -> Self {
        (self.target, self.measured, self.passed) =
            (Some(target.into()), Some(measured.into()), Some(passed));
        self
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let verdict = match self.passed {
            Some(true) => "ok",
            Some(false) => "FAILED",
            None => "",
        };
        let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
        let head = vec![format!("{}, {}", self.what, self.unit), String::new(), String::new(), String::new()];
        let head = [head, vec![text(&self.target), text(&self.measured), verdict.to_owned()]].concat();
        let measures = self.measures.iter().map(|(side, measure)| {
            let numbers = [measure.median, measure.min, measure.max].map(number);
            [vec![format!("  {side}")], numbers.to_vec()].concat()
        });
        [head].into_iter().chain(measures).collect()
    }
}

/// Three digits that matter, more where they stand before the point.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

impl Document {
    pub(crate) fn failed(&self) -> usize {
        self.count(false)
    }

    fn count(&self, wanted: bool) -> usize {
        self.rows.iter().filter(|row| row.passed == Some(wanted)).count()
    }

    /// Writes it for other programs, and for the next reader of docs/bench.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::from)?;
        let failed = |error: std::io::Error| Error::Failed(format!("{}: {error}", path.display()));
        fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).map_err(failed)?;
        fs::write(path, text + "\n").map_err(failed)
    }

    /// Bad news as an exit code, for whoever asked for it (`--strict`).
    pub(crate) fn verdict(&self, is_strict: bool) -> Result<(), Error> {
        match self.failed() {
            failed if is_strict && failed > 0 => Err(Error::Failed(format!("{failed} targets are missed"))),
            _ => Ok(()),
        }
    }
}

impl Report for Document {
    fn human(&self) -> String {
        let conditions = self.conditions.iter().map(|(name, value)| vec![name.clone(), plain(value)]);
        let rows: Vec<_> = self.rows.iter().flat_map(Row::lines).collect();
        format!(
            "{}\n\n{}\n\n{} passed, {} failed",
            table::render_words(&["conditions", ""], &conditions.collect::<Vec<_>>()),
            table::render(&["", "median", "lowest", "highest", "target", "measured", "verdict"], &rows),
            self.count(true),
            self.count(false)
        )
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let row = Row::new("cpu", "gateway CPU", "CPU s/M events");
        let judged = row.with("farol", vec![14.0, 12.0, 13.0]).with("nobody", Vec::new());
        let judged = judged.judged("≤ 3 × bare handler", "2.4 ×", true);
        let missed = Row::new("p99", "p99", "ms").with("farol", vec![2.0]).judged("≤ 1", "2", false);
        let told = Row::new("rate", "rate", "events/s").with("farol", vec![4.0, 1.0]);
        Document { conditions: BTreeMap::new(), rows: vec![judged, missed, told] }
    }

    #[test]
    fn the_median_is_of_odd_and_even_rounds_and_the_rounds_keep_their_order() {
        let odd = Measure::of(vec![3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.median, odd.min, odd.max, odd.rounds), (2.0, 1.0, 3.0, vec![3.0, 1.0, 2.0]));
        assert_eq!(Measure::of(vec![4.0, 1.0]).map(|even| even.median), Some(2.5));
        assert_eq!(Measure::of(Vec::new()), None);
    }

    #[test]
    fn a_row_without_a_target_counts_neither_way() {
        let text = document().human();
        assert!(text.ends_with("1 passed, 1 failed"), "{text}");
        assert!(document().verdict(true).is_err());
        assert!(document().verdict(false).is_ok());
    }

    #[test]
    fn a_side_that_was_not_measured_is_absent_and_a_missing_verdict_is_null() {
        let json = serde_json::to_value(document()).unwrap();
        let sides: Vec<_> = json["rows"][0]["measures"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(sides, ["farol"]);
        assert_eq!(json["rows"][0]["measures"]["farol"]["median"], 13.0);
        assert!(json["rows"][2]["passed"].is_null() && json["rows"][2]["target"].is_null());
        let again: Document = serde_json::from_value(json).unwrap();
        assert_eq!(again.rows.len(), 3);
    }

    #[test]
    fn numbers_keep_the_digits_that_matter() {
        assert_eq!([0.0, 0.1234, 1.234, 12.34, 1_234.4].map(number), ["0", "0.123", "1.23", "12.3", "1234"]);
    }
}
