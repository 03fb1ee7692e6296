//! Rows about single events of about 300 bytes: the gateway as it is shipped beside a handler that does nothing and,
//! where they are wanted, beside the rivals. First each as fast as it can, then all at a rate that the slowest of
//! them bears.

use std::time::Duration;

use super::{
    Error,
    ground::{Ground, Telemetry},
    load::Pace,
    requests::Shape,
    rivals::{FASTAPI_1, FASTAPI_2, FLASK, Rivals},
    rounds::{Entrant, Rounds, at_least, at_most, cpu, interleave, refused},
    rows::{Row, number},
    side::{KAFKA, LOAD_GENERATOR, REDIS, Round, SERVER},
};

pub(crate) const BARE: &str = "bare";
pub(crate) const FAROL: &str = "farol";
/// So far below what the slowest bears that no side has a queue.
const EASY: f64 = 0.7;
const PER_MILLION: &str = "CPU s/M events";

/// All rows of single events.
pub(crate) async fn rows(ground: &Ground, rivals: &Rivals) -> Result<Vec<Row>, Error> {
    let (_collector, collector_at) = ground.collector().await?;
    let topic = ground.topic(ground.size.partitions).await?;
    let farol = ground.gateway(FAROL, &topic, Telemetry::Shipped, &collector_at).await?;
    let mut sides = vec![ground.bare().await?, farol];
    sides.extend(rivals.start(ground).await?);
    let entrants: Vec<Entrant<'_>> =
        sides.iter().map(|side| (side, ground.requests(side, Shape::Single))).collect();
    let loads = ground.size.loads(Pace::Closed);
    let full = interleave("single events", &ground.neighbours, &entrants, ground.size.rounds, loads).await?;
    let easy = easy_rate(&full);
    let pace = Pace::Open { requests_per_second: easy };
    let [warm_up, mut load] = ground.size.loads(pace);
    load.length = load.length.max(Duration::from_secs(2)) / 2;
    let open = interleave("open loop", &ground.neighbours, &entrants, ground.size.rounds, [warm_up, load]);
    let open = open.await?;
    let event_bytes = entrants.first().map_or(0, |(_, requests)| requests.event_bytes());
    let mut rows = cost(&full, rivals.are_wanted(), event_bytes);
    rows.extend(speed(&full, rivals.are_wanted()));
    rows.extend(at_one_rate(&open, easy));
    for side in sides {
        side.process.stop().await?;
    }
    Ok(rows)
}

fn easy_rate(full: &Rounds) -> f64 {
    let medians = full.sides().filter_map(|side| {
        let rates = full.values(side, |round| Some(round.seen.per_second));
        super::rows::Measure::of(rates).map(|rate| rate.median)
    });
    (medians.fold(f64::INFINITY, f64::min) * EASY / 100.0).floor().max(1.0) * 100.0
}

fn cost(full: &Rounds, with_rivals: bool, event_bytes: usize) -> Vec<Row> {
    let server = cpu(SERVER);
    let what = format!("single events of {event_bytes} bytes: the server's CPU");
    let row = Row::new("single-events-cpu", what, PER_MILLION);
    let ratio = full.ratio(server, FAROL, BARE);
    let mut rows = vec![at_most(full.row(row, server), ratio.as_ref(), 3.0, "bare handler")];
    if with_rivals {
        let least = [(FLASK, 20.0, "flask"), (FASTAPI_1, 6.0, "fastapi-1"), (FASTAPI_2, 6.0, "fastapi-2")];
        for (rival, bound, id) in least {
            let what = format!("single events: CPU of {rival} beside the gateway's");
            let row = Row::new(format!("single-events-cpu-{id}"), what, "ratio");
            rows.push(beside(full, row, server, rival, FAROL, bound, "gateway"));
        }
    }
    let parts = [(KAFKA, "kafka"), (REDIS, "redis"), (LOAD_GENERATOR, "load-generator")];
    for (part, id) in parts {
        let row =
            Row::new(format!("single-events-cpu-{id}"), format!("single events: CPU of {part}"), PER_MILLION);
        rows.push(full.row(row, cpu(part)));
    }
    rows
}

fn speed(full: &Rounds, with_rivals: bool) -> Vec<Row> {
    let rate = |round: &Round| Some(round.seen.per_second);
    let row = Row::new("single-events-rate", "single events: acknowledged", "events/s");
    let mut rows = vec![full.row(row, rate)];
    if with_rivals {
        for (rival, bound, id) in [(FLASK, 8.0, "flask"), (FASTAPI_2, 2.0, "fastapi-2")] {
            let row =
                Row::new(format!("single-events-rate-{id}"), format!("acknowledged beside {rival}"), "ratio");
            rows.push(beside(full, row, rate, FAROL, rival, bound, rival));
        }
    }
    rows.push(full.row(Row::new("single-events-p50", "single events at saturation: p50", "ms"), |round| {
        Some(round.seen.p50)
    }));
    rows.push(slowest(full, with_rivals));
    rows.push(
        full.row(Row::new("single-events-p999", "single events at saturation: p99.9", "ms"), |round| {
            Some(round.seen.p999)
        }),
    );
    let row =
        Row::new("single-events-refused", "single events at saturation: told to come again", "requests");
    rows.push(full.row(row, refused));
    let memory = full.values(FAROL, |round| Some(round.resident_mib));
    rows.push(Row::new("single-events-rss", "gateway: RSS after a round", "MiB").with(FAROL, memory));
    rows
}

/// The ratio of two sides as a row of its own.
fn beside(
    rounds: &Rounds,
    row: Row,
    of: impl Fn(&Round) -> Option<f64> + Copy,
    left: &str,
    right: &str,
    bound: f64,
    name: &str,
) -> Row {
    let ratio = rounds.ratio(of, left, right);
    let values = ratio.as_ref().map_or_else(Vec::new, |ratio| ratio.rounds.clone());
    at_least(row.with(&format!("{left} / {right}"), values), ratio.as_ref(), bound, name)
}

/// The p99 of all, held against every rival's median.
fn slowest(full: &Rounds, with_rivals: bool) -> Row {
    let p99 = |round: &Round| Some(round.seen.p99);
    let row = full.row(Row::new("single-events-p99", "single events at saturation: p99", "ms"), p99);
    if !with_rivals {
        return row;
    }
    let median = |side: &str| row.measures.get(side).map_or(f64::NAN, |measure| measure.median);
    let rivals = [FLASK, FASTAPI_1, FASTAPI_2].map(median);
    let (farol, best) = (median(FAROL), rivals.into_iter().fold(f64::INFINITY, f64::min));
    row.judged(
        format!("below every rival's, {} ms", number(best)),
        format!("{} ms", number(farol)),
        farol < best,
    )
}

/// Latency where nobody is at its limit; counted from the moment a request was meant to be sent.
fn at_one_rate(open: &Rounds, rate: f64) -> Vec<Row> {
    let named = |id: &str, name: &str| {
        Row::new(format!("single-events-open-{id}"), format!("open loop at {rate:.0}/s: {name}"), "ms")
    };
    vec![
        open.row(named("p50", "p50"), |round| Some(round.seen.p50)),
        open.row(named("p99", "p99"), |round| Some(round.seen.p99)),
        open.row(named("p999", "p99.9"), |round| Some(round.seen.p999)),
        open.row(named("late", "requests sent late by, p99"), |round| Some(round.seen.late_p99)),
    ]
}
