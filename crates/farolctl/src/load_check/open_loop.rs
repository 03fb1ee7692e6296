//! An open-loop load: every request has a moment at which it is meant to be sent, whether or not
//! earlier ones were answered, and its latency counts from that moment.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{
    connection::Connection,
    requests::Requests,
    tally::{Outcome, Tally},
};
use crate::{
    arrivals::{Arrival, Arrivals},
    bench::{Error, load::PATIENCE},
    progress::Progress,
};

const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// What is to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) label: &'static str,
    pub(crate) requests_per_second: f64,
    pub(crate) length: Duration,
    /// The most requests that wait for their answer at one time.
    pub(crate) connections: usize,
}

struct Shared {
    load: Load,
    requests: Requests,
    start: Instant,
    arrivals: Arrivals,
    tally: Mutex<Tally>,
}

/// Sends the load and waits for every answer. What could not be sent in its time, because all
/// connections were busy, is not offered.
pub(crate) async fn send(address: SocketAddr, requests: &Requests, load: Load) -> Result<Tally, Error> {
    let failed = |error: io::Error| Error::Dirty(format!("{address}: {error}"));
    let mut connections = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        connections.push(Connection::open(address).await.map_err(failed)?);
    }
    let tally = Tally::new(load.length, requests.events_per_request());
    let start = Instant::now();
    let shared = Arc::new(Shared {
        load,
        requests: requests.clone(),
        start,
        arrivals: Arrivals::from(start, load.requests_per_second, load.length),
        tally: Mutex::new(tally.map_err(|error| Error::Dirty(error.to_string()))?),
    });
    let mut senders = JoinSet::new();
    for connection in connections {
        senders.spawn(sender(connection, Arc::clone(&shared)));
    }
    wait_for(&mut senders, &shared).await?;
    let tally = Arc::into_inner(shared)
        .map(|shared| shared.tally.into_inner().unwrap_or_else(PoisonError::into_inner));
    tally.ok_or_else(|| Error::Dirty("a sender is left over".to_owned()))
}

async fn wait_for(senders: &mut JoinSet<()>, shared: &Shared) -> Result<(), Error> {
    let progress = Progress::start(shared.load.label, shared.load.length.as_secs());
    let mut tick = tokio::time::interval(PROGRESS_EVERY);
    loop {
        tokio::select! {
            ended = senders.join_next() => match ended {
                Some(sender) => sender.map_err(|error| Error::Dirty(error.to_string()))?,
                None => break,
            },
            _ = tick.tick() => progress.set(shared.start.elapsed().min(shared.load.length).as_secs()),
        }
    }
    progress.finish();
    Ok(())
}

async fn sender(mut connection: Connection, shared: Arc<Shared>) {
    let events = shared.requests.events_per_request();
    while let Some(Arrival { number, due }) = shared.arrivals.next().await {
        let late = due.elapsed();
        if shared.start.elapsed() >= shared.load.length {
            return;
        }
        let request = shared.requests.render(number);
        let answer = timeout(PATIENCE, connection.exchange(&request)).await;
        let outcome = Outcome::of(answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())), events);
        let latency = due.elapsed();
        let mut tally = shared.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.sent_late(late);
        tally.record(due - shared.start, latency, outcome);
    }
}
