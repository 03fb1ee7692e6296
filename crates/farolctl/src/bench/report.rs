//! Rounds of measurements, their medians and spread, as table and as JSON.

use serde::Serialize;

use crate::{output::Report, table};

/// One round of one side.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Round {
    pub(crate) acknowledged_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) retries: u32,
    /// Until the last row was booked; for Farol only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rows_per_second: Option<f64>,
    pub(crate) cpu_seconds_per_million: Cpu,
}

/// CPU seconds, user and system, part by part; what does not take part, or cannot be looked
/// at, is absent.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cpu {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bare_handler: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gateway: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) worker: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) postgresql: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kafka: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redis: Option<f64>,
    pub(crate) load_generator: Option<f64>,
}

impl Cpu {
    /// What was used since `before`, per million of `events`.
    pub(crate) fn per_million_since(&self, before: &Self, events: usize) -> Self {
        let used = |of: fn(&Self) -> Option<f64>| {
            let (after, before) = of(self).zip(of(before))?;
            Some((after - before) / events as f64 * 1e6)
        };
        Self {
            bare_handler: used(|cpu| cpu.bare_handler),
            gateway: used(|cpu| cpu.gateway),
            worker: used(|cpu| cpu.worker),
            postgresql: used(|cpu| cpu.postgresql),
            kafka: used(|cpu| cpu.kafka),
            redis: used(|cpu| cpu.redis),
            load_generator: used(|cpu| cpu.load_generator),
        }
    }
}

/// The whole bench.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BenchReport {
    pub(crate) events_per_round: usize,
    pub(crate) connections: usize,
    pub(crate) partitions: i32,
    /// Whether this build is unoptimised or checks overflow; its numbers are no one's.
    pub(crate) debug_build: bool,
    pub(crate) bare: Vec<Round>,
    pub(crate) farol: Vec<Round>,
}

/// Median, lowest and highest of one number over the rounds; `None` if it was not measured.
fn spread(rounds: &[Round], of: impl Fn(&Round) -> Option<f64>) -> Option<(f64, f64, f64)> {
    let mut values: Vec<f64> = rounds.iter().filter_map(of).collect();
    values.sort_by(f64::total_cmp);
    let (&low, &high) = (values.first()?, values.last()?);
    let middle = values.len() / 2;
    let median =
        if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
    Some((median, low, high))
}

fn cells(spread: Option<(f64, f64, f64)>, digits: usize) -> Vec<String> {
    match spread {
        Some((median, low, high)) => [median, low, high].map(|value| format!("{value:.digits$}")).to_vec(),
        None => vec!["unavailable".to_owned(), String::new(), String::new()],
    }
}

impl BenchReport {
    fn cpu_table(&self) -> String {
        let (bare, farol) = (&self.bare, &self.farol);
        let rows = [
            ("bare actix handler", spread(bare, |r| r.cpu_seconds_per_million.bare_handler)),
            ("gateway", spread(farol, |r| r.cpu_seconds_per_million.gateway)),
            ("worker", spread(farol, |r| r.cpu_seconds_per_million.worker)),
            ("PostgreSQL", spread(farol, |r| r.cpu_seconds_per_million.postgresql)),
            ("Kafka", spread(farol, |r| r.cpu_seconds_per_million.kafka)),
            ("Redis", spread(farol, |r| r.cpu_seconds_per_million.redis)),
            ("load generator, bare", spread(bare, |r| r.cpu_seconds_per_million.load_generator)),
            ("load generator, gateway", spread(farol, |r| r.cpu_seconds_per_million.load_generator)),
        ];
        let rows: Vec<_> = rows.into_iter().map(|(name, spread)| line(name, cells(spread, 1))).collect();
        table::render(&["CPU seconds per million events", "median", "lowest", "highest"], &rows)
    }

    fn speed_table(&self) -> String {
        let (bare, farol) = (&self.bare, &self.farol);
        let rows = [
            line("bare: acknowledged/s", cells(spread(bare, |r| Some(r.acknowledged_per_second)), 0)),
            line("bare: p50 ms", cells(spread(bare, |r| Some(r.p50_ms)), 2)),
            line("bare: p99 ms", cells(spread(bare, |r| Some(r.p99_ms)), 2)),
            line("gateway: acknowledged/s", cells(spread(farol, |r| Some(r.acknowledged_per_second)), 0)),
            line("gateway: p50 ms", cells(spread(farol, |r| Some(r.p50_ms)), 2)),
            line("gateway: p99 ms", cells(spread(farol, |r| Some(r.p99_ms)), 2)),
            line("worker: rows/s", cells(spread(farol, |r| r.rows_per_second), 0)),
        ];
        table::render(&["speed", "median", "lowest", "highest"], &rows)
    }
}

fn line(name: &str, cells: Vec<String>) -> Vec<String> {
    [name.to_owned()].into_iter().chain(cells).collect()
}

impl Report for BenchReport {
    fn human(&self) -> String {
        let build = if self.debug_build { "\nA debug build: compare, but do not size by it." } else { "" };
        let retries: u32 = self.bare.iter().chain(&self.farol).map(|round| round.retries).sum();
        format!(
            "{} interleaved rounds of {} events over {} connections, {} partitions, {retries} sent again{build}\n\n{}\n\n{}",
            self.farol.len(),
            self.events_per_round,
            self.connections,
            self.partitions,
            self.cpu_table(),
            self.speed_table()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(gateway: f64) -> Round {
        Round {
            acknowledged_per_second: 1.0,
            p50_ms: 1.0,
            p99_ms: 1.0,
            retries: 0,
            rows_per_second: None,
            cpu_seconds_per_million: Cpu { gateway: Some(gateway), ..Cpu::default() },
        }
    }

    #[test]
    fn the_median_is_of_odd_and_even_rounds() {
        let of = |round: &Round| round.cpu_seconds_per_million.gateway;
        assert_eq!(spread(&[round(3.0), round(1.0), round(2.0)], of), Some((2.0, 1.0, 3.0)));
        assert_eq!(spread(&[round(4.0), round(1.0)], of), Some((2.5, 1.0, 4.0)));
    }

    #[test]
    fn what_was_used_is_per_million_events() {
        let reading = |gateway| Cpu { gateway: Some(gateway), ..Cpu::default() };
        let used = reading(3.0).per_million_since(&reading(1.0), 50_000);
        assert_eq!((used.gateway, used.worker), (Some(40.0), None));
    }

    #[test]
    fn what_was_not_measured_is_said_to_be_unavailable() {
        let report = BenchReport {
            events_per_round: 1,
            connections: 1,
            partitions: 1,
            debug_build: false,
            bare: vec![round(1.0)],
            farol: vec![round(1.0)],
        };
        let text = report.human();
        assert!(
            text.lines().any(|line| line.starts_with("PostgreSQL") && line.ends_with("unavailable")),
            "{text}"
        );
        let json = serde_json::to_value(&report).unwrap_or_default();
        assert!(json["farol"][0]["cpuSecondsPerMillion"].get("postgresql").is_none());
    }
}
