//! Paired rounds: the same load with a whole collector and with a broken one, in turns, so that what
//! else happens on the machine meets both.

use std::time::Duration;

use super::{Size, bed::Bed, collector_link::Collector, statistics};
use crate::{
    bench::Error,
    latencies::milliseconds,
    load_check::{
        check::{Check, Findings},
        memory::Watch,
        open_loop::{self, Load},
        tally::Tally,
    },
};

const CONNECTIONS: usize = 64;
/// The most that the acknowledged p99 may be slower, at the upper confidence bound.
const SLOWER_BY: f64 = 0.10;
/// What the span queues of the two services may take together: 2,048 spans each, and a batch on its way.
const QUEUE_MIB: f64 = 32.0;

/// The kinds of fault, in the order they are tried.
pub(crate) const FAULTS: [(Collector, &str); 4] = [
    (Collector::Absent, "absent"),
    (Collector::Frozen, "frozen"),
    (Collector::Refusing, "refusing"),
    (Collector::Slow, "slow (4 s an answer)"),
];

/// One kind of fault against a whole collector.
pub(crate) async fn compare(
    bed: &Bed,
    size: &Size,
    (broken, name): (Collector, &'static str),
) -> Result<Findings, Error> {
    let mut pairs = Vec::with_capacity(size.pairs);
    let mut refused = 0;
    let reached_before = bed.link.reached();
    let watches = [Watch::start(bed.gateway.pid()), Watch::start(bed.worker.pid())];
    for number in 0..size.pairs {
        // first one, then the other begins: a drift of the machine does not favour either
        let order = if number % 2 == 0 { [Collector::Whole, broken] } else { [broken, Collector::Whole] };
        let mut p99 = [0.0; 2];
        for collector in order {
            let tally = round(bed, size, collector, &format!("{name}-{number}-{collector:?}")).await?;
            refused += tally.offered - tally.accepted_events;
            p99[usize::from(collector == broken)] = tally.accepted.p99().map_or(f64::NAN, milliseconds);
        }
        pairs.push((p99[0], p99[1]));
    }
    let reached = bed.link.reached() - reached_before;
    let [gateway, worker] = watches.map(Watch::stop);
    let change = statistics::change(&pairs);
    let upper = change.map_or(f64::NAN, |change| change.upper * 100.0);
    let checks = vec![
        Check::at_most("p99 slower, upper 95 % bound", "%", SLOWER_BY * 100.0, upper),
        Check::none("requests that were not accepted", "requests", refused),
        Check::at_least("bytes that a whole collector got", "bytes", 1.0, reached as f64),
        growth("gateway", &gateway),
        growth("worker", &worker),
    ];
    Ok(Findings { run: name, under: conditions(size, &pairs, change), checks })
}

/// A round that counts, after the links have changed.
pub(crate) async fn round(bed: &Bed, size: &Size, collector: Collector, label: &str) -> Result<Tally, Error> {
    bed.link.set(collector).map_err(|error| Error::Dirty(error.to_string()))?;
    let run: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    let load = Load {
        label: "round, seconds",
        requests_per_second: size.rate.into(),
        length: size.round,
        connections: CONNECTIONS,
    };
    open_loop::send(bed.address, &bed.requests.of(1, &run), load).await
}

/// What was there at first is not the fault's; what comes later is.
fn growth(service: &str, memory: &crate::load_check::memory::Memory) -> Check {
    let (first, last) = memory.halves();
    let what = format!("RSS of the {service}, last half over first half");
    Check::at_most(what, "MiB", QUEUE_MIB, (last - first).max(0.0))
}

fn conditions(size: &Size, pairs: &[(f64, f64)], change: Option<statistics::Change>) -> String {
    let mean = change.map_or(f64::NAN, |change| change.mean * 100.0);
    let median = |side: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(side).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    format!(
        "{} pairs of {} s at {} events/s; p99 median whole {:.1} ms, broken {:.1} ms, mean change {mean:+.1} %",
        pairs.len(),
        size.round.as_secs(),
        size.rate,
        median(|pair| pair.0),
        median(|pair| pair.1)
    )
}

/// Both services have ended while the collector was frozen.
pub(crate) fn endings(ended: &super::bed::Ended, budget: Duration) -> Findings {
    let checks = vec![
        Check::within("gateway: SIGTERM to exit 0", budget, Some(ended.gateway)),
        Check::within("worker: SIGTERM to exit 0", budget, Some(ended.worker)),
    ];
    Findings { run: "shutdown, collector frozen", under: "spans queued, exports hanging".to_owned(), checks }
}
