//! From rounds to rows: what each side did, what the targets say of it.

use super::{
    Round,
    freshness::Freshness,
    rounds::{ADDED, COPY, COPY_STAGING, COPY_WITH_KEYS, DEBEZIUM, FAROL, Sides, slowed},
};
use crate::bench::rows::{Measure, Row};

/// Memory that grew by more than this is not flat.
const FLAT: f64 = 1.05;
/// The share of the local rate that is asked for over each of the longer ways.
const OVER_LINKS: [f64; 2] = [0.7, 0.4];
const LINK_IDS: [&str; 2] = ["storage-link-2.5ms", "storage-link-12ms"];

/// Every row that the interleaved rounds speak of; a side that did not run is in none.
pub(crate) fn of_rounds(sides: &Sides) -> Vec<Row> {
    let rates = row(sides, "storage-rows-per-second", "Kafka to PostgreSQL", "rows/s", |round| {
        Some(round.rows_per_second)
    });
    let client = row(sides, "storage-client-cpu", "CPU of worker, JVM, COPY's client", "s/M rows", |round| {
        Some(round.client)
    });
    let server =
        row(sides, "storage-postgresql-cpu", "CPU of PostgreSQL", "s/M rows", |round| round.postgresql);
    let broker = row(sides, "storage-kafka-cpu", "CPU of Kafka", "s/M rows", |round| round.broker);
    let mut rows = Vec::new();
    let share = |of: &Row, side: &str| Some(median(of, FAROL)? / median(of, side)?);
    if let Some(share) = share(&rates, COPY) {
        rows.push(alone(&rates, "storage-beside-copy", COPY).judged(
            "≥ 60 % of COPY",
            percent(share),
            share >= 0.6,
        ));
    }
    if let Some(share) = share(&rates, DEBEZIUM) {
        let row = alone(&rates, "storage-beside-debezium", DEBEZIUM);
        rows.push(row.judged("≥ 1.4 × Debezium", times(share), share >= 1.4));
    }
    if let Some(share) = share(&client, DEBEZIUM) {
        let row = alone(&client, "storage-worker-cpu", DEBEZIUM);
        rows.push(row.judged("≤ 1/7 of the JVM's", format!("1/{:.1}", 1.0 / share), share <= 1.0 / 7.0));
    }
    if let Some(share) = share(&server, COPY) {
        let row = alone(&server, "storage-postgresql-cpu-beside-copy", COPY);
        rows.push(row.judged("≤ 1.5 × COPY's", times(share), share <= 1.5));
    }
    rows.extend(over_links(&rates));
    rows.extend(memory(sides));
    rows.extend([rates, client, server, broker]);
    rows
}

fn over_links(rates: &Row) -> Vec<Row> {
    let links = ADDED.iter().zip(OVER_LINKS).zip(LINK_IDS);
    let judged = links.filter_map(|((added, least), id)| {
        let slow = slowed(*added);
        let share = median(rates, &slow)? / median(rates, FAROL)?;
        let target = format!("≥ {} of the local rate", percent(least));
        Some(alone(rates, id, &slow).judged(target, percent(share), share >= least))
    });
    judged.collect()
}

/// A side's median.
fn median(row: &Row, side: &str) -> Option<f64> {
    row.measures.get(side).map(|measure| measure.median)
}

/// Every side of one figure.
fn row(sides: &Sides, id: &str, what: &str, unit: &str, of: impl Fn(&Round) -> Option<f64>) -> Row {
    sides.iter().fold(Row::new(id, what, unit), |row, (name, rounds)| {
        row.with(name, rounds.iter().filter_map(&of).collect())
    })
}

/// The worker beside one other side.
fn alone(row: &Row, id: &str, side: &str) -> Row {
    let named = match side {
        COPY => "beside COPY of the rows alone",
        COPY_WITH_KEYS => "beside COPY of rows and keys",
        COPY_STAGING => "beside COPY into a staging table",
        DEBEZIUM => "beside Kafka Connect with Debezium's JDBC sink",
        _ => "with a longer way to PostgreSQL",
    };
    let mut pair = Row::new(id, format!("{}, {named}", row.what), row.unit.clone());
    let kept = row.measures.iter().filter(|(name, _)| [FAROL, side].contains(&name.as_str()));
    pair.measures = kept.map(|(name, measure)| (name.clone(), measure.clone())).collect();
    pair
}

