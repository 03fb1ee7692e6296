//! Redis as the gateway uses it: asked once per request for the producer's rate and for first
//! receipts, told of new receipts afterwards. An aid, never a guard: whatever Redis does, no
//! answer goes wrong and no request waits for it longer than `FAROL_REDIS_TIMEOUT`.

mod admission;
mod breaker;
mod connection;
mod kept;
mod names;
mod receipt_writer;
mod script;
mod seal;
pub(crate) mod server;
mod stored_cache;
#[cfg(test)]
mod tests;
mod together;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use event::EventKey;
use fred::clients::{Client, WithOptions};
use fred::error::Error;
use fred::interfaces::KeysInterface as _;
use tracing::Span;

use crate::config;
use crate::instruments::{self, ReceiptOutcome, RedisOperation};
use crate::producer_rate::{LocalRates, Rate, Verdict};
use connection::Connection;
use names::Scope;
use receipt_writer::ReceiptWriter;
use seal::Seal;
use stored_cache::StoredCache;
use together::{Question, Together};

pub(crate) use kept::Kept;

/// What Redis, or this gateway alone, says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Whether the events are within their producer's rate.
    pub(crate) verdict: Verdict,
    /// For each event the receipt it got before, as far as it is known. All `None` where the
    /// verdict refuses.
    pub(crate) receipts: Vec<Option<Kept>>,
}

impl Asked {
    fn without_receipts(verdict: Verdict, events: usize) -> Self {
        Self { verdict, receipts: vec![None; events] }
    }
}

/// Redis, as the requests of one thread ask it: over a connection of that thread, which no other has to wake.
pub(crate) struct Redis {
    connection: Arc<Connection>,
    together: Together,
    shared: Arc<Shared>,
}

/// What all threads have in common.
struct Shared {
    local_rates: LocalRates,
    /// One for all threads, so that the first receipt of an event is the one that is written.
    writer: ReceiptWriter,
    stored: StoredCache,
    seal: Seal,
    /// A receipt is good for its own topic only: another one does not hold the event.
    topic: String,
}

impl Redis {
    /// Starts to connect and returns at once.
    pub(crate) fn connect(config: &config::Redis, topic: &str) -> Result<Self, Error> {
        let connection = Arc::new(Connection::open(config)?);
        let seal = Seal::new(config.receipt_key.as_ref());
        let writer = ReceiptWriter::start(Arc::clone(&connection), config.receipt_window, seal.clone());
        let stored = StoredCache::new(Arc::clone(&connection), topic, config.stored_cache, seal.clone());
        let (local_rates, topic) = (LocalRates::default(), topic.to_owned());
        let shared = Shared { local_rates, writer, stored, seal, topic };
        Ok(Self::over(connection, Arc::new(shared)))
    }

    /// The same for the thread that this is called on.
    pub(crate) fn of_this_thread(&self) -> Self {
        Self::over(Arc::new(self.connection.another()), Arc::clone(&self.shared))
    }

    fn over(connection: Arc<Connection>, shared: Arc<Shared>) -> Self {
        let together = Together::start(Arc::clone(&connection), shared.seal.clone());
        Self { connection, together, shared }
    }

    /// Takes the events of one request, known by their `keys`, from the producer's rate and looks
    /// up their first receipts. While Redis is away the rate is this gateway's own.
    pub(crate) async fn ask(&self, producer: &str, rate: Option<Rate>, keys: &[EventKey]) -> Asked {
        let events = keys.len();
        if events == 0 {
            return Asked::without_receipts(Verdict::Unlimited, 0);
        }
        if let Some(rate) = rate.filter(|rate| !rate.fits(events)) {
            return Asked::without_receipts(Verdict::BeyondBurst(rate), events);
        }
        if let Some(asked) = self.admitted(producer, rate, keys).await {
            if !matches!(asked.verdict, Verdict::Limited { .. }) {
                count_found(&asked.receipts);
            }
            instruments::rate_decision(&asked.verdict, instruments::Decider::Redis);
            return asked;
        }
        instruments::receipts(ReceiptOutcome::Unavailable, events);
        let verdict = rate.map_or(Verdict::Unlimited, |rate| {
            self.shared.local_rates.take(producer, rate, events, Instant::now())
        });
        instruments::rate_decision(&verdict, instruments::Decider::Local);
        Asked::without_receipts(verdict, events)
    }

    async fn admitted(&self, producer: &str, rate: Option<Rate>, keys: &[EventKey]) -> Option<Asked> {
        let scope = self.scope(producer);
        let names = keys.iter().map(|key| scope.receipt(*key)).collect();
        let question = Question { scope, rate, names, span: Span::current() };
        self.together.ask(question).await
    }

    /// Keeps receipts, off the request's path. The first one of an event stays.
    pub(crate) fn keep(&self, producer: &str, receipts: Vec<(EventKey, Kept)>) {
        self.shared.writer.keep(self.scope(producer), receipts);
    }

    /// The first receipt of an event of this producer, if it is known.
    pub(crate) async fn find_receipt(&self, producer: &str, key: EventKey) -> Option<Kept> {
        let name = self.scope(producer).receipt(key);
        let question = self.client().get::<Option<Bytes>, _>(&name);
        let Some(value) = self.call(RedisOperation::FindReceipt, question).await else {
            instruments::receipts(ReceiptOutcome::Unavailable, 1);
            return None;
        };
        let kept = value.and_then(|value| Kept::decode(self.shared.seal.open(name.as_bytes(), &value)?));
        count_found(std::slice::from_ref(&kept));
        kept
    }

    /// The answer about this event, if it was stored when it was last asked for.
    pub(crate) async fn find_stored(&self, key: EventKey) -> Option<Bytes> {
        self.shared.stored.find(key).await
    }

    /// Remembers the answer about a stored event, off the request's path.
    pub(crate) fn keep_stored(&self, key: EventKey, answer: Bytes) {
        self.shared.stored.keep(key, answer);
    }

    fn scope(&self, producer: &str) -> Scope {
        Scope::new(&self.shared.topic, producer)
    }

    /// For the work of a [`Self::call`].
    pub(crate) fn client(&self) -> &WithOptions<Client> {
        self.connection.client()
    }

    /// Anything else that is asked of Redis by the same rules: bounded, measured, and not asked at
    /// all while Redis is known to be away. `None` where there is no answer in time.
    pub(crate) async fn call<T>(
        &self,
        operation: RedisOperation,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        self.connection.call(operation, work).await
    }
}

fn count_found(receipts: &[Option<Kept>]) {
    let hits = receipts.iter().flatten().count();
    instruments::receipts(ReceiptOutcome::Hit, hits);
    instruments::receipts(ReceiptOutcome::Miss, receipts.len() - hits);
}
