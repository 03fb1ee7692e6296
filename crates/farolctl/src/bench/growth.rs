//! Rows about how the cost of an event grows: with the load, with partitions, with its size.

use super::{
    Error,
    ground::{Ground, Telemetry},
    load::{Load, Pace},
    requests::Shape,
    rounds::{Entrant, Rounds, cpu, interleave},
    rows::{Measure, Row, number},
    side::{Round, SERVER},
    single::{BARE, FAROL},
};

/// How far from the middle of its row a cost may be.
const TOLERANCE: f64 = 0.15;
const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];
/// Stated beside the shares of saturation.
const LOW_RATE: f64 = 1_000.0;
const PARTITIONS: [u16; 3] = [1, 6, 24];
const SIZES: [usize; 5] = [200, 600, 2_048, 6_144, 16_384];
/// From here on the cost counts by the byte.
const BY_THE_BYTE: usize = 2_048;
const PER_MILLION: &str = "CPU s/M events";

pub(crate) async fn rows(ground: &Ground) -> Result<Vec<Row>, Error> {
    let (_collector, collector_at) = ground.collector().await?;
    let mut rows = with_load(ground, &collector_at).await?;
    rows.push(with_partitions(ground, &collector_at).await?);
    rows.extend(with_size(ground, &collector_at).await?);
    Ok(rows)
}

/// Steps of load up to what a closed loop reached just before; beside a handler that does nothing, at the same rates:
/// what grows there too is the machine's.
async fn with_load(ground: &Ground, collector_at: &str) -> Result<Vec<Row>, Error> {
    let topic = ground.topic(ground.size.partitions).await?;
    let farol = ground.gateway(FAROL, &topic, Telemetry::Shipped, collector_at).await?;
    let bare = ground.bare().await?;
    let entrants = [&farol, &bare].map(|side| (side, ground.requests(side, Shape::Single)));
    let loads = ground.size.loads(Pace::Closed);
    let count = ground.size.rounds.min(3);
    let full = interleave("saturation", &ground.neighbours, &entrants[..1], count, loads).await?;
    let rates = Measure::of(full.values(FAROL, |round| Some(round.seen.per_second)));
    let saturation = rates.map_or(LOW_RATE, |rate| rate.median);
    let mut steps = Vec::new();
    let low = (format!("{LOW_RATE:.0}/s"), LOW_RATE);
    let shares = SHARES
        .map(|share| (format!("{:3.0} % ({:.0}/s)", share * 100.0, saturation * share), saturation * share));
    for (name, rate) in [low].into_iter().chain(shares) {
        steps.push((name, at_rate(ground, &entrants, rate).await?));
    }
    farol.process.stop().await?;
    bare.process.stop().await?;
    Ok(load_rows(&steps))
}

