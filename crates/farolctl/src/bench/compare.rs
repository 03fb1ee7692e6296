//! This build beside another one, in paired rounds: how much more or less CPU an event costs, and how sure the pairs
//! make us. A machine with other work widens the bounds; it does not fail the gate by itself. The gateways' rounds are
//! here, the workers' in `bench_storage::compare`.

use std::path::Path;

use super::{
    Error,
    ground::{Ground, Telemetry},
    load::Pace,
    requests::Shape,
    rounds::{Rounds, cpu, interleave},
    rows::Row,
    side::{SERVER, Side},
};
use crate::isolation::statistics;

pub(crate) const BASE: &str = "base";
pub(crate) const THIS: &str = "this build";
/// What may be slower before somebody has to look, at the lower confidence bound.
const SLOWER_BY: f64 = 0.05;

pub(crate) async fn rows(ground: &Ground, base_bin_dir: &Path) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let shapes =
        [("single", "single events", Shape::Single), ("batches", "batches of 100", Shape::Batch(100))];
    for (id, what, shape) in shapes {
        let rounds = paired(ground, base_bin_dir, shape).await?;
        let row =
            Row::new(format!("compare-{id}-cpu"), format!("{what}: the gateway's CPU"), "CPU s/M events");
        rows.push(judged(&rounds, rounds.row(row, cpu(SERVER))));
        let row = Row::new(format!("compare-{id}-rate"), format!("{what}: acknowledged"), "events/s");
        rows.push(rounds.row(row, |round| Some(round.seen.per_second)));
    }
    Ok(rows)
}

async fn paired(ground: &Ground, base_bin_dir: &Path, shape: Shape) -> Result<Rounds, Error> {
    let (_collector, collector_at) = ground.collector().await?;
    let mut sides = Vec::new();
    for (name, bin_dir) in [(BASE, base_bin_dir), (THIS, &ground.bin_dir)] {
        let topic = ground.topic(ground.size.partitions).await?;
        let (mut process, target) =
            ground.start_gateway(bin_dir, &topic, Telemetry::Shipped, &collector_at)?;
        process.wait_ready(&target.host).await?;
        sides.push(Side::new(name, process, target)?);
    }
    let entrants: Vec<_> = sides.iter().map(|side| (side, ground.requests(side, shape))).collect();
    let loads = ground.size.loads(Pace::Closed);
    let rounds = interleave("pairs", &ground.neighbours, &entrants, ground.size.rounds, loads).await?;
    for side in sides {
        side.process.stop().await?;
    }
    Ok(rounds)
}

fn judged(rounds: &Rounds, row: Row) -> Row {
    let (base, this) = (rounds.values(BASE, cpu(SERVER)), rounds.values(THIS, cpu(SERVER)));
    of_pairs(row, &base.into_iter().zip(this).collect::<Vec<_>>())
}

/// Judges a row by pairs of what `BASE` and what `THIS` used.
pub(crate) fn of_pairs(row: Row, pairs: &[(f64, f64)]) -> Row {
    let target = format!("not surely more than {:.0} % above base", SLOWER_BY * 100.0);
    match statistics::change(pairs) {
        Some(change) => {
            let [mean, lower, upper] = [change.mean, change.lower, change.upper].map(|share| share * 100.0);
            let measured = format!("{mean:+.1} % ({lower:+.1} to {upper:+.1})");
            row.judged(target, measured, change.lower <= SLOWER_BY)
        }
        None => row.judged(target, "too few pairs", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(pairs: &[(f64, f64)]) -> Option<bool> {
        of_pairs(Row::new("", "", ""), pairs).passed
    }

    #[test]
    fn only_what_is_surely_dearer_fails() {
        assert_eq!(passed(&[(10.0, 12.0), (11.0, 13.2), (9.0, 10.8)]), Some(false), "always a fifth more");
        assert_eq!(
            passed(&[(10.0, 10.3), (11.0, 11.4), (9.0, 9.3)]),
            Some(true),
            "less than what is looked at"
        );
        assert_eq!(passed(&[(10.0, 15.0), (10.0, 9.0), (10.0, 12.0)]), Some(true), "perhaps the machine's");
    }

    #[test]
    fn one_pair_is_no_verdict_in_favour() {
        assert_eq!(passed(&[(10.0, 9.0)]), Some(false));
    }
}
