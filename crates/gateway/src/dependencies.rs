//! Kafka, PostgreSQL and Redis as they are now: one bounded round trip to each, on a connection of
//! its own, so that it also says whether a replica that starts now could connect. What it finds
//! decides nothing: neither readiness nor the answer to an event depends on it.

mod check;
mod kafka;
mod postgres;
mod redis;
mod single_flight;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

pub(crate) use check::{Check, Dependency, Details, Reason, Topic};
use check::{Failure, RoundTrip};
use kafka::Kafka;
use postgres::Postgres;
use redis::Redis;
use single_flight::SingleFlight;

use crate::config::Config;
use crate::instruments;
use crate::startup::StartError;

/// How long a check may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a client library may take within that: what it says of a failure is worth more than "timed out".
const CLIENT_PATIENCE: Duration = Duration::from_millis(1_800);
/// How old the result of a check may be: bounds what many who ask cost the dependency.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// All dependencies of the gateway.
pub(crate) struct Dependencies {
    kafka: Watched<Kafka>,
    postgres: Watched<Postgres>,
    redis: Watched<Redis>,
    /// Checks run here: an HTTP worker's own runtime ends with its listener.
    runtime: Handle,
}

/// How one dependency is asked.
trait Probe: Send + Sync + 'static {
    const DEPENDENCY: Dependency;

    fn round_trip(&self) -> impl Future<Output = Result<RoundTrip, Failure>> + Send;
}

/// A dependency, and the look at it that is under way or was the last.
struct Watched<P> {
    probe: Arc<P>,
    flight: SingleFlight<Check>,
}

impl<P: Probe> Watched<P> {
    fn new(probe: P) -> Self {
        Self { probe: Arc::new(probe), flight: SingleFlight::new(FRESH_FOR) }
    }

    async fn check(&self, runtime: &Handle) -> Check {
        let started = Instant::now();
        let probe = Arc::clone(&self.probe);
        let checked = self.flight.get(runtime, || async move { checked(probe.as_ref()).await }).await;
        // A look that panicked has been logged as such.
        checked.unwrap_or_else(|| Check::failed(P::DEPENDENCY, Reason::Failed, started.elapsed()))
    }
}

impl Dependencies {
    /// Connects to nothing yet. Must be called on the runtime that lives as long as the program.
    pub(crate) fn new(config: &Config) -> Result<Self, StartError> {
        Ok(Self {
            kafka: Watched::new(Kafka::new(&config.kafka, CLIENT_PATIENCE)),
            postgres: Watched::new(Postgres::new(&config.database)),
            redis: Watched::new(Redis::new(&config.redis, CLIENT_PATIENCE)?),
            runtime: Handle::current(),
        })
    }

    /// How `dependency` is, at most a second ago. Those who ask at the same time share one round trip.
    pub(crate) async fn check(&self, dependency: Dependency) -> Check {
        match dependency {
            Dependency::Kafka => self.kafka.check(&self.runtime).await,
            Dependency::Postgres => self.postgres.check(&self.runtime).await,
            Dependency::Redis => self.redis.check(&self.runtime).await,
        }
    }

    /// How all of them are, asked at the same time.
    pub(crate) async fn check_all(&self) -> [Check; 3] {
        let (kafka, postgres, redis) = tokio::join!(
            self.check(Dependency::Kafka),
            self.check(Dependency::Postgres),
            self.check(Dependency::Redis),
        );
        [kafka, postgres, redis]
    }
}

/// Bounds a round trip in time, measures it, and keeps its cause inside.
async fn checked<P: Probe>(probe: &P) -> Check {
    let (dependency, started) = (P::DEPENDENCY, Instant::now());
    let in_time = tokio::time::timeout(PATIENCE, probe.round_trip()).await;
    let result = in_time.unwrap_or_else(|_| Err(Failure::new(Reason::TimedOut, "no answer in time")));
    let took = started.elapsed();
    let check = match result {
        Ok(trip) => Check::passed(dependency, trip),
        Err(Failure { reason, cause }) => {
            let (name, kind) = (dependency.name(), reason.name());
            tracing::warn!(
                name: "dependency_check_failed",
                dependency = name,
                reason = kind,
                cause,
                "a dependency failed its check"
            );
            Check::failed(dependency, reason, took)
        }
    };
    instruments::dependency_check(dependency, check.reason, took);
    check
}
