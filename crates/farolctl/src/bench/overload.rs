//! Rows about more events than Kafka takes: the load check's overload, beside the same link just filled.

use std::time::Duration;

use super::{
    Error,
    ground::Ground,
    rows::{Row, number},
    single::FAROL,
};
use crate::load_check::{
    bed::{self, Bed},
    open_loop::Load,
    pressure::{self, Seen},
};

/// What the link to Kafka takes, and what is offered, in events per second.
const CAP: f64 = 2_000.0;
const OFFERED: f64 = 20_000.0;
/// More than the gateway admits at one time, so that it has to refuse.
const CONNECTIONS: usize = 4_096;
const LENGTH: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_secs(4);
/// So much of the cap has to be used.
const USED: f64 = 0.9;
/// So much slower may an accepted event be.
const SLOWER: f64 = 2.0;

pub(crate) async fn rows(ground: &Ground) -> Result<Vec<Row>, Error> {
    let under = bed::Ground {
        bin_dir: ground.bin_dir.clone(),
        home: ground.folder("overload")?,
        broker: ground.brokers.split(',').next().unwrap_or_default().to_owned(),
        topic: ground.topic(ground.size.partitions).await?,
        partitions: ground.size.partitions.into(),
        database_url: ground.database_url.clone(),
    };
    let bed = Bed::make(&under, "gateway").await?;
    let bytes_per_event = pressure::calibrate(&bed).await?;
    let length = if ground.size.round < SHORT { SHORT } else { LENGTH };
    let full = press(&bed, bytes_per_event, "at the cap, seconds", CAP, length).await?;
    let over = press(&bed, bytes_per_event, "overload, seconds", OFFERED, length).await?;
    bed.clear().await?;
    Ok(judged(&full, &over))
}

async fn press(
    bed: &Bed<'_>,
    bytes_per_event: f64,
    label: &'static str,
    rate: f64,
    length: Duration,
) -> Result<Seen, Error> {
    bed.link.narrow((bytes_per_event * CAP) as u64);
    let requests = bed.requests.of(1, &format!("{rate:.0}"));
    let load = Load { label, requests_per_second: rate, length, connections: CONNECTIONS };
    let seen = pressure::press(bed, &requests, load, async {}).await?;
    match seen.tally.unexpected_answers() {
        0 => Ok(seen),
        _ => Err(Error::Refused(format!("{label}{}", seen.tally.surprises()))),
    }
}

fn judged(full: &Seen, over: &Seen) -> Vec<Row> {
    let [at_cap, beyond] =
        [full, over].map(|seen| seen.tally.accepted.p99().map_or(f64::NAN, |p99| p99.as_secs_f64() * 1e3));
    let accepted = over.tally.accepted_rate();
    let what = format!("overload: accepted of {OFFERED:.0}/s, Kafka takes {CAP:.0}/s");
    let rate = Row::new("overload-rate", what, "events/s").with(FAROL, vec![accepted]);
    let share = accepted / CAP * 100.0;
    let p99 = Row::new("overload-p99", "overload: p99 of accepted events, intended to answered", "ms");
    let p99 = p99.with("at the cap", vec![at_cap]).with("overloaded", vec![beyond]);
    let slower = beyond / at_cap;
    let offered = Row::new("overload-offered", "overload: offered", "events/s");
    vec![
        rate.judged(
            format!("≥ {:.0} % of the cap", USED * 100.0),
            format!("{} %", number(share)),
            accepted >= USED * CAP,
        ),
        p99.judged(format!("≤ {SLOWER:.0} × at the cap"), format!("{} ×", number(slower)), slower <= SLOWER),
        offered.with("load generator", vec![over.tally.offered_rate()]),
    ]
}
