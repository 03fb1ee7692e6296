//! Rounds of several sides in turns, so that a slower minute of the machine meets all of them, and the comparisons that
//! follow: of the sides' rounds one by one, never of one side's best with another's worst.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Error,
    load::Load,
    requests::Requests,
    rows::{Measure, Row, number},
    side::{Neighbours, Round, Side},
};
use crate::progress::Progress;

/// What all sides did.
#[derive(Debug, Default)]
pub(crate) struct Rounds(BTreeMap<&'static str, Vec<Round>>);

/// A side and what is sent to it.
pub(crate) type Entrant<'a> = (&'a Side, Arc<Requests>);

/// Each side once without being counted, then `count` rounds of all; every round begins with another side.
pub(crate) async fn interleave(
    label: &'static str,
    neighbours: &Neighbours,
    entrants: &[Entrant<'_>],
    count: usize,
    [warm_up, load]: [Load; 2],
) -> Result<Rounds, Error> {
    let progress = Progress::start(label, ((count + 1) * entrants.len()) as u64);
    for (side, requests) in entrants {
        side.round(neighbours, requests, warm_up).await?;
        progress.advance();
    }
    let mut rounds = Rounds::default();
    for number in 0..count {
        for turn in 0..entrants.len() {
            let (side, requests) = &entrants[(number + turn) % entrants.len()];
            rounds.add(side.name, side.round(neighbours, requests, load).await?);
            progress.advance();
        }
    }
    progress.finish();
    Ok(rounds)
}

impl Rounds {
    pub(crate) fn add(&mut self, side: &'static str, round: Round) {
        self.0.entry(side).or_default().push(round);
    }

    pub(crate) fn sides(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// One number of one side's rounds, in their order.
    pub(crate) fn values(&self, side: &str, of: impl Fn(&Round) -> Option<f64>) -> Vec<f64> {
        self.0.get(side).into_iter().flatten().filter_map(of).collect()
    }

    /// One number of all sides.
    pub(crate) fn row(&self, row: Row, of: impl Fn(&Round) -> Option<f64> + Copy) -> Row {
        self.sides().fold(row, |row, side| row.with(side, self.values(side, of)))
    }

    /// `left` divided by `right`, round by round.
    pub(crate) fn ratio(
        &self,
        of: impl Fn(&Round) -> Option<f64> + Copy,
        left: &str,
        right: &str,
    ) -> Option<Measure> {
        let pairs = self.values(left, of).into_iter().zip(self.values(right, of));
        Measure::of(pairs.map(|(left, right)| left / right).collect())
    }
}

/// CPU of one process kind.
pub(crate) fn cpu(of: &'static str) -> impl Fn(&Round) -> Option<f64> + Copy {
    move |round| round.cpu.get(of).copied()
}

/// Requests that were refused for want of room.
pub(crate) fn refused(round: &Round) -> Option<f64> {
    Some(round.seen.refused as f64)
}

/// Judges a row by a ratio that must not be above `bound`.
pub(crate) fn at_most(row: Row, ratio: Option<&Measure>, bound: f64, of: &str) -> Row {
    let passed = ratio.is_some_and(|ratio| ratio.median <= bound);
    row.judged(format!("≤ {bound} × {of}"), ratio.map_or("nothing".to_owned(), times), passed)
}

/// Judges a row by a ratio that must not be below `bound`.
pub(crate) fn at_least(row: Row, ratio: Option<&Measure>, bound: f64, of: &str) -> Row {
    let passed = ratio.is_some_and(|ratio| ratio.median >= bound);
    row.judged(format!("≥ {bound} × {of}"), ratio.map_or("nothing".to_owned(), times), passed)
}

fn times(ratio: &Measure) -> String {
    format!("{} × ({} to {})", number(ratio.median), number(ratio.min), number(ratio.max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{side::SERVER, tally::Tally};

    fn round(server: f64) -> Round {
        let seen = Tally::new().unwrap().seen(std::time::Duration::from_secs(1), 1);
        Round { seen, cpu: BTreeMap::from([(SERVER, server)]), resident_mib: 0.0 }
    }

    #[test]
    fn a_ratio_is_of_rounds_that_were_neighbours() {
        let mut rounds = Rounds::default();
        for (farol, bare) in [(10.0, 5.0), (30.0, 10.0), (8.0, 8.0)] {
            rounds.add("farol", round(farol));
            rounds.add("bare", round(bare));
        }
        let ratio = rounds.ratio(cpu(SERVER), "farol", "bare").unwrap();
        assert_eq!((ratio.median, ratio.min, ratio.max), (2.0, 1.0, 3.0));
        let row = at_most(Row::new("", "", ""), Some(&ratio), 2.0, "bare");
        assert_eq!((row.passed, row.measured.as_deref()), (Some(true), Some("2.00 × (1.00 to 3.00)")));
        assert_eq!(at_least(Row::new("", "", ""), Some(&ratio), 2.1, "bare").passed, Some(false));
    }

    #[test]
    fn what_was_not_measured_misses_its_target() {
        let nothing = Rounds::default().ratio(cpu(SERVER), "farol", "bare");
        assert_eq!(at_most(Row::new("", "", ""), nothing.as_ref(), 3.0, "bare").passed, Some(false));
    }
}
