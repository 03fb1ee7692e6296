//! Hundreds of clients that are as slow as they can be beside those of a normal load: they are
//! ended in time, and the others do not notice.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{
    SCHEDULING, Size,
    bed::{BODY_TIMEOUT, Bed, HEADER_TIMEOUT, KEEP_ALIVE},
    check::{Check, Findings},
    memory::Watch,
    open_loop::{self, Load},
    pressure::flat,
    slow_client::{self, Ended, Slowness},
    tally::Tally,
};
use crate::bench::Error;

const CONNECTIONS: usize = 128;
const BASELINE: Duration = Duration::from_secs(4);
/// How much later than its timeout a connection may end: timers are coarse, machines busy.
const LATE: Duration = Duration::from_secs(2);
/// When a connection that nobody ended counts as held for ever.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(500);
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(1);
const REQUEST_TIMEOUT: u16 = 408;
/// Each kind of slowness, what it is called, and within what the gateway has to end it.
const KINDS: [(Slowness, &str, Duration); 4] = [
    (Slowness::Body, "slow body", BODY_TIMEOUT),
    (Slowness::Head, "slow head", HEADER_TIMEOUT),
    (Slowness::NextHead, "slow head on a used connection", HEADER_TIMEOUT.saturating_add(KEEP_ALIVE)),
    (Slowness::Silent, "silent connection", HEADER_TIMEOUT),
];

pub(crate) async fn run(bed: &Bed<'_>, size: &Size) -> Result<Findings, Error> {
    let load = |label, length| Load {
        label,
        requests_per_second: size.normal_rate.into(),
        length,
        connections: CONNECTIONS,
    };
    let alone = load("slow clients: none yet, seconds", BASELINE);
    open_loop::send(bed.address, &bed.requests.of(1, "warm-up"), alone).await?;
    let alone = open_loop::send(bed.address, &bed.requests.of(1, "alone"), alone).await?;
    let watch = Watch::start(bed.gateway.pid());
    let beside = load("slow clients, seconds", PATIENCE);
    let requests = bed.requests.of(1, "beside");
    let (beside, ended, most_in_flight) = tokio::join!(
        open_loop::send(bed.address, &requests, beside),
        all(bed, size.slow),
        most_in_flight(bed),
    );
    let (beside, ended, most_in_flight, memory) = (beside?, ended?, most_in_flight?, watch.stop());
    let mut checks: Vec<_> =
        KINDS.iter().zip(&ended).flat_map(|(kind, ended)| kind_checks(kind, ended)).collect();
    checks.extend(neighbour_checks(&alone, &beside));
    let bound = (size.slow + CONNECTIONS) as f64;
    checks.push(Check::at_most("in flight, most (slow bodies + others)", "requests", bound, most_in_flight));
    checks.push(Check::within("places given back", GIVEN_BACK_WITHIN, bed.quiet().await?));
    checks.push(flat(&memory, 0.0));
    let under = format!(
        "{} slow connections of each kind beside {} events/s for {} s{}",
        size.slow,
        size.normal_rate,
        PATIENCE.as_secs(),
        beside.remarks()
    );
    Ok(Findings { run: "slow clients", under, checks })
}

/// Starts all slow clients at once and waits for their ends, kind by kind.
async fn all(bed: &Bed<'_>, of_each: usize) -> Result<Vec<Vec<Ended>>, Error> {
    let mut clients = JoinSet::new();
    for (index, (slowness, name, _)) in KINDS.into_iter().enumerate() {
        for number in 0..of_each as u64 {
            let (address, requests) = (bed.address, bed.requests.of(1, &name.replace(' ', "-")));
            clients.spawn(async move {
                (index, slow_client::run(slowness, address, &requests, number, PATIENCE).await)
            });
        }
    }
    let mut ended = vec![Vec::new(); KINDS.len()];
    while let Some(client) = clients.join_next().await {
        let (index, end) = client.map_err(|error| Error::Dirty(error.to_string()))?;
        ended[index].push(end.map_err(|error| Error::Dirty(format!("a slow client: {error}")))?);
    }
    Ok(ended)
}

async fn most_in_flight(bed: &Bed<'_>) -> Result<f64, Error> {
    let mut most = f64::NAN;
    let looks = PATIENCE.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        most = most.max(bed.gauge("farol_in_flight_requests").await?.unwrap_or(f64::NAN));
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(most)
}

fn kind_checks((slowness, name, timeout): &(Slowness, &str, Duration), ended: &[Ended]) -> Vec<Check> {
    let held = ended.iter().filter(|end| end.after.is_none()).count() as u64;
    let longest = ended.iter().filter_map(|end| end.after).max();
    let wrong = ended.iter().filter(|end| !allowed(*slowness, end.status)).count() as u64;
    vec![
        Check::none(format!("{name}: still open after {} s", PATIENCE.as_secs()), "connections", held),
        Check::within(format!("{name}: ended, the last"), *timeout + LATE, longest),
        Check::none(format!("{name}: ended by another answer than 408"), "connections", wrong),
    ]
}

/// A body that is too slow is told so, since its head was understood; others may just be closed.
fn allowed(slowness: Slowness, status: Option<u16>) -> bool {
    match status {
        Some(status) => status == REQUEST_TIMEOUT,
        None => slowness != Slowness::Body,
    }
}

/// The others notice nothing: none is refused, none is much slower than it was alone.
fn neighbour_checks(alone: &Tally, beside: &Tally) -> [Check; 2] {
    let failures = beside.offered - beside.accepted_events;
    let bound = alone.accepted.p99().map_or(Duration::ZERO, neighbour_bound);
    [
        Check::none("requests of others that were not accepted", "requests", failures),
        Check::within("p99 of others (2 x alone + 20 ms)", bound, beside.accepted.p99()),
    ]
}

fn neighbour_bound(alone: Duration) -> Duration {
    Duration::from_millis((2 * alone + SCHEDULING).as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_body_is_told_so_and_others_may_be_closed() {
        assert!(allowed(Slowness::Body, Some(408)) && !allowed(Slowness::Body, None));
        assert!(allowed(Slowness::Silent, None) && !allowed(Slowness::Head, Some(400)));
    }

    #[test]
    fn one_connection_that_is_held_is_a_failure() {
        let kind = (Slowness::Silent, "silent", Duration::from_secs(10));
        let ended = |after: Option<u64>| Ended { after: after.map(Duration::from_secs), status: None };
        let verdicts = |ended: &[Ended]| -> Vec<bool> {
            let passed = |check: &Check| serde_json::to_value(check).unwrap()["passed"] == true;
            kind_checks(&kind, ended).iter().map(passed).collect()
        };
        assert_eq!(verdicts(&[ended(Some(10)), ended(Some(11))]), [true, true, true]);
        assert_eq!(verdicts(&[ended(Some(10)), ended(None)]), [false, true, true]);
        assert_eq!(verdicts(&[ended(Some(13))]), [true, false, true]);
    }
}