fn memory(sides: &Sides) -> Option<Row> {
    let rounds: Vec<_> = sides.get(FAROL)?.iter().filter_map(|round| round.memory).collect();
    let grown = Measure::of(rounds.iter().map(|(first, last)| last / first).collect())?;
    let row =
        Row::new("storage-worker-memory", "memory of the worker, first and last half of a round", "MiB")
            .with("farol, first half", rounds.iter().map(|(first, _)| *first).collect())
            .with("farol, last half", rounds.iter().map(|(_, last)| *last).collect());
    Some(row.judged("last ≤ 1.05 × first", times(grown.median), grown.median <= FLAT))
}

/// With many events there already, beside the empty table.
pub(crate) fn of_prefilled(rounds: &[Round], empty: &[Round], rows_there: i64, sizes: &str) -> Option<Row> {
    let rates = |rounds: &[Round]| rounds.iter().map(|round| round.rows_per_second).collect::<Vec<_>>();
    let share = Measure::of(rates(rounds))?.median / Measure::of(rates(empty))?.median;
    let what = format!("Kafka to PostgreSQL, {rows_there} events there already ({sizes})");
    let row = Row::new("storage-prefilled", what, "rows/s")
        .with("farol", rates(rounds))
        .with("farol, empty", rates(empty));
    Some(row.judged("≥ 70 % of the empty table's rate", percent(share), share >= 0.7))
}

/// Freshness under one load.
pub(crate) fn of_freshness(id: &str, what: &str, rounds: &[Freshness], at_most_ms: f64) -> Option<Row> {
    let p99 = rounds.iter().map(Freshness::p99_ms).collect::<Vec<_>>();
    let within = Measure::of(rounds.iter().map(|round| round.within(at_most_ms)).collect())?;
    let rate = Measure::of(rounds.iter().map(|round| round.events_per_second).collect())?;
    let what = format!("received → committed, {what}, {:.0} events/s, p99", rate.median);
    let measured = format!("{:.2} % within {at_most_ms} ms", within.median * 1e2);
    let row = Row::new(id, what, "ms").with("farol", p99);
    Some(row.judged(format!("p99 ≤ {at_most_ms} ms"), measured, within.median >= 0.99))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 1e2)
}

fn times(share: f64) -> String {
    format!("{share:.2} ×")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(rows_per_second: f64, client: f64, postgresql: f64) -> Round {
        Round {
            rows_per_second,
            client,
            postgresql: Some(postgresql),
            broker: None,
            memory: Some((50.0, 51.0)),
        }
    }

    fn verdict(sides: &Sides, id: &str) -> Option<bool> {
        of_rounds(sides).iter().find(|row| row.id == id)?.passed
    }

    #[test]
    fn each_target_is_judged_by_medians() {
        let side = |name: &str, round: Round| (name.to_owned(), vec![round]);
        let sides = Sides::from([
            side(FAROL, round(60.0, 4.0, 15.0)),
            side(COPY, round(100.0, 1.0, 10.0)),
            side(DEBEZIUM, round(43.0, 27.0, 16.0)),
            side(&slowed(2_500), round(41.0, 4.0, 15.0)),
            side(&slowed(12_000), round(24.0, 4.0, 15.0)),
        ]);
        assert_eq!(verdict(&sides, "storage-beside-copy"), Some(true));
        assert_eq!(verdict(&sides, "storage-beside-debezium"), Some(false));
        assert_eq!(verdict(&sides, "storage-worker-cpu"), Some(false));
        assert_eq!(verdict(&sides, "storage-postgresql-cpu-beside-copy"), Some(true));
        assert_eq!(verdict(&sides, "storage-link-2.5ms"), Some(false));
        assert_eq!(verdict(&sides, "storage-link-12ms"), Some(true));
        assert_eq!(verdict(&sides, "storage-worker-memory"), Some(true));
        assert_eq!(verdict(&sides, "storage-rows-per-second"), None);
    }

    #[test]
    fn a_side_that_did_not_run_is_not_judged() {
        let sides = Sides::from([(FAROL.to_owned(), vec![round(1.0, 1.0, 1.0)])]);
        let judged: Vec<_> =
            of_rounds(&sides).into_iter().filter(|row| row.passed.is_some()).map(|row| row.id).collect();
        assert_eq!(judged, ["storage-worker-memory"]);
    }
}
