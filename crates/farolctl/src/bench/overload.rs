//! Rows about more events than Kafka takes: ten times as many beside just too many. The link to Kafka is full both
//! times, so that they differ in what is refused and in nothing else.

use std::time::Duration;

use super::{
    Error,
    ground::Ground,
    rows::{Row, number},
};
use crate::{
    latencies::{Latencies, milliseconds},
    load_check::{
        bed::{self, Bed},
        open_loop::Load,
        pressure,
        tally::Tally,
    },
};

/// What the link to Kafka takes, in events per second, about: full batches put fewer bytes to an event than those it
/// was weighed with, and more of them get through.
const CAP: f64 = 2_000.0;
/// What is offered. At less than the link takes nothing waits for it; "at the cap" is a little more, enough to fill the
/// gateway's room in a few seconds although the link takes more than it should.
const BELOW: f64 = 0.75 * CAP;
const FILLING: f64 = 1.25 * CAP;
const OFFERED: f64 = 20_000.0;
/// More than the gateway admits at one time, so that it has to refuse.
const CONNECTIONS: usize = 4_096;
const LENGTH: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_secs(4);
/// So much of the cap has to be used.
const USED: f64 = 0.9;
/// So much slower may an accepted event be.
const SLOWER: f64 = 2.0;
const AT_CAP: &str = "at the cap";
const OVERLOADED: &str = "overloaded";

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
    let below = press(&bed, bytes_per_event, "below the cap, seconds", BELOW, length).await?;
    let full = press(&bed, bytes_per_event, "at the cap, seconds", FILLING, length).await?;
    let over = press(&bed, bytes_per_event, "overload, seconds", OFFERED, length).await?;
    bed.clear().await?;
    Ok(judged(&below, &full, &over))
}

async fn press(
    bed: &Bed<'_>,
    bytes_per_event: f64,
    label: &'static str,
    rate: f64,
    length: Duration,
) -> Result<Tally, Error> {
    bed.link.narrow((bytes_per_event * CAP) as u64);
    let requests = bed.requests.of(1, &format!("{rate:.0}"));
    let load = Load { label, requests_per_second: rate, length, connections: CONNECTIONS };
    let tally = pressure::press(bed, &requests, load, async {}).await?.tally;
    match tally.unexpected_answers() {
        0 => Ok(tally),
        _ => Err(Error::Refused(format!("{label}{}", tally.surprises()))),
    }
}

fn judged(below: &Tally, full: &Tally, over: &Tally) -> Vec<Row> {
    let [at_cap, accepted] = [full, over].map(Tally::accepted_rate);
    let what = format!("overload: accepted of {OFFERED:.0}/s, Kafka takes {CAP:.0}/s");
    let rate = Row::new("overload-rate", what, "events/s");
    // more than the cap says is what the link was seen to take
    let share = accepted / at_cap.max(CAP);
    // the first seconds at the cap fill what was empty
    let [_, _, settled] = &full.accepted_by_third;
    let [room, full_p99, over_p99] = [&below.accepted, settled, &over.accepted].map(p99);
    let slower = over_p99 / full_p99;
    let p99 = Row::new("overload-p99", "overload: p99 of accepted events, intended to answered", "ms")
        .with(&format!("at {:.0} % of the cap", BELOW / CAP * 100.0), vec![room])
        .with(AT_CAP, vec![full_p99])
        .with(OVERLOADED, vec![over_p99]);
    let offered = Row::new("overload-offered", "overload: offered", "events/s");
    vec![
        rate.with(AT_CAP, vec![at_cap]).with(OVERLOADED, vec![accepted]).judged(
            format!("≥ {:.0} % of the cap", USED * 100.0),
            format!("{} %", number(share * 100.0)),
            share >= USED,
        ),
        p99.judged(format!("≤ {SLOWER:.0} × at the cap"), format!("{} ×", number(slower)), slower <= SLOWER),
        offered.with(AT_CAP, vec![full.offered_rate()]).with(OVERLOADED, vec![over.offered_rate()]),
    ]
}

fn p99(latencies: &Latencies) -> f64 {
    latencies.p99().map_or(f64::NAN, milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_check::tally::Outcome;

    const SECOND: Duration = Duration::from_secs(1);

    /// Three seconds with so many accepted events each; latencies of the first and of the last third.
    fn tally(rate: u32, [first, last]: [u32; 2]) -> Tally {
        let mut tally = Tally::new(3 * SECOND, 1).unwrap();
        let mut record = |intended, milliseconds: u32| {
            for _ in 0..rate * 3 / 2 {
                tally.record(intended, milliseconds * SECOND / 1_000, Outcome::Accepted);
            }
        };
        record(Duration::ZERO, first);
        record(2 * SECOND, last);
        tally
    }

    fn verdicts(full: &Tally, over: &Tally) -> [Option<bool>; 2] {
        let rows = judged(&tally(10, [10, 10]), full, over);
        [rows[0].passed, rows[1].passed]
    }

    #[test]
    fn overload_is_judged_beside_a_link_that_has_been_filled() {
        let full = tally(2_000, [10, 500]);
        assert_eq!(verdicts(&full, &tally(2_000, [900, 100])), [Some(true), Some(true)]);
        assert_eq!(verdicts(&full, &tally(2_000, [1_100, 990])), [Some(true), Some(false)]);
    }

    #[test]
    fn what_is_accepted_counts_beside_what_the_link_was_seen_to_take() {
        let full = tally(2_400, [500, 500]);
        assert_eq!(verdicts(&full, &tally(2_200, [500, 500]))[0], Some(true));
        assert_eq!(verdicts(&full, &tally(2_000, [500, 500]))[0], Some(false));
        assert_eq!(verdicts(&tally(10, [500, 500]), &tally(1_600, [500, 500]))[0], Some(false));
    }
}
