//! The Kafka side: a consumer whose positions come from the ledger, never from the group.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, Offset, Statistics, TopicPartitionList};
use tokio::runtime::Handle;

use crate::assignment::Assignment;
use crate::batch;
use crate::config::Config;
use crate::failure::Backoff;
use crate::instruments;
use crate::store::{Book, Store};

/// How long one question to the broker may take.
const BROKER_PATIENCE: Duration = Duration::from_secs(10);
/// How much the client may fetch ahead of the pipeline.
const PREFETCH_KIB: &str = "32768";
/// How long the group waits for a worker that died without a word: its partitions rest so long.
const SESSION_TIMEOUT_MS: &str = "10000";

/// Told to stop, by anyone who holds a clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Tells to stop when it goes out of scope, whatever the reason.
    pub(crate) fn when_dropped(&self) -> StopGuard {
        StopGuard(self.clone())
    }
}

/// See [`Stop::when_dropped`].
pub(crate) struct StopGuard(Stop);

impl Drop for StopGuard {
    fn drop(&mut self) {
        self.0.now();
    }
}

/// A subscribed consumer and the partitions it owns.
pub(crate) struct Consumer {
    client: BaseConsumer<Context>,
    pub(crate) assignment: Arc<Assignment>,
    pub(crate) book: Book,
    pub(crate) group: String,
}

struct Context {
    assignment: Arc<Assignment>,
    store: Store,
    runtime: Handle,
    topic: String,
    stop: Stop,
}

impl Consumer {
    /// Joins the group. Blocks until a broker told the cluster's id, without which there are no books.
    pub(crate) fn join(
        config: &Config,
        store: Store,
        runtime: Handle,
        stop: Stop,
    ) -> KafkaResult<Option<Self>> {
        let assignment = Arc::new(Assignment::default());
        let context = Context {
            assignment: Arc::clone(&assignment),
            store,
            runtime,
            topic: config.kafka_topic.clone(),
            stop: stop.clone(),
        };
        let mut client = ClientConfig::new();
        if let Some(instance_id) = &config.kafka_instance_id {
            client.set("group.instance.id", instance_id);
        }
        let client: BaseConsumer<Context> = client
            .set("bootstrap.servers", &config.kafka_brokers)
            .set("group.id", &config.kafka_group)
            .set("client.id", crate::SERVICE.name)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("session.timeout.ms", SESSION_TIMEOUT_MS)
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("queued.max.messages.kbytes", PREFETCH_KIB)
            .set("statistics.interval.ms", "5000")
            .create_with_context(context)?;
        let Some(cluster_id) = cluster_id(&client, &stop) else { return Ok(None) };
        client.subscribe(&[&config.kafka_topic])?;
        let book = Book { cluster_id, topic: config.kafka_topic.clone() };
        Ok(Some(Self { client, assignment, book, group: config.kafka_group.clone() }))
    }

    /// The next record, within `wait`. Rebalances happen inside.
    pub(crate) fn poll(&self, wait: Duration) -> Option<KafkaResult<BorrowedMessage<'_>>> {
        self.client.poll(wait)
    }

    /// The first offset that the log still holds.
    pub(crate) fn log_start(&self, partition: i32) -> KafkaResult<i64> {
        self.client.fetch_watermarks(&self.book.topic, partition, BROKER_PATIENCE).map(|(low, _)| low)
    }

    /// Starts a partition anew from `next`.
    pub(crate) fn rewind(&self, partition: i32, next: i64) -> KafkaResult<()> {
        self.assignment.rewind(partition, next);
        self.client.seek(&self.book.topic, partition, Offset::Offset(next), BROKER_PATIENCE)
    }

    /// Tells the group how far the ledger is: a hint for tools that look at lag, nothing more.
    pub(crate) fn hint(&self, spans: &[batch::Span]) {
        let mut offsets = TopicPartitionList::new();
        for span in spans {
            let added =
                offsets.add_partition_offset(&self.book.topic, span.partition, Offset::Offset(span.next));
            debug_assert!(added.is_ok(), "an offset from the ledger is a valid offset");
        }
        if let Err(error) = self.client.commit(&offsets, CommitMode::Async) {
            tracing::debug!(%error, "the group was not told its offsets");
        }
    }

    /// Waits without taking records, but polls, so that the group keeps this member. Ends early
    /// when told to stop.
    pub(crate) fn idle(&self, wait: Duration, stop: &Stop) {
        self.set_paused(true);
        let until = Instant::now() + wait;
        while !stop.is_set() {
            let left = until.saturating_duration_since(Instant::now()).min(Duration::from_millis(100));
            if left.is_zero() {
                break;
            }
            if let Some(Ok(message)) = self.client.poll(left) {
                // It was on its way before the pause took hold: it must come again.
                self.take_again(&message);
            }
        }
        self.set_paused(false);
    }

    fn take_again(&self, message: &BorrowedMessage<'_>) {
        use rdkafka::message::Message as _;
        let (partition, offset) = (message.partition(), message.offset());
        if let Err(error) =
            self.client.seek(&self.book.topic, partition, Offset::Offset(offset), BROKER_PATIENCE)
        {
            tracing::warn!(%error, partition, offset, "a record could not be put back");
        }
    }

    fn set_paused(&self, paused: bool) {
        let mut partitions = TopicPartitionList::new();
        for partition in self.assignment.partitions() {
            partitions.add_partition(&self.book.topic, partition);
        }
        let done = if paused { self.client.pause(&partitions) } else { self.client.resume(&partitions) };
        if let Err(error) = done {
            tracing::warn!(%error, paused, "partitions could not be paused or resumed");
        }
    }
}

