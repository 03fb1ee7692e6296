//! Sends requests over a number of connections, either as fast as they are answered or each at the moment it is meant
//! for, on a thread of its own with one event loop: the cheapest way to keep many connections busy.

use std::{cell::RefCell, io, net::SocketAddr, rc::Rc, sync::Arc, time::Duration};

use tokio::{
    runtime,
    task::{JoinSet, LocalSet},
    time::{Instant, sleep, timeout},
};

use super::{
    Error,
    requests::Requests,
    tally::{Seen, Tally},
    wire::Wire,
};
use crate::arrivals::Arrivals;

const ACCEPTED: u16 = 202;
const UNAVAILABLE: u16 = 503;
/// A refused client waits before its next request, which is a new one; a second, as servers ask for, would idle most
/// of a round.
const COME_AGAIN: Duration = Duration::from_millis(50);
/// Far beyond every deadline of a server: what takes longer is no answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// How much is sent, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) length: Duration,
    pub(crate) pace: Pace,
}

/// When the next request is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// When the connection has its answer: what a server bears with so many clients that wait for it.
    Closed,
    /// So many a second, whether or not earlier ones were answered; latency counts from the moment a request was
    /// meant for.
    Open { requests_per_second: f64 },
}

/// What one sender shares with the others.
struct Shared {
    requests: Arc<Requests>,
    load: Load,
    start: Instant,
    /// `None` in a closed loop.
    arrivals: Option<Arrivals>,
    tally: RefCell<Tally>,
}

/// Sends the load and waits for every answer; an error if one is neither 202 nor 503.
pub(crate) async fn send(address: SocketAddr, requests: &Arc<Requests>, load: Load) -> Result<Seen, Error> {
    let requests = Arc::clone(requests);
    let sending = tokio::task::spawn_blocking(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::Dirty(format!("the load generator: {error}")))?;
        LocalSet::new().block_on(&runtime, all(address, requests, load))
    });
    sending.await.map_err(|error| Error::Dirty(error.to_string()))?
}

async fn all(address: SocketAddr, requests: Arc<Requests>, load: Load) -> Result<Seen, Error> {
    let failed = |error: io::Error| Error::Dirty(format!("{address}: {error}"));
    let mut wires = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        wires.push(Wire::open(address).await.map_err(failed)?);
    }
    let tally = Tally::new().map_err(|error| Error::Dirty(error.to_string()))?;
    let start = Instant::now();
    let arrivals = match load.pace {
        Pace::Closed => None,
        Pace::Open { requests_per_second } => Some(Arrivals::from(start, requests_per_second, load.length)),
    };
    let shared = Rc::new(Shared { requests, load, start, arrivals, tally: RefCell::new(tally) });
    let mut senders = JoinSet::new();
    for wire in wires {
        senders.spawn_local(sender(wire, Rc::clone(&shared)));
    }
    while let Some(sender) = senders.join_next().await {
        sender.map_err(|error| Error::Dirty(error.to_string()))??;
    }
    let tally = shared.tally.borrow();
    Ok(tally.seen(shared.start.elapsed(), shared.requests.events_per_request()))
}

async fn sender(mut wire: Wire, shared: Rc<Shared>) -> Result<(), Error> {
    let mut request = Vec::with_capacity(4 << 10);
    while let Some(due) = shared.turn().await {
        shared.requests.render(&mut request);
        let late = due.elapsed();
        let answer = match shared.load.pace {
            // the round would end late, and the log would tell why: no timer for each of a million requests
            Pace::Closed => wire.exchange(&request).await,
            Pace::Open { .. } => timeout(PATIENCE, wire.exchange(&request))
                .await
                .unwrap_or(Err(io::ErrorKind::TimedOut.into())),
        };
        let latency = due.elapsed();
        match answer {
            Ok(ACCEPTED) => shared.tally.borrow_mut().record(latency, late),
            Ok(UNAVAILABLE) => {
                shared.tally.borrow_mut().refuse();
                sleep(COME_AGAIN).await;
            }
            Ok(_) => return Err(Error::Refused(wire.last_answer())),
            Err(error) => return Err(Error::Refused(format!("no answer: {error}"))),
        }
    }
    Ok(())
}

impl Shared {
    /// The moment the next request is meant for, once it has come; `None` when the time is over.
    async fn turn(&self) -> Option<Instant> {
        if let Some(arrivals) = &self.arrivals {
            return Some(arrivals.next().await?.due);
        }
        let now = Instant::now();
        (now < self.start + self.load.length).then_some(now)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        bench::requests::{Shape, Target},
        flights::{Days, load},
    };

    const CSV: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/flights.csv");

    async fn server(answer: &'static str) -> (SocketAddr, Arc<Requests>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut chunk = [0; 4_096];
                    while stream.read(&mut chunk).await.is_ok_and(|bytes| bytes > 0) {
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        let flights = load(Days::year().unwrap(), Some(CSV.into())).unwrap();
        let target = Target { host: address.to_string(), key: None };
        (address, Arc::new(Requests::new(&target, "r", &flights, Shape::Single)))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_open_loop_sends_what_is_meant_to_be_sent_in_its_time() {
        let (address, requests) = server("HTTP/1.1 202 A\r\ncontent-length: 0\r\n\r\n").await;
        let pace = Pace::Open { requests_per_second: 200.0 };
        let load = Load { connections: 4, length: Duration::from_millis(200), pace };
        let seen = send(address, &requests, load).await.unwrap();
        assert_eq!(seen.events, 40);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_client_that_is_told_to_come_again_is_counted_and_goes_on() {
        let (address, requests) = server("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").await;
        let pace = Pace::Open { requests_per_second: 100.0 };
        let load = Load { connections: 5, length: Duration::from_millis(50), pace };
        let seen = send(address, &requests, load).await.unwrap();
        assert_eq!((seen.events, seen.refused), (0, 5));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_refused_event_ends_the_round_with_what_the_server_said() {
        let (address, requests) = server("HTTP/1.1 401 No\r\ncontent-length: 2\r\n\r\nno").await;
        let load = Load { connections: 2, length: Duration::from_secs(60), pace: Pace::Closed };
        let refused = send(address, &requests, load).await.err().map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("401 No")));
    }
}
