//! Rows about batches of a hundred events.

use super::{
    Error,
    ground::{Ground, Telemetry},
    load::Pace,
    requests::Shape,
    rounds::{cpu, interleave, refused},
    rows::{Row, number},
    side::{KAFKA, LOAD_GENERATOR, REDIS, SERVER},
    single::FAROL,
};

const EVENTS: usize = 100;
/// CPU seconds of the gateway per million events.
const TARGET: f64 = 3.5;

pub(crate) async fn rows(ground: &Ground) -> Result<Vec<Row>, Error> {
    let (_collector, collector_at) = ground.collector().await?;
    let topic = ground.topic(ground.size.partitions).await?;
    let farol = ground.gateway(FAROL, &topic, Telemetry::Shipped, &collector_at).await?;
    let entrants = [(&farol, ground.requests(&farol, Shape::Batch(EVENTS)))];
    let loads = ground.size.loads(Pace::Closed);
    let rounds = interleave("batches", &ground.neighbours, &entrants, ground.size.rounds, loads).await?;
    let named = |id: &str, what: &str, unit: &str| {
        Row::new(format!("batches-{id}"), format!("batches of {EVENTS}: {what}"), unit)
    };
    let row = rounds.row(named("cpu", "the gateway's CPU", "CPU s/M events"), cpu(SERVER));
    let median = row.measures.get(FAROL).map_or(f64::NAN, |measure| measure.median);
    let mut rows = vec![row.judged(format!("≤ {TARGET}"), number(median), median <= TARGET)];
    for (part, id) in [(KAFKA, "cpu-kafka"), (REDIS, "cpu-redis"), (LOAD_GENERATOR, "cpu-load-generator")] {
        rows.push(rounds.row(named(id, &format!("CPU of {part}"), "CPU s/M events"), cpu(part)));
    }
    rows.push(rounds.row(named("rate", "acknowledged", "events/s"), |round| Some(round.seen.per_second)));
    rows.push(rounds.row(named("p99", "p99 of a request", "ms"), |round| Some(round.seen.p99)));
    rows.push(rounds.row(named("refused", "told to come again", "requests"), refused));
    farol.process.stop().await?;
    Ok(rows)
}
