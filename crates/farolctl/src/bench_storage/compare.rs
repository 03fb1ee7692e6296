//! This build's worker beside another build's, in pairs of rounds: what a row costs the worker, and what it costs
//! PostgreSQL. Each side makes its tables by its own migrations.

use std::path::Path;

use super::{Round, ground::Ground, worker};
use crate::{
    bench::{
        Error,
        compare::{BASE, THIS, of_pairs},
        rows::Row,
    },
    progress::Progress,
};

/// What one side used in a round, if it can be known.
type Used = fn(&Round) -> Option<f64>;

/// Has each worker read all `count` records of `topic` so many times, after a pair of rounds that does not count.
pub(crate) async fn rows(
    ground: &Ground,
    base_bin_dir: &Path,
    topic: &str,
    count: u32,
    pairs: usize,
) -> Result<Vec<Row>, Error> {
    let sides = [Ground { bin_dir: base_bin_dir.to_owned(), ..ground.clone() }, ground.clone()];
    let progress = Progress::start("workers, in pairs", pairs as u64 + 1);
    pair(&sides, topic, count, 0).await?;
    progress.advance();
    let mut rounds = Vec::with_capacity(pairs);
    for number in 0..pairs {
        rounds.push(pair(&sides, topic, count, number).await?);
        progress.advance();
    }
    progress.finish();
    Ok(told(&rounds))
}

/// A round of base and one of this build, the other way round where `number` is odd.
async fn pair(sides: &[Ground; 2], topic: &str, count: u32, number: usize) -> Result<[Round; 2], Error> {
    let [base, this] = sides.each_ref().map(|side| worker::fresh_round(side, topic, count.into()));
    match number % 2 {
        0 => Ok([base.await?, this.await?]),
        _ => {
            let this = this.await?;
            Ok([base.await?, this])
        }
    }
}

fn told(rounds: &[[Round; 2]]) -> Vec<Row> {
    let row = |id: &str, what: &str, unit: &str, of: Used| {
        let pairs: Vec<(f64, f64)> =
            rounds.iter().filter_map(|[base, this]| Some((of(base)?, of(this)?))).collect();
        let (base, this) = pairs.iter().copied().unzip();
        let what = format!("Kafka to PostgreSQL: {what}");
        (Row::new(format!("compare-{id}"), what, unit).with(BASE, base).with(THIS, this), pairs)
    };
    let judged = |(row, pairs): (Row, Vec<(f64, f64)>)| of_pairs(row, &pairs);
    vec![
        judged(row("worker-cpu", "the worker's CPU", "CPU s/M rows", |round| Some(round.client))),
        judged(row("postgresql-cpu", "PostgreSQL's CPU", "CPU s/M rows", |round| round.postgresql)),
        row("worker-rate", "stored", "rows/s", |round| Some(round.rows_per_second)).0,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(client: f64, postgresql: Option<f64>) -> Round {
        Round { rows_per_second: 50_000.0, client, postgresql, broker: None, memory: None }
    }

    #[test]
    fn worker_and_postgresql_are_judged_each_by_its_own_pairs() {
        let rounds: Vec<_> =
            [9.0, 10.0, 11.0].map(|base| [used(base, Some(base)), used(base * 1.3, Some(base * 0.9))]).into();
        let rows = told(&rounds);
        let verdicts: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.passed)).collect();
        let expected = [
            ("compare-worker-cpu", Some(false)),
            ("compare-postgresql-cpu", Some(true)),
            ("compare-worker-rate", None),
        ];
        assert_eq!(verdicts, expected);
        assert_eq!(rows[0].measures[THIS].median, 13.0);
    }

    #[test]
    fn a_server_elsewhere_whose_cpu_nobody_knows_keeps_nothing() {
        let rows = told(&[[used(9.0, None), used(9.0, None)], [used(9.0, None), used(9.0, None)]]);
        assert_eq!((rows[0].passed, rows[1].passed), (Some(true), Some(false)));
    }
}
