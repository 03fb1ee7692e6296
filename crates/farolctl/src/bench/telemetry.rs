//! Rows about what telemetry costs, and about how soon a gateway is ready.

use std::time::Instant;

use super::{
    Error,
    ground::{Ground, Telemetry},
    load::Pace,
    requests::Shape,
    rounds::{at_most, cpu, interleave},
    rows::{Row, number},
    side::SERVER,
    single::FAROL,
};

const SHIPPED: &str = "1 % of traces, as shipped";
const NOTHING: &str = "no traces";
const EVERYTHING: &str = "all traces";
/// What shipped sampling may cost beside none.
const TARGET: f64 = 1.10;
const READY_MS: f64 = 300.0;

/// Three gateways in turns.
pub(crate) async fn cost(ground: &Ground) -> Result<Vec<Row>, Error> {
    let (_collector, collector_at) = ground.collector().await?;
    let mut sides = Vec::new();
    let kinds =
        [(NOTHING, Telemetry::NoTraces), (SHIPPED, Telemetry::Shipped), (EVERYTHING, Telemetry::Everything)];
    for (name, telemetry) in kinds {
        let topic = ground.topic(ground.size.partitions).await?;
        sides.push(ground.gateway(name, &topic, telemetry, &collector_at).await?);
    }
    let entrants: Vec<_> = sides.iter().map(|side| (side, ground.requests(side, Shape::Single))).collect();
    let loads = ground.size.loads(Pace::Closed);
    let rounds = interleave("telemetry", &ground.neighbours, &entrants, ground.size.rounds, loads).await?;
    let row = Row::new("telemetry-cpu", "single events: the gateway's CPU by sampling", "CPU s/M events");
    let row = rounds.row(row, cpu(SERVER));
    let ratio = rounds.ratio(cpu(SERVER), SHIPPED, NOTHING);
    for side in sides {
        side.process.stop().await?;
    }
    Ok(vec![at_most(row, ratio.as_ref(), TARGET, NOTHING)])
}

/// Starts with everything that it depends on up.
pub(crate) async fn start(ground: &Ground) -> Result<Vec<Row>, Error> {
    let (_collector, collector_at) = ground.collector().await?;
    let topic = ground.topic(ground.size.partitions).await?;
    let mut times = Vec::new();
    for _ in 0..ground.size.rounds {
        let begin = Instant::now();
        let (mut process, target) =
            ground.start_gateway(&ground.bin_dir, &topic, Telemetry::Shipped, &collector_at)?;
        process.wait_ready(&target.host).await?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        process.stop().await?;
    }
    let row = Row::new("start", "gateway: process start to ready", "ms").with(FAROL, times);
    let median = row.measures.get(FAROL).map_or(f64::NAN, |time| time.median);
    Ok(vec![row.judged(format!("< {READY_MS:.0}"), number(median), median < READY_MS)])
}