fn cluster_id(client: &BaseConsumer<Context>, stop: &Stop) -> Option<String> {
    while !stop.is_set() {
        if let Some(id) = client.client().fetch_cluster_id(Duration::from_secs(1)) {
            return Some(id);
        }
        tracing::info!("waiting for Kafka");
        // Serves the client's events; there is no subscription and so no record yet.
        client.poll(Duration::from_millis(100));
    }
    None
}

impl Context {
    /// Finds out where each new partition begins. PostgreSQL away means waiting: nothing can be
    /// consumed without its books anyway.
    fn positions(&self, client: &BaseConsumer<Self>, partitions: &[i32]) -> Option<Vec<(i32, i64)>> {
        let mut backoff = Backoff::new();
        while !self.stop.is_set() {
            match self.try_positions(client, partitions) {
                Ok(positions) => return Some(positions),
                Err(error) => {
                    tracing::warn!(error, ?partitions, "positions of new partitions cannot be read yet");
                    std::thread::sleep(backoff.next_wait());
                }
            }
        }
        None
    }

    fn try_positions(
        &self,
        client: &BaseConsumer<Self>,
        partitions: &[i32],
    ) -> Result<Vec<(i32, i64)>, String> {
        let cluster_id = client.client().fetch_cluster_id(BROKER_PATIENCE).ok_or("Kafka does not answer")?;
        let book = Book { cluster_id, topic: self.topic.clone() };
        let mut log_starts = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let (low, _) = client
                .fetch_watermarks(&self.topic, *partition, BROKER_PATIENCE)
                .map_err(|error| error.to_string())?;
            log_starts.push((*partition, low));
        }
        self.runtime.block_on(self.store.positions(&book, &log_starts)).map_err(|error| error.to_string())
    }

    fn assign(&self, client: &BaseConsumer<Self>, new: &mut TopicPartitionList) -> KafkaResult<()> {
        let partitions: Vec<i32> = new.elements().iter().map(|element| element.partition()).collect();
        let Some(positions) = self.positions(client, &partitions) else { return Ok(()) };
        for (partition, next) in &positions {
            new.set_partition_offset(&self.topic, *partition, Offset::Offset(*next))?;
        }
        tracing::info!(?positions, "partitions assigned");
        self.assignment.add(positions);
        client.incremental_assign(new)
    }

    fn revoke(&self, client: &BaseConsumer<Self>, lost: &TopicPartitionList) -> KafkaResult<()> {
        let partitions: Vec<i32> = lost.elements().iter().map(|element| element.partition()).collect();
        tracing::info!(?partitions, "partitions revoked");
        self.assignment.remove(partitions);
        client.incremental_unassign(lost)
    }
}

impl ConsumerContext for Context {
    /// Runs inside `poll`, on the pipeline's thread: no batch is being written meanwhile.
    fn rebalance(
        &self,
        client: &BaseConsumer<Self>,
        error: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let done = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(client, partitions),
            _ => self.revoke(client, partitions),
        };
        if let Err(error) = done {
            tracing::error!(%error, "a rebalance failed; the group will try again");
        }
    }
}

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "kafka consumer");
    }

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }

    fn stats(&self, statistics: Statistics) {
        let Some(topic) = statistics.topics.get(&self.topic) else { return };
        let owned = self.assignment.partitions();
        for (partition, figures) in &topic.partitions {
            // -1 means that the client does not know yet.
            if owned.contains(partition) && figures.consumer_lag >= 0 {
                instruments::lag(*partition, figures.consumer_lag);
            }
        }
    }
}
