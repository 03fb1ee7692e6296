//! More events than Kafka takes, for a while: what is accepted keeps its latency, what is not is
//! refused at once.

use std::time::Duration;

use super::{
    Size,
    bed::{Bed, DELIVERY_TIMEOUT},
    check::{Check, Findings},
    open_loop::Load,
    pressure::{self, Seen},
};
use crate::{bench::Error, latencies::milliseconds};

/// How far the accepted rate may be from the link's: batches differ in what they add to an event.
const RATE_TOLERANCE: f64 = 0.15;
/// Below this it would be no overload; what the load generator reaches is the machine's affair.
const LEAST_OVERLOAD: f64 = 4.0;
/// The last receipts of the load and the first after it. In batches, an event waits behind the
/// queue of the Kafka client, which may be as long as the delivery timeout allows.
const ACCEPTS_WITHIN: [Duration; 2] = [Duration::from_secs(2), DELIVERY_TIMEOUT];
const GROWTH: f64 = 1.5;
const GROWTH_ALLOWANCE: Duration = Duration::from_millis(100);

/// Each event in a request of its own.
pub(crate) async fn single(bed: &Bed<'_>, size: &Size) -> Result<Findings, Error> {
    let load = Load {
        label: "overload, seconds",
        requests_per_second: f64::from(size.rate),
        length: size.overload,
        connections: size.connections,
    };
    run(bed, size, load, 1, "overload").await
}

/// The same number of events, a hundred in a request: here the Kafka client's queue is what fills.
pub(crate) async fn batches(bed: &Bed<'_>, size: &Size) -> Result<Findings, Error> {
    const EVENTS: u32 = 100;
    let load = Load {
        label: "overload in batches, seconds",
        requests_per_second: f64::from(size.rate) / f64::from(EVENTS),
        length: size.overload.max(2 * DELIVERY_TIMEOUT),
        connections: size.connections,
    };
    run(bed, size, load, EVENTS, "overload in batches").await
}

async fn run(
    bed: &Bed<'_>,
    size: &Size,
    load: Load,
    per_request: u32,
    name: &'static str,
) -> Result<Findings, Error> {
    let bytes_per_event = pressure::calibrate(bed).await?;
    bed.link.narrow((bytes_per_event * f64::from(size.capacity)) as u64);
    let requests = bed.requests.of(per_request.into(), name.rsplit(' ').next().unwrap_or(name));
    let seen = pressure::press(bed, &requests, load, async {}).await?;
    let under = format!(
        "{} events/s wanted for {} s in requests of {per_request} over {} connections; Kafka's link takes {}/s ({bytes_per_event:.0} bytes each){}",
        size.rate,
        load.length.as_secs(),
        load.connections,
        size.capacity,
        seen.tally.remarks(),
    );
    let mut checks = checks(&seen, size.capacity.into());
    checks.extend(seen.checks(ACCEPTS_WITHIN[usize::from(per_request > 1)]));
    Ok(Findings { run: name, under, checks })
}

fn checks(seen: &Seen, capacity: f64) -> Vec<Check> {
    let tally = &seen.tally;
    let bounds = [capacity * (1.0 - RATE_TOLERANCE), capacity * (1.0 + RATE_TOLERANCE)];
    let [first, _, last] = &tally.accepted_by_third;
    let bound = first.p99().map_or(f64::NAN, growth_bound);
    let measured = last.p99().map_or(f64::NAN, milliseconds);
    vec![
        Check::at_least(
            "offered (4 x what Kafka takes)",
            "events/s",
            capacity * LEAST_OVERLOAD,
            tally.offered_rate(),
        ),
        Check::between("accepted (what Kafka takes)", "events/s", bounds, tally.accepted_rate()),
        Check::none("outcome unknown: Kafka is slow, not silent", "events", tally.unknown_events),
        Check::within("accepted p50", DELIVERY_TIMEOUT, tally.accepted.p50()),
        Check::within("accepted, slowest", DELIVERY_TIMEOUT, tally.accepted.longest()),
        Check::at_most("accepted p99, last third (1.5 x first + 100 ms)", "ms", bound, measured),
    ]
}

/// What the last third may take, in milliseconds, given the first.
fn growth_bound(first: Duration) -> f64 {
    milliseconds(first.mul_f64(GROWTH) + GROWTH_ALLOWANCE).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_may_grow_by_half_and_a_little() {
        assert_eq!(growth_bound(Duration::from_millis(1_000)), 1_600.0);
        assert_eq!(growth_bound(Duration::ZERO), 100.0);
    }
}
