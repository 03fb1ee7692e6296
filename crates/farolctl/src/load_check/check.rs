//! One figure with its bounds, and what follows from it: the verdict, the line, the table.

use std::time::Duration;

use serde::Serialize;

use crate::{latencies::milliseconds, output::Report, table};

/// A figure and the bounds it has to keep.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    what: String,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<f64>,
    /// Null where there was nothing to measure, which is a failure.
    measured: f64,
    passed: bool,
}

impl Check {
    pub(crate) fn between(
        what: impl Into<String>,
        unit: &'static str,
        bounds: [f64; 2],
        measured: f64,
    ) -> Self {
        Self::new(what.into(), unit, Some(bounds[0]), Some(bounds[1]), measured)
    }

    pub(crate) fn at_most(what: impl Into<String>, unit: &'static str, bound: f64, measured: f64) -> Self {
        Self::new(what.into(), unit, None, Some(bound), measured)
    }

    pub(crate) fn at_least(what: impl Into<String>, unit: &'static str, bound: f64, measured: f64) -> Self {
        Self::new(what.into(), unit, Some(bound), None, measured)
    }

    /// At most `bound`; a time that was not measured is `None`.
    pub(crate) fn within(what: impl Into<String>, bound: Duration, measured: Option<Duration>) -> Self {
        let measured = measured.map_or(f64::NAN, milliseconds);
        Self::at_most(what, "ms", milliseconds(bound), measured)
    }

    pub(crate) fn none(what: impl Into<String>, unit: &'static str, measured: u64) -> Self {
        Self::new(what.into(), unit, Some(0.0), Some(0.0), measured as f64)
    }

    fn new(
        what: String,
        unit: &'static str,
        at_least: Option<f64>,
        at_most: Option<f64>,
        measured: f64,
    ) -> Self {
        let low = at_least.unwrap_or(f64::NEG_INFINITY);
        let high = at_most.unwrap_or(f64::INFINITY);
        Self { what, unit, at_least, at_most, measured, passed: (low..=high).contains(&measured) }
    }

    fn target(&self) -> String {
        match (self.at_least, self.at_most) {
            (Some(low), Some(high)) if low == high => format!("{} {}", number(low), self.unit),
            (Some(low), Some(high)) => format!("{} to {} {}", number(low), number(high), self.unit),
            (Some(low), None) => format!("≥ {} {}", number(low), self.unit),
            (None, Some(high)) => format!("≤ {} {}", number(high), self.unit),
            (None, None) => String::new(),
        }
    }

    fn cells(&self) -> Vec<String> {
        let measured = if self.measured.is_nan() { "nothing".to_owned() } else { number(self.measured) };
        let verdict = if self.passed { "ok" } else { "FAILED" };
        vec![format!("  {}", self.what), self.target(), measured, verdict.to_owned()]
    }
}

/// A digit behind the point below a hundred, none above.
fn number(value: f64) -> String {
    match value {
        value if value.fract() == 0.0 || value.abs() >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.1}"),
    }
}

/// What one run found.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    pub(crate) run: &'static str,
    /// What was done, in figures.
    pub(crate) under: String,
    pub(crate) checks: Vec<Check>,
}

/// The whole load check.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadReport {
    /// Whether this build is unoptimised; what it bears is no one's.
    debug_build: bool,
    passed: usize,
    failed: usize,
    runs: Vec<Findings>,
}

impl LoadReport {
    pub(crate) fn new(runs: Vec<Findings>) -> Self {
        let count = |wanted: bool| {
            runs.iter().flat_map(|run| &run.checks).filter(|check| check.passed == wanted).count()
        };
        Self { debug_build: cfg!(debug_assertions), passed: count(true), failed: count(false), runs }
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }
}

impl Report for LoadReport {
    fn human(&self) -> String {
        let mut rows = Vec::new();
        for run in &self.runs {
            rows.push(vec![run.run.to_owned()]);
            rows.extend(run.checks.iter().map(Check::cells));
        }
        let under: Vec<_> = self.runs.iter().map(|run| format!("{}: {}", run.run, run.under)).collect();
        let build = if self.debug_build { "\nA debug build: do not size by it." } else { "" };
        format!(
            "{}\n\n{}\n{build}\n{} passed, {} failed",
            table::render(&["", "target", "measured", "verdict"], &rows),
            under.join("\n"),
            self.passed,
            self.failed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_on_its_bound_passes_and_one_beyond_fails() {
        assert!(Check::at_most("p99", "ms", 10.0, 10.0).passed);
        assert!(!Check::at_most("p99", "ms", 10.0, 10.1).passed);
        assert!(Check::at_least("offered", "/s", 10.0, 10.0).passed);
        assert!(!Check::at_least("offered", "/s", 10.0, 9.9).passed);
        assert!(Check::between("accepted", "/s", [9.0, 11.0], 10.0).passed);
        assert!(!Check::between("accepted", "/s", [9.0, 11.0], 8.0).passed);
        assert!(!Check::none("lost", "events", 1).passed);
    }

    #[test]
    fn what_could_not_be_measured_is_a_failure() {
        let check = Check::within("p99", Duration::from_secs(1), None);
        assert!(!check.passed);
        assert_eq!(check.cells(), ["  p99", "≤ 1000 ms", "nothing", "FAILED"]);
    }

    #[test]
    fn the_report_ends_with_its_counts() {
        let checks = vec![Check::none("lost", "events", 0), Check::none("late", "answers", 2)];
        let report = LoadReport::new(vec![Findings { run: "overload", under: "x".to_owned(), checks }]);
        let text = report.human();
        assert!(text.ends_with("1 passed, 1 failed"), "{text}");
        assert!(text.lines().any(|line| line.starts_with("  late") && line.ends_with("FAILED")), "{text}");
        assert_eq!(report.failed(), 1);
    }
}
