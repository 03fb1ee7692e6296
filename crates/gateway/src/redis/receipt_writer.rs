//! Writes receipts off the request's path: a bounded queue, and one round trip for all that wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use event::EventKey;
use fred::clients::{Client, WithOptions};
use fred::types::{Key, Value};
use futures::future::join_all;
use tokio::sync::mpsc;

use super::Kept;
use super::connection::Connection;
use super::names::Scope;
use super::script::Script;
use super::seal::Seal;
use crate::instruments::{self, ReceiptOutcome, RedisOperation};

static KEEP: Script = Script::new(include_str!("keep.lua"));

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
    /// Receipts of one producer may be written together, on a cluster too.
    scope: Arc<Scope>,
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
    pub(super) fn keep(&self, scope: Scope, receipts: Vec<(EventKey, Kept)>) {
        let Ok(places) = self.queue.try_reserve_many(receipts.len()) else {
            instruments::receipts(ReceiptOutcome::Dropped, receipts.len());
            return;
        };
        let scope = Arc::new(scope);
        for (place, (key, kept)) in places.zip(receipts) {
            let name = scope.receipt(key);
            let value = self.seal.close(name.as_bytes(), kept.encode());
            place.send(Waiting { scope: Arc::clone(&scope), name, value });
        }
    }
}

/// Runs until nobody can queue any more.
async fn write(connection: Arc<Connection>, window: Duration, mut waiting: mpsc::Receiver<Waiting>) {
    let window = Value::Integer(i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1));
    let client = connection.patient_client(PATIENCE);
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, MAX_BATCH).await > 0 {
        join_all(by_producer(&mut batch).into_iter().map(|group| {
            let arguments = std::iter::once(window.clone()).chain(group.values).collect();
            write_all(&connection, &client, group.keys, arguments)
        }))
        .await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Receipts of one producer, as the script takes them.
struct Group {
    scope: Arc<Scope>,
    keys: Vec<Key>,
    values: Vec<Value>,
}

fn by_producer(batch: &mut Vec<Waiting>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for Waiting { scope, name, value } in batch.drain(..) {
        let value = Value::Bytes(value);
        match groups.iter_mut().rev().find(|group| group.scope == scope) {
            Some(group) => {
                group.keys.push(name);
                group.values.push(value);
            }
            None => groups.push(Group { scope, keys: vec![name], values: vec![value] }),
        }
    }
    groups
}

/// Tries for a while; a second try changes nothing that the first one wrote.
async fn write_all(
    connection: &Connection,
    client: &WithOptions<Client>,
    keys: Vec<Key>,
    arguments: Vec<Value>,
) {
    let deadline = Instant::now() + TRY_FOR;
    let count = keys.len();
    loop {
        let work = KEEP.run(client, keys.clone(), arguments.clone());
        let written = connection.call_within(PATIENCE, RedisOperation::KeepReceipts, work).await;
        if let Some(written) = written.and_then(|written| written.as_usize()) {
            instruments::receipts(ReceiptOutcome::Written, written);
            instruments::receipts(ReceiptOutcome::NotFirst, count.saturating_sub(written));
            return;
        }
        if Instant::now() >= deadline {
            instruments::receipts(ReceiptOutcome::Dropped, count);
            return;
        }
        tokio::time::sleep(RETRY_DELAY).await;
    }
}

#[cfg(test)]
mod tests {
    use event::{Digest, EventId, Source};

    use super::*;

    #[test]
    fn receipts_go_with_those_of_their_producer_in_their_order() {
        let one = |producer, name: &'static str| {
            let value = Bytes::from_static(name.as_bytes());
            Waiting { scope: Arc::new(Scope::new("t", producer)), name: name.into(), value }
        };
        let groups = by_producer(&mut vec![one("p", "1"), one("q", "2"), one("p", "3")]);
        let names: Vec<Vec<&str>> =
            groups.iter().map(|group| group.keys.iter().filter_map(Key::as_str).collect()).collect();
        assert_eq!(names, [vec!["1", "3"], vec!["2"]]);
        assert_eq!(groups[0].values, [Value::Bytes("1".into()), Value::Bytes("3".into())]);
    }

    #[test]
    fn receipts_of_a_request_that_find_no_room_are_dropped_together() {
        let (queue, waiting) = mpsc::channel(3);
        let writer = ReceiptWriter { queue, seal: Seal::new(None) };
        let (source, id): (Source, EventId) = ("/a".parse().unwrap(), "1".parse().unwrap());
        let kept = Kept { digest: Digest::from([0; 32]), partition: 0, offset: 0, trace_id: None };
        let two = [(EventKey::of(&source, &id), kept); 2];
        for (receipts, in_queue) in [(&two[..], 2), (&two[..], 2), (&two[..1], 3), (&two[..1], 3), (&[], 3)] {
            writer.keep(Scope::new("t", "p"), receipts.to_vec());
            assert_eq!(waiting.len(), in_queue);
        }
    }
}
