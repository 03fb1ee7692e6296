//! One server under load: where it listens, what its processes use, and one round against it.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use super::{
    Error, cpu,
    listener::Server,
    load::{self, Load},
    process::Process,
    requests::{Requests, Target},
    tally::Seen,
};
use crate::load_check::memory;

/// The server itself, in the CPU of a round.
pub(crate) const SERVER: &str = "server";
pub(crate) const KAFKA: &str = "Kafka";
pub(crate) const REDIS: &str = "Redis";
pub(crate) const LOAD_GENERATOR: &str = "load generator";

/// Where more than one of so many is refused, it is the refusing that was measured.
const MOST_REFUSED: u64 = 20;

/// A server that runs.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    pub(crate) process: Process,
    address: SocketAddr,
}

/// The servers that several sides use.
pub(crate) struct Neighbours {
    pub(crate) kafka: Server,
    pub(crate) redis: Server,
}

/// What was seen in one round.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    pub(crate) seen: Seen,
    /// CPU seconds per million events, user and system, with all children; a server that runs elsewhere is absent.
    pub(crate) cpu: BTreeMap<&'static str, f64>,
    /// Of the server's first process, after the round.
    pub(crate) resident_mib: f64,
}

impl Side {
    pub(crate) fn new(name: &'static str, process: Process, target: Target) -> Result<Self, Error> {
        let address = target.host.parse();
        let address = address.map_err(|error| Error::Dirty(format!("{}: {error}", target.host)))?;
        Ok(Self { name, target, process, address })
    }

    /// Loads it once.
    pub(crate) async fn round(
        &self,
        neighbours: &Neighbours,
        requests: &Arc<Requests>,
        load: Load,
    ) -> Result<Round, Error> {
        let before = self.reading(neighbours)?;
        let seen = load::send(self.address, requests, load).await.map_err(|error| self.blame(error))?;
        if seen.refused * MOST_REFUSED > seen.events {
            let what = format!("refused {} requests and took {} events", seen.refused, seen.events);
            return Err(self.process.failed(what));
        }
        let after = self.reading(neighbours)?;
        let resident_mib = memory::resident_mib(self.process.pid())
            .map_err(|error| self.process.failed(format!("has no memory: {error}")))?;
        Ok(Round { seen, cpu: per_million(&before, &after, seen.events), resident_mib })
    }

    /// CPU seconds so far of everything an event passes through.
    fn reading(&self, neighbours: &Neighbours) -> Result<BTreeMap<&'static str, f64>, Error> {
        let own = cpu::seconds(std::process::id()).map_err(|error| Error::Dirty(error.to_string()))?;
        let mut reading = BTreeMap::from([(SERVER, self.process.tree_cpu_seconds()?), (LOAD_GENERATOR, own)]);
        let others = [(KAFKA, &neighbours.kafka), (REDIS, &neighbours.redis)];
        reading.extend(others.into_iter().filter_map(|(name, server)| Some((name, server.cpu_seconds()?))));
        Ok(reading)
    }

    fn blame(&self, error: Error) -> Error {
        match error {
            Error::Refused(what) => self.process.failed(format!("refused an event: {what}")),
            error => error,
        }
    }
}

fn per_million(
    before: &BTreeMap<&'static str, f64>,
    after: &BTreeMap<&'static str, f64>,
    events: u64,
) -> BTreeMap<&'static str, f64> {
    let used = |name: &str, after: f64| Some((after - before.get(name)?) / events.max(1) as f64 * 1e6);
    after.iter().filter_map(|(name, after)| Some((*name, used(name, *after)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_is_per_million_events_and_what_was_not_seen_is_absent() {
        let before = BTreeMap::from([(SERVER, 1.0), (REDIS, 1.0)]);
        let after = BTreeMap::from([(SERVER, 3.0), (KAFKA, 5.0)]);
        assert_eq!(per_million(&before, &after, 50_000), BTreeMap::from([(SERVER, 40.0)]));
    }
}
