//! How long an event takes from the gateway to its committed row, while little and while much is going on.
//! The worker counts it when the transaction is committed; its histogram has the targets among its bounds.

use std::{net::SocketAddr, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    fill,
    ground::{Ground, http},
    worker::Worker,
};
use crate::{
    bench::{Error, database::Database, process::Process, stack, topic::Topic},
    books::{self, Books},
    load_check::{
        open_loop::{self, Load},
        requests::Requests,
    },
};

const BOOKED_WITHIN: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);
const METRIC: &str = "farol_freshness_seconds_bucket{le=\"";
/// As many connections as a small fleet of producers holds.
const CONNECTIONS: usize = 64;
/// More than any machine answers: what comes back is what it can do.
const ALL_THAT_GOES: f64 = 1e6;

/// A gateway and a worker with a topic and a database of their own.
pub(crate) struct WholePath {
    gateway: Process,
    worker: Worker,
    books: Books,
    address: SocketAddr,
    requests: Requests,
    database: Database,
    topic: Topic,
}

/// Freshness of the events of one load.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Freshness {
    pub(crate) events_per_second: f64,
    /// Upper bounds in seconds, and how many events took at most so long.
    buckets: Vec<(f64, f64)>,
}

impl WholePath {
    pub(crate) async fn start(ground: &Ground) -> Result<Self, Error> {
        let topic =
            Topic::create(&ground.brokers, format!("{}_fresh", ground.run), ground.partitions).await?;
        let database = ground.database("fresh").await?;
        let home = ground.folder("fresh")?;
        let key = format!("farol_{}", uuid::Uuid::new_v4().simple());
        let keys_file = stack::write_keys(&home, &key)?;
        let mut worker = Worker::start(ground, &topic.name, &topic.name, &database.url)?;
        let (at, gateway) = fill::gateway(ground, &home, &topic.name, &database.url, &keys_file).await?;
        worker.process.wait_ready(&worker.address).await?;
        let books = Books::connect(&books::server(&database.url, None)?).await?;
        let address = at.parse().map_err(|error| Error::Dirty(format!("{at}: {error}")))?;
        let requests = Requests::new(at, key, ground.run.clone());
        Ok(Self { gateway, worker, books, address, requests, database, topic })
    }

    pub(crate) async fn stop(self) -> Result<(), Error> {
        self.gateway.stop().await?;
        self.worker.process.stop().await?;
        self.topic.remove().await?;
        self.database.remove().await
    }

    /// Events per second that the whole path takes in for so long.
    pub(crate) async fn saturation(&self, length: Duration) -> Result<f64, Error> {
        Ok(self.load("as fast as it goes", "all", ALL_THAT_GOES, length).await?.events_per_second)
    }

    /// Sends single events for so long at moments that do not wait for answers.
    pub(crate) async fn at(
        &self,
        run: &str,
        events_per_second: f64,
        length: Duration,
    ) -> Result<Freshness, Error> {
        self.load("freshness", run, events_per_second, length).await
    }

    async fn load(
        &self,
        label: &'static str,
        run: &str,
        rate: f64,
        length: Duration,
    ) -> Result<Freshness, Error> {
        let before = self.buckets().await?;
        let stored = self.books.ledger().await?.totals().stored;
        let load = Load { label, requests_per_second: rate, length, connections: CONNECTIONS };
        let tally = open_loop::send(self.address, &self.requests.of(1, run), load).await?;
        if tally.unexpected_answers() > 0 {
            return Err(Error::Dirty(format!(
                "the gateway answered otherwise than it should{}",
                tally.surprises()
            )));
        }
        let expected = stored + i64::try_from(tally.accepted_events).unwrap_or(i64::MAX);
        let deadline = Instant::now() + BOOKED_WITHIN;
        while self.books.ledger().await?.totals().stored < expected {
            if Instant::now() > deadline {
                return Err(self.worker.process.failed("does not store what was accepted".to_owned()));
            }
            sleep(POLL).await;
        }
        let buckets = since(&before, self.buckets().await?);
        Ok(Freshness { events_per_second: tally.accepted_rate(), buckets })
    }

    async fn buckets(&self) -> Result<Vec<(f64, f64)>, Error> {
        let url = format!("http://{}/metrics", self.worker.address);
        let failed = |error: reqwest::Error| self.worker.process.failed(error.to_string());
        Ok(buckets(&http()?.get(url).send().await.map_err(failed)?.text().await.map_err(failed)?))
    }
}

impl Freshness {
    /// The bound that 99 of 100 events kept, refined within its bucket as Prometheus does, in milliseconds.
    pub(crate) fn p99_ms(&self) -> f64 {
        let total = self.buckets.last().map_or(0.0, |(_, count)| *count);
        let (mut low, mut below) = (0.0, 0.0);
        for &(bound, count) in &self.buckets {
            if count >= 0.99 * total && bound.is_finite() {
                return (low + (bound - low) * (0.99 * total - below) / (count - below)) * 1e3;
            }
            (low, below) = (bound, count);
        }
        f64::INFINITY
    }

    /// The share of events that took at most so many milliseconds; exact where that is a bucket's bound.
    pub(crate) fn within(&self, milliseconds: f64) -> f64 {
        let total = self.buckets.last().map_or(0.0, |(_, count)| *count);
        let kept = self.buckets.iter().rfind(|(bound, _)| bound * 1e3 <= milliseconds + 1e-9);
        kept.map_or(0.0, |(_, count)| count / total)
    }
}

/// The buckets of the page, which is Prometheus' text; none before the first event.
fn buckets(page: &str) -> Vec<(f64, f64)> {
    let bucket = |line: &str| {
        let (bound, count) = line.strip_prefix(METRIC)?.split_once("\"} ")?;
        let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
        Some((bound, count.trim().parse().ok()?))
    };
    page.lines().filter_map(bucket).collect()
}

fn since(before: &[(f64, f64)], after: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let earlier =
        |bound: f64| before.iter().find(|(other, _)| *other == bound).map_or(0.0, |(_, count)| *count);
    after.into_iter().map(|(bound, count)| (bound, count - earlier(bound))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Freshness, buckets, since};

    #[test]
    fn a_share_and_a_percentile_come_from_what_was_counted_meanwhile() {
        let page = |a: u32, b: u32, c: u32| {
            format!(
                "x 1\nfarol_freshness_seconds_bucket{{le=\"0.01\"}} {a}\nfarol_freshness_seconds_bucket{{le=\"0.025\"}} {b}\nfarol_freshness_seconds_bucket{{le=\"+Inf\"}} {c}\n"
            )
        };
        let buckets = since(&buckets(&page(1, 1, 1)), buckets(&page(51, 101, 101)));
        let fresh = Freshness { events_per_second: 1.0, buckets };
        assert_eq!((fresh.within(10.0), fresh.within(25.0)), (0.5, 1.0));
        assert!((fresh.p99_ms() - 24.7).abs() < 0.01, "{}", fresh.p99_ms());
    }
}
