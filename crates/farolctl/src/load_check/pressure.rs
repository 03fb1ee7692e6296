//! What holds whenever more comes than Kafka takes, however slow or silent Kafka is.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    bed::{Bed, DELIVERY_GRACE, DELIVERY_TIMEOUT, IN_FLIGHT_MIB, QUEUE_MIB},
    check::Check,
    memory::{self, Memory, Watch},
    open_loop::{self, Load},
    requests::Requests,
    tally::{Outcome, Tally},
};
use crate::bench::Error;

/// A refusal costs the gateway microseconds. What is allowed is what a machine with two cores,
/// which also runs the load and the broker, makes of that; it is far below a second, from which
/// on a client would rather have waited.
const REFUSED_WITHIN: Duration = Duration::from_millis(250);
/// Beyond the gateway's own deadline: the turns that a busy machine makes everybody wait for.
const BUSY: Duration = Duration::from_secs(1);
/// What actix keeps for each connection: 32 KiB to read into, 32 KiB to write from.
const KIB_PER_CONNECTION: usize = 64;
/// Allocator, histograms and spans of a loaded process beyond its limits.
const SPARE_MIB: f64 = 32.0;
const FLAT: f64 = 1.2;
/// What actix reads a connection into grows once, from 8 to 16 KiB, at about its tenth request. Connections come so far one after
/// the other, so memory rises and then stays. Counted by live blocks: over a silence of 22 s nothing else grew.
const GROWS_ONCE_KIB: usize = 8;
const SETTLE: Duration = Duration::from_millis(500);
const CALIBRATION: Load = Load {
    label: "calibrating, seconds",
    requests_per_second: 2_000.0,
    length: Duration::from_secs(1),
    connections: 64,
};

/// What was seen of one load.
pub(crate) struct Seen {
    pub(crate) tally: Tally,
    pub(crate) memory: Memory,
    /// Before the load.
    pub(crate) resting_mib: f64,
    pub(crate) connections: usize,
    /// From the end of the load to the next accepted event.
    pub(crate) accepts_again: Option<Duration>,
    /// Events accepted and of unknown outcome beside the load's, sent to see that it accepts.
    pub(crate) probes: (u64, u64),
    pub(crate) records: i64,
}

/// How many bytes of the link one event takes.
pub(crate) async fn calibrate(bed: &Bed<'_>) -> Result<f64, Error> {
    let requests = bed.requests.of(1, "calibration");
    let before = bed.link.carried();
    let tally = open_loop::send(bed.address, &requests, CALIBRATION).await?;
    let bytes = bed.link.carried() - before;
    if tally.accepted_events == 0 || tally.accepted_events < tally.offered {
        return Err(Error::Dirty(format!("an idle gateway refused events{}", tally.surprises())));
    }
    let per_event = bytes as f64 / tally.accepted_events as f64;
    if per_event < 100.0 {
        let cause = "Kafka names its clients another address than the one given, so they go around the link";
        return Err(Error::Dirty(cause.to_owned()));
    }
    Ok(per_event)
}

/// Sends the load while `meanwhile` happens to Kafka, then waits until all of it is settled.
pub(crate) async fn press(
    bed: &Bed<'_>,
    requests: &Requests,
    load: Load,
    meanwhile: impl Future<Output = ()>,
) -> Result<Seen, Error> {
    let pid = bed.gateway.pid();
    let before = bed.records().await?;
    let resting = memory::resident_mib(pid).map_err(|error| Error::Dirty(error.to_string()))?;
    let watch = Watch::start(pid);
    let (tally, ()) = tokio::join!(open_loop::send(bed.address, requests, load), meanwhile);
    let (tally, memory) = (tally?, watch.stop());
    let (accepts_again, probes) = accepts_again(bed).await;
    bed.link.narrow(0);
    if bed.quiet().await?.is_none() {
        return Err(Error::Dirty("requests or events stay in the gateway when the load is off".to_owned()));
    }
    let records = settled(bed).await? - before;
    let connections = load.connections;
    Ok(Seen { tally, memory, resting_mib: resting, connections, accepts_again, probes, records })
}

/// Sends single events until one is accepted: how long that took, and how many were accepted and
/// are of unknown outcome.
async fn accepts_again(bed: &Bed<'_>) -> (Option<Duration>, (u64, u64)) {
    let start = Instant::now();
    let requests = bed.requests.of(1, "probe");
    let mut unknown = 0;
    for number in 0.. {
        match bed.send(&requests, number).await {
            Outcome::Accepted => return (Some(start.elapsed()), (1, unknown)),
            Outcome::Unavailable { unknown: more, .. } => unknown += more,
            Outcome::Overloaded | Outcome::Unexpected(_) => {}
        }
        if start.elapsed() > DELIVERY_TIMEOUT * 2 {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    (None, (0, unknown))
}

/// The number of records once it stands still: what was given up may still be on its way.
async fn settled(bed: &Bed<'_>) -> Result<i64, Error> {
    let mut last = bed.records().await?;
    loop {
        sleep(SETTLE).await;
        let now = bed.records().await?;
        if now == last {
            return Ok(now);
        }
        last = now;
    }
}

impl Seen {
    /// What every run under pressure has to keep.
    pub(crate) fn checks(&self, accepts_within: Duration) -> Vec<Check> {
        let tally = &self.tally;
        let accepted = tally.accepted_events + self.probes.0;
        let unknown = tally.unknown_events + self.probes.1;
        let bounds = [accepted as f64, (accepted + unknown) as f64];
        let mut checks = vec![
            Check::none(
                "answers that are neither 202 nor a proper 503",
                "answers",
                tally.unexpected_answers(),
            ),
            Check::within("refused (overloaded) p99", REFUSED_WITHIN, tally.overloaded.p99()),
            Check::within(
                "slowest answer of all",
                DELIVERY_TIMEOUT + DELIVERY_GRACE + BUSY,
                tally.all.longest(),
            ),
            Check::within("accepts again after the load", accepts_within, self.accepts_again),
            Check::between(
                "records in Kafka: accepted, or outcome unknown",
                "events",
                bounds,
                self.records as f64,
            ),
        ];
        let mib = |kib_each| (self.connections * kib_each) as f64 / 1024.0;
        checks.push(flat(&self.memory, mib(GROWS_ONCE_KIB)));
        let connections = mib(KIB_PER_CONNECTION);
        let bound = self.resting_mib + (IN_FLIGHT_MIB + QUEUE_MIB) as f64 + connections + SPARE_MIB;
        checks.push(Check::at_most("RSS, most (resting + limits)", "MiB", bound.round(), self.memory.most()));
        checks
    }
}

/// The last half of a steady load takes no more memory than the first, but for what grows once.
pub(crate) fn flat(memory: &Memory, once_mib: f64) -> Check {
    let (first, last) = memory.halves();
    let what = "RSS, most of last half (first half + 20 % + what grows once)";
    Check::at_most(what, "MiB", (first * FLAT + once_mib).round(), last)
}
