//! Rows about memory: the gateway at full load for a long time.

use std::time::Duration;

use super::{
    Error,
    ground::{Ground, Telemetry},
    load::{Load, Pace},
    requests::Shape,
    rows::{Measure, Row, number},
    single::FAROL,
};
use crate::load_check::memory::Watch;

/// From then on nothing may grow; a shorter soak settles for a seventh of its time.
const SETTLED_AFTER: Duration = Duration::from_secs(120);
/// Memory that creeps shows in the medians of these parts; what an allocator takes for a moment does not.
const PARTS: usize = 12;
const FLAT: f64 = 0.05;
const MOST_MIB: f64 = 80.0;

pub(crate) async fn rows(ground: &Ground) -> Result<Vec<Row>, Error> {
    let (_collector, collector_at) = ground.collector().await?;
    let topic = ground.topic(ground.size.partitions).await?;
    let farol = ground.gateway(FAROL, &topic, Telemetry::Shipped, &collector_at).await?;
    let requests = ground.requests(&farol, Shape::Single);
    let length = ground.size.soak;
    let load = Load { connections: ground.size.connections, length, pace: Pace::Closed };
    let watch = Watch::start(farol.process.pid());
    let minutes = Duration::from_secs(60);
    eprintln!("soak: {:.1} minutes at full load", length.as_secs_f64() / minutes.as_secs_f64());
    let round = farol.round(&ground.neighbours, &requests, load).await?;
    let memory = watch.stop();
    farol.process.stop().await?;
    let settled = memory.since(SETTLED_AFTER.min(length / 7).as_secs_f64() / length.as_secs_f64());
    let rate = Row::new("soak-rate", "soak: acknowledged", "events/s");
    Ok(vec![flat(settled), small(memory.most()), rate.with(FAROL, vec![round.seen.per_second])])
}

fn flat(settled: Vec<f64>) -> Row {
    let what = format!("soak: RSS of the gateway from minute 2 on, medians of {PARTS} parts");
    let row = Row::new("soak-rss", what, "MiB").with(FAROL, by_part(&settled));
    let spread = row.measures.get(FAROL).map_or(f64::NAN, |rss| (rss.max - rss.min) / (rss.max + rss.min));
    let measured = format!("± {} %", number(spread * 100.0));
    row.judged(format!("flat, ± {:.0} %", FLAT * 100.0), measured, spread <= FLAT)
}

fn by_part(samples: &[f64]) -> Vec<f64> {
    let length = samples.len().div_ceil(PARTS).max(1);
    samples.chunks(length).filter_map(|part| Some(Measure::of(part.to_vec())?.median)).collect()
}

fn small(most: f64) -> Row {
    let row = Row::new("soak-rss-most", "soak: most RSS of the gateway", "MiB").with(FAROL, vec![most]);
    row.judged(format!("< {MOST_MIB:.0}"), number(most), most < MOST_MIB)
}

#[cfg(test)]
mod tests {
    use super::{PARTS, flat};

    #[test]
    fn memory_that_creeps_is_not_flat() {
        assert_eq!(flat(vec![50.0, 52.0, 51.0]).passed, Some(true));
        assert_eq!(flat(vec![50.0, 53.0, 56.0]).passed, Some(false));
        assert_eq!(flat(Vec::new()).passed, Some(false), "nothing seen is nothing shown");
    }

    #[test]
    fn what_is_taken_for_a_moment_and_given_back_does_not_creep() {
        let part = [50.0, 70.0, 49.0];
        assert_eq!(flat(part.repeat(PARTS)).passed, Some(true));
        assert_eq!(flat([part.repeat(PARTS - 1), vec![60.0; 3]].concat()).passed, Some(false));
    }
}
