//! Writes receipts off the request's path: a bounded queue, and one round trip for all that wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use event::EventKey;
use fred::clients::Pipeline;
use fred::error::Error;
use fred::interfaces::KeysInterface as _;
use fred::types::{Expiration, Key, SetOptions, Value};
use tokio::sync::mpsc;

use super::Kept;
use super::connection::Connection;
use super::names::Scope;
use super::seal::Seal;
use crate::instruments::{self, ReceiptOutcome, RedisOperation};

/// Receipts that may wait; more are dropped, which costs nothing but the aid.
const MAX_WAITING: usize = 16_384;
/// Receipts in one round trip.
const MAX_BATCH: usize = 512;
/// The pause after a round trip, in which receipts gather for the next: clients do not repeat that soon.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a round trip may take: nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(1);
/// A hiccup of Redis shorter than this costs no receipt.
const TRY_FOR: Duration = Duration::from_secs(5);
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// The way into the queue.
pub(super) struct ReceiptWriter {
    queue: mpsc::Sender<Waiting>,
    seal: Seal,
}

struct Waiting {
    name: Key,
    value: Bytes,
}

impl ReceiptWriter {
    pub(super) fn start(connection: Arc<Connection>, window: Duration, seal: Seal) -> Self {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        tokio::spawn(write(connection, window, waiting));
        Self { queue, seal }
    }

    /// Queues all of them or, where there is no room, none.
    pub(super) fn keep(&self, scope: &Scope, receipts: Vec<(EventKey, Kept)>) {
        let Ok(places) = self.queue.try_reserve_many(receipts.len()) else {
            instruments::receipts(ReceiptOutcome::Dropped, receipts.len());
            return;
        };
        for (place, (key, kept)) in places.zip(receipts) {
            let name = scope.receipt(key);
            let value = self.seal.close(&name, kept.encode());
            place.send(Waiting { name: name.into(), value });
        }
    }
}

/// Runs until nobody can queue any more.
async fn write(connection: Arc<Connection>, window: Duration, mut waiting: mpsc::Receiver<Waiting>) {
    let window = Expiration::PX(i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1));
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, MAX_BATCH).await > 0 {
        match write_batch(&connection, &window, &batch).await {
            Some(written) => {
                instruments::receipts(ReceiptOutcome::Written, written);
                instruments::receipts(ReceiptOutcome::NotFirst, batch.len().saturating_sub(written));
            }
            None => instruments::receipts(ReceiptOutcome::Dropped, batch.len()),
        }
        batch.clear();
        tokio::time::sleep(PAUSE).await;
    }
}

/// Tries for a while; a second try changes nothing that the first one wrote.
async fn write_batch(connection: &Connection, window: &Expiration, batch: &[Waiting]) -> Option<usize> {
    let deadline = Instant::now() + TRY_FOR;
    loop {
        let work = set_all(connection, window, batch);
        let written = connection.call_within(PATIENCE, RedisOperation::KeepReceipts, work).await;
        if written.is_some() || Instant::now() >= deadline {
            return written;
        }
        tokio::time::sleep(RETRY_DELAY).await;
    }
}

/// How many of them were the first of their event; the others change nothing.
async fn set_all(connection: &Connection, window: &Expiration, batch: &[Waiting]) -> Result<usize, Error> {
    let pipeline = Pipeline::from(connection.patient_client(PATIENCE));
    for Waiting { name, value } in batch {
        let (window, first) = (Some(window.clone()), Some(SetOptions::NX));
        pipeline.set::<(), _, _>(name.clone(), value.clone(), window, first, false).await?;
    }
    let answers: Vec<Value> = pipeline.all().await?;
    Ok(answers.iter().filter(|answer| !answer.is_null()).count())
}

#[cfg(test)]
mod tests {
    use event::{Digest, EventId, Source};

    use super::*;

    #[test]
    fn receipts_of_a_request_that_find_no_room_are_dropped_together() {
        let (queue, waiting) = mpsc::channel(3);
        let writer = ReceiptWriter { queue, seal: Seal::new(None) };
        let (source, id): (Source, EventId) = ("/a".parse().unwrap(), "1".parse().unwrap());
        let kept = Kept { digest: Digest::from([0; 32]), partition: 0, offset: 0, trace_id: None };
        let two = vec![(EventKey::of(&source, &id), kept); 2];
        for (receipts, in_queue) in [(&two[..], 2), (&two[..], 2), (&two[..1], 3), (&two[..1], 3), (&[], 3)] {
            writer.keep(&Scope::new("t", "p"), receipts.to_vec());
            assert_eq!(waiting.len(), in_queue);
        }
    }
}
