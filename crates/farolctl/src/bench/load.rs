//! Sends bodies over a number of connections as fast as they are answered, and keeps the
//! time of each answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::task::JoinSet;

use super::Error;
use crate::{
    delivery::Delivery,
    gateway_client::{Answer, GatewayClient},
    retry::RetryPolicy,
};

/// What the sender saw.
pub(crate) struct Load {
    pub(crate) elapsed: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
    /// Times an event had to be sent again.
    pub(crate) retries: u32,
}

impl Load {
    /// Acknowledged events per second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    /// The latency that `share` (0 to 1) of the answers did not exceed, in milliseconds.
    pub(crate) fn percentile_ms(&self, share: f64) -> f64 {
        let rank = (self.latencies.len() as f64 * share).ceil() as usize;
        let latency = self.latencies.get(rank.saturating_sub(1));
        latency.map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// Sends every body once; an error if one is refused.
pub(crate) async fn send(
    gateway: &GatewayClient,
    bodies: Vec<Bytes>,
    connections: usize,
) -> Result<Load, Error> {
    let bodies = Arc::new(bodies);
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        senders.spawn(connection(gateway.clone(), Arc::clone(&bodies), Arc::clone(&next)));
    }
    let mut load = Load { elapsed: Duration::ZERO, latencies: Vec::with_capacity(bodies.len()), retries: 0 };
    while let Some(sender) = senders.join_next().await {
        let (latencies, retries) = sender.map_err(|error| Error::Dirty(error.to_string()))??;
        load.latencies.extend(latencies);
        load.retries += retries;
    }
    load.elapsed = start.elapsed();
    load.latencies.sort_unstable();
    Ok(load)
}

async fn connection(
    gateway: GatewayClient,
    bodies: Arc<Vec<Bytes>>,
    next: Arc<AtomicUsize>,
) -> Result<(Vec<Duration>, u32), Error> {
    let delivery = Delivery { gateway: &gateway, retry: RetryPolicy::default(), concurrency: 1 };
    let mut latencies = Vec::new();
    let mut retries = 0;
    while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
        let start = Instant::now();
        let outcome = delivery.send_one(body.clone(), None).await?;
        latencies.push(start.elapsed());
        retries += outcome.retries;
        match outcome.answer {
            Answer::Accepted(receipt) if receipt.repeat => {
                return Err(Error::Dirty(format!("{} was known already: ids are not fresh", receipt.id)));
            }
            Answer::Accepted(_) => {}
            Answer::Refused { problem, .. } => return Err(Error::Refused(Box::new(problem))),
        }
    }
    Ok((latencies, retries))
}

#[cfg(test)]
mod tests {
    use super::{Duration, Load};

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let latencies = (1..=100).map(Duration::from_millis).collect();
        let load = Load { elapsed: Duration::from_secs(2), latencies, retries: 0 };
        assert_eq!(load.percentile_ms(0.5), 50.0);
        assert_eq!(load.percentile_ms(0.99), 99.0);
        assert_eq!(load.rate(), 50.0);
    }
}
