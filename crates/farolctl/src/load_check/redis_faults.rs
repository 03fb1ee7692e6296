//! Redis dies, comes back, freezes and thaws under a steady load: no request fails, and none is
//! held for longer than the gateway waits for Redis.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    SCHEDULING, Size,
    bed::{Bed, REDIS_TIMEOUT},
    check::{Check, Findings},
    connection::Connection,
    memory::{Memory, Watch},
    open_loop::{self, Load},
    pressure::flat,
    requests::Requests,
    tally::Tally,
};
use crate::bench::Error;

const CONNECTIONS: usize = 128;
/// Events of the batch that is sent to a gateway whose Redis is frozen.
const BATCH: u64 = 100;
const PAIRS: u64 = 20;
/// What reconnecting and a breaker's half-open trial may take.
const KNOWS_AGAIN_WITHIN: Duration = Duration::from_secs(10);
/// A receipt is written after the answer.
const WRITTEN_AFTER: Duration = Duration::from_millis(50);
const BREAKER: &str = "farol_redis_breaker_state";
const BREAKER_CLOSED: f64 = 0.0;

/// What was seen while Redis came and went.
struct Seen {
    phases: Vec<(&'static str, Tally)>,
    batch: Duration,
    breaker: Option<f64>,
    memory: Memory,
}

pub(crate) async fn run(bed: &mut Bed<'_>, size: &Size) -> Result<Findings, Error> {
    let seen = suffer(bed, size).await?;
    let mut checks = phase_checks(&seen.phases);
    checks.push(batch_check(seen.batch));
    checks.push(Check::within("knows repeats again", KNOWS_AGAIN_WITHIN, knows_again(bed).await?));
    checks.push(Check::between(
        "repeats recognised then",
        "of 20",
        [PAIRS as f64; 2],
        pairs(bed).await? as f64,
    ));
    if let Some(state) = bed.gauge(BREAKER).await? {
        checks.push(Check::at_most("breaker at the end (0 closed)", "", BREAKER_CLOSED, state));
    }
    checks.push(flat(&seen.memory, 0.0));
    let remark = |(name, tally): &(&str, Tally)| format!("\n  {name}{}", tally.remarks());
    let remarks: String = seen.phases.iter().map(remark).collect();
    let breaker = seen.breaker.map_or(String::new(), |state| format!("; breaker while frozen: {state}"));
    let under =
        format!("{} events/s, {} s a phase{breaker}{remarks}", size.normal_rate, size.phase.as_secs());
    Ok(Findings { run: "Redis faults", under, checks })
}

/// One phase after the other.
async fn suffer(bed: &mut Bed<'_>, size: &Size) -> Result<Seen, Error> {
    let watch = Watch::start(bed.gateway.pid());
    phase(bed, size, "Redis: warm-up, seconds").await?;
    let whole = phase(bed, size, "Redis: whole, seconds").await?;
    bed.redis.kill();
    let killed = phase(bed, size, "Redis: killed, seconds").await?;
    bed.redis.restart().await?;
    let restarted = phase(bed, size, "Redis: restarted, seconds").await?;
    bed.redis.signal("STOP")?;
    let frozen = phase(bed, size, "Redis: frozen, seconds").await?;
    let (breaker, batch) = (bed.gauge(BREAKER).await?, batch(bed).await?);
    bed.redis.signal("CONT")?;
    let thawed = phase(bed, size, "Redis: thawed, seconds").await?;
    let phases = vec![
        ("whole", whole),
        ("killed", killed),
        ("restarted", restarted),
        ("frozen", frozen),
        ("thawed", thawed),
    ];
    Ok(Seen { phases, batch, breaker, memory: watch.stop() })
}

async fn phase(bed: &Bed<'_>, size: &Size, label: &'static str) -> Result<Tally, Error> {
    let requests = bed.requests.of(1, &label.replace(|c: char| !c.is_ascii_alphabetic(), ""));
    let load = Load {
        label,
        requests_per_second: size.normal_rate.into(),
        length: size.phase,
        connections: CONNECTIONS,
    };
    open_loop::send(bed.address, &requests, load).await
}

/// The first phase is the measure of the others.
fn phase_checks(phases: &[(&str, Tally)]) -> Vec<Check> {
    let mut checks = Vec::new();
    let failures = phases.iter().map(|(_, tally)| tally.offered - tally.accepted_events).sum();
    checks.push(Check::none("requests that were not accepted", "requests", failures));
    let Some(whole) = phases.first().and_then(|(_, tally)| tally.accepted.p99()) else { return checks };
    for (name, tally) in phases {
        let bound = if *name == "whole" { Duration::from_secs(1) } else { slowdown_bound(whole) };
        checks.push(Check::within(format!("p99, Redis {name}"), bound, tally.accepted.p99()));
    }
    checks
}

/// A request waits for Redis once; twice as much is allowed, and a turn of the scheduler.
fn slowdown_bound(whole: Duration) -> Duration {
    Duration::from_millis((whole + 2 * REDIS_TIMEOUT + SCHEDULING).as_millis() as u64)
}

/// How long one batch takes while Redis is frozen: Redis is asked once a request, not once an event.
async fn batch(bed: &Bed<'_>) -> Result<Duration, Error> {
    let requests = bed.requests.of(BATCH, "frozen-batch");
    let start = Instant::now();
    bed.send(&requests, 0).await;
    Ok(start.elapsed())
}

fn batch_check(took: Duration) -> Check {
    let what = format!("a batch of {BATCH} while Redis is frozen");
    Check::within(what, slowdown_bound(2 * SCHEDULING), Some(took))
}

/// Sends events twice until the second is answered as a repeat: how long that took.
async fn knows_again(bed: &Bed<'_>) -> Result<Option<Duration>, Error> {
    let requests = bed.requests.of(1, "known");
    let start = Instant::now();
    for number in 0.. {
        if is_known(bed, &requests, number).await? {
            return Ok(Some(start.elapsed()));
        }
        if start.elapsed() > KNOWS_AGAIN_WITHIN * 2 {
            break;
        }
    }
    Ok(None)
}

async fn pairs(bed: &Bed<'_>) -> Result<u64, Error> {
    let requests = bed.requests.of(1, "pair");
    let mut known = 0;
    for number in 0..PAIRS {
        known += u64::from(is_known(bed, &requests, number).await?);
    }
    Ok(known)
}

/// Whether an event that is sent twice is answered as a repeat.
async fn is_known(bed: &Bed<'_>, requests: &Requests, number: u64) -> Result<bool, Error> {
    let failed = |error: std::io::Error| Error::Dirty(format!("an event sent twice: {error}"));
    let mut connection = Connection::open(bed.address).await.map_err(failed)?;
    let request = requests.render(number);
    connection.exchange(&request).await.map_err(failed)?;
    sleep(WRITTEN_AFTER).await;
    let answer = connection.exchange(&request).await.map_err(failed)?;
    let receipt: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    Ok(receipt["repeat"] == true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_check::tally::Outcome;

    fn phase(answers: &[(u64, bool)]) -> Tally {
        let mut tally = Tally::new(Duration::from_secs(1), 1).unwrap();
        for &(millis, accepted) in answers {
            let outcome = if accepted { Outcome::Accepted } else { Outcome::Overloaded };
            tally.record(Duration::ZERO, Duration::from_millis(millis), outcome);
        }
        tally
    }

    fn verdicts(checks: &[Check]) -> Vec<bool> {
        let passed = |check: &Check| serde_json::to_value(check).unwrap()["passed"] == true;
        checks.iter().map(passed).collect()
    }

    #[test]
    fn a_phase_may_be_slower_by_twice_the_wait_for_redis() {
        let phases = [
            ("whole", phase(&[(5, true)])),
            ("killed", phase(&[(64, true)])),
            ("frozen", phase(&[(70, true)])),
        ];
        assert_eq!(verdicts(&phase_checks(&phases)), [true, true, true, false]);
    }

    #[test]
    fn one_request_that_is_not_accepted_is_a_failure() {
        let phases = [("whole", phase(&[(5, true), (5, false)]))];
        assert_eq!(verdicts(&phase_checks(&phases)), [false, true]);
    }
}