async fn at_rate(ground: &Ground, entrants: &[Entrant<'_>], rate: f64) -> Result<Rounds, Error> {
    // enough that a late answer makes no request late
    let connections = ground.size.connections * 4;
    let pace = Pace::Open { requests_per_second: rate };
    let loads = ground.size.loads(pace).map(|load| Load { connections, ..load });
    interleave("step of load", &ground.neighbours, entrants, ground.size.rounds.min(3), loads).await
}

fn load_rows(steps: &[(String, Rounds)]) -> Vec<Row> {
    let costs = |row: Row, side: &str| {
        steps.iter().fold(row, |row, (name, rounds)| row.with(name, rounds.values(side, cpu(SERVER))))
    };
    let farol = Row::new("growth-load-cpu", "CPU of an event by load, % of saturation", PER_MILLION);
    let bare = Row::new("growth-load-cpu-bare", "the bare handler's CPU at the same rates", PER_MILLION);
    let shares: Vec<&String> = steps.iter().skip(1).map(|(name, _)| name).collect();
    let judged = within(costs(farol, FAROL), |name| shares.iter().any(|share| share.as_str() == name));
    let latency = |id: &str, name: &str, of: fn(&Round) -> Option<f64>| {
        let row = Row::new(format!("growth-load-{id}"), format!("open loop by load: {name}"), "ms");
        steps.iter().fold(row, |row, (step, rounds)| row.with(step, rounds.values(FAROL, of)))
    };
    vec![
        judged,
        costs(bare, BARE),
        latency("p50", "p50", |round| Some(round.seen.p50)),
        latency("p99", "p99", |round| Some(round.seen.p99)),
        latency("p999", "p99.9", |round| Some(round.seen.p999)),
        latency("late", "requests sent late by, p99", |round| Some(round.seen.late_p99)),
    ]
}

/// A gateway for each number of partitions, at the same time and in turns.
async fn with_partitions(ground: &Ground, collector_at: &str) -> Result<Row, Error> {
    const NAMES: [&str; 3] = [" 1 partition", " 6 partitions", "24 partitions"];
    let mut sides = Vec::new();
    for (name, partitions) in NAMES.into_iter().zip(PARTITIONS) {
        let topic = ground.topic(partitions).await?;
        sides.push(ground.gateway(name, &topic, Telemetry::Shipped, collector_at).await?);
    }
    let entrants: Vec<_> = sides.iter().map(|side| (side, ground.requests(side, Shape::Single))).collect();
    let loads = ground.size.loads(Pace::Closed);
    let rounds =
        interleave("partitions", &ground.neighbours, &entrants, ground.size.rounds.min(3), loads).await?;
    let row = Row::new("growth-partitions-cpu", "CPU of an event by partitions", PER_MILLION);
    let row = rounds.row(row, cpu(SERVER));
    for side in sides {
        side.process.stop().await?;
    }
    Ok(within(row, |_| true))
}

/// One gateway, and events of growing size.
async fn with_size(ground: &Ground, collector_at: &str) -> Result<Vec<Row>, Error> {
    let topic = ground.topic(ground.size.partitions).await?;
    let farol = ground.gateway(FAROL, &topic, Telemetry::Shipped, collector_at).await?;
    let loads = ground.size.loads(Pace::Closed);
    let mut small = Row::new("growth-size-cpu", "CPU of an event by size, up to 2 KiB", PER_MILLION);
    let mut large =
        Row::new("growth-size-cpu-per-kib", "CPU of an event by size, per KiB from 2 KiB on", "CPU s/M KiB");
    for bytes in SIZES {
        let entrants = [(&farol, ground.requests(&farol, Shape::Bytes(bytes)))];
        let count = ground.size.rounds.min(3);
        let rounds = interleave("sizes", &ground.neighbours, &entrants, count, loads).await?;
        let (name, costs) = (format!("{bytes:5} bytes"), rounds.values(FAROL, cpu(SERVER)));
        if bytes <= BY_THE_BYTE {
            small = small.with(&name, costs.clone());
        }
        if bytes >= BY_THE_BYTE {
            let kib = bytes as f64 / 1024.0;
            large = large.with(&name, costs.into_iter().map(|cost| cost / kib).collect());
        }
    }
    farol.process.stop().await?;
    Ok(vec![within(small, |_| true), no_dearer(large)])
}

/// Judges a row by how far its medians lie from the middle between the lowest and the highest.
fn within(row: Row, counts: impl Fn(&str) -> bool) -> Row {
    let counted = row.measures.iter().filter(|(name, _)| counts(name)).map(|(_, measure)| measure.median);
    let (low, high) = counted
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let spread = (high - low) / (high + low);
    let measured = format!("± {} %", number(spread * 100.0));
    row.judged(format!("within ± {:.0} %", TOLERANCE * 100.0), measured, spread <= TOLERANCE)
}

/// Judges a row by its first side: nothing after it may cost more.
fn no_dearer(row: Row) -> Row {
    let mut medians = row.measures.values().map(|measure| measure.median);
    let first = medians.next().unwrap_or(f64::NAN);
    let worst = medians.fold(f64::NEG_INFINITY, f64::max) / first;
    let target = format!("≤ {} × that at 2 KiB", 1.0 + TOLERANCE);
    row.judged(target, format!("{} ×", number(worst)), worst.is_finite() && worst <= 1.0 + TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f64]) -> Row {
        let names = ["a", "b", "c"];
        names.iter().zip(values).fold(Row::new("", "", ""), |row, (name, value)| row.with(name, vec![*value]))
    }

    #[test]
    fn costs_may_lie_fifteen_hundredths_around_their_middle() {
        assert_eq!(within(row(&[85.0, 115.0, 100.0]), |_| true).passed, Some(true));
        assert_eq!(within(row(&[84.0, 116.0, 100.0]), |_| true).passed, Some(false));
        assert_eq!(within(row(&[10.0, 115.0, 100.0]), |name| name != "a").passed, Some(true));
        assert_eq!(within(row(&[]), |_| true).passed, Some(false));
    }

    #[test]
    fn a_byte_may_become_cheaper_and_not_dearer() {
        assert_eq!(no_dearer(row(&[10.0, 6.0, 11.4])).passed, Some(true));
        assert_eq!(no_dearer(row(&[10.0, 6.0, 11.6])).passed, Some(false));
        assert_eq!(no_dearer(row(&[10.0])).passed, Some(false), "one size shows no growth");
    }
}
