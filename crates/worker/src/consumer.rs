//! The Kafka side: a consumer whose positions come from the ledger, never from the group.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use telemetry::KafkaStatistics;
use tokio::runtime::Handle;

use crate::assignment::Assignment;
use crate::batch;
use crate::config::Config;
use crate::continuity::Continuity;
use crate::gauges::Gauges;
use crate::in_flight::InFlight;
use crate::membership::Membership;
use crate::status::Status;
use crate::stop::{Stop, StopGuard};
use crate::store::{Book, Store};

/// How long one question to the broker may take.
pub(crate) const BROKER_PATIENCE: Duration = Duration::from_secs(10);
/// How much the client may fetch ahead of the pipeline.
const PREFETCH_KIB: &str = "32768";
/// How long the group waits for a worker that died without a word: its partitions rest so long.
const SESSION_TIMEOUT_MS: &str = "10000";

/// How soon partitions that were added are noticed; the client's own default is five minutes.
const METADATA_REFRESH_MS: &str = "10000";

/// A subscribed consumer and the partitions it owns.
pub(crate) struct Consumer {
    client: BaseConsumer<Membership>,
    pub(crate) assignment: Arc<Assignment>,
    pub(crate) continuity: Arc<Continuity>,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) in_flight: InFlight,
    pub(crate) book: Book,
    pub(crate) group: String,
    /// Ends the watch over the log with this consumer.
    _watching: StopGuard,
}

impl Consumer {
    /// Joins the group. Blocks until a broker told the cluster's id, without which there are no books.
    pub(crate) fn join(
        config: &Config,
        store: Store,
        runtime: Handle,
        stop: Stop,
        status: Status,
        gauges: Arc<Gauges>,
    ) -> KafkaResult<Option<Self>> {
        gauges.all_gone();
        let mut reader = config.kafka.client_config();
        reader
            .set("group.id", &config.kafka_group)
            .set("client.id", crate::SERVICE.name)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed");
        let mut client = reader.clone();
        let (assignment, in_flight) = (Arc::new(Assignment::default()), InFlight::default());
        let continuity =
            Arc::new(Continuity::new(reader, config.kafka.access(), store.clone(), runtime.clone()));
        let context = Membership {
            assignment: Arc::clone(&assignment),
            store,
            runtime,
            topic: config.kafka_topic.clone(),
            stop: stop.clone(),
            continuity: Arc::clone(&continuity),
            gauges: Arc::clone(&gauges),
            in_flight: in_flight.clone(),
            status,
            access: config.kafka.access().shown_as("consumer"),
        };
        if let Some(instance_id) = &config.kafka_instance_id {
            client.set("group.instance.id", instance_id);
        }
        let client: BaseConsumer<Membership> = client
            .set("session.timeout.ms", SESSION_TIMEOUT_MS)
            .set("topic.metadata.refresh.interval.ms", METADATA_REFRESH_MS)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("queued.max.messages.kbytes", PREFETCH_KIB)
            .set("statistics.interval.ms", KafkaStatistics::INTERVAL_MS)
            .create_with_context(context)?;
        let Some(cluster_id) = cluster_id(&client, &stop) else { return Ok(None) };
        client.subscribe(&[&config.kafka_topic])?;
        let book = Book { cluster_id, topic: config.kafka_topic.clone() };
        let (watched, ours, known) = (Arc::clone(&continuity), Arc::clone(&assignment), book.clone());
        let watching = Stop::default();
        let until = watching.clone();
        std::thread::spawn(move || watched.watch(&known, || ours.partitions(), &until));
        let (group, _watching) = (config.kafka_group.clone(), watching.when_dropped());
        Ok(Some(Self { client, assignment, continuity, gauges, in_flight, book, group, _watching }))
    }

    /// The next record, within `wait`. Rebalances happen inside.
    pub(crate) fn poll(&self, wait: Duration) -> Option<KafkaResult<BorrowedMessage<'_>>> {
        self.seek_astray();
        self.client.poll(wait)
    }

    /// Why the client will never consume again, if so: it has to be replaced.
    pub(crate) fn fatal_error(&self) -> Option<String> {
        self.client.client().fatal_error().map(|(code, reason)| format!("{code}: {reason}"))
    }

    /// The first offset that the log still holds.
    pub(crate) fn log_start(&self, partition: i32) -> KafkaResult<i64> {
        self.log_range(partition).map(|(start, _)| start)
    }

    /// The first offset that the log still holds, and the one behind its last.
    pub(crate) fn log_range(&self, partition: i32) -> KafkaResult<(i64, i64)> {
        self.client.fetch_watermarks(&self.book.topic, partition, BROKER_PATIENCE)
    }

    /// Starts a partition anew from `next`.
    pub(crate) fn rewind(&self, partition: i32, next: i64) {
        self.assignment.rewind(partition, next);
        self.seek_astray();
    }

    /// Moves the client to where each partition goes on. One that cannot be moved stays astray and
    /// is tried again with the next poll: what lies between would be booked as a gap.
    fn seek_astray(&self) {
        for (partition, next) in self.assignment.astray() {
            match self.client.seek(&self.book.topic, partition, Offset::Offset(next), BROKER_PATIENCE) {
                Ok(()) => self.assignment.found_place(partition),
                Err(error) => {
                    tracing::warn!(
                        name: "partition_not_moved",
                        %error,
                        partition,
                        next,
                        "a partition could not be moved yet"
                    )
                }
            }
        }
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
    /// when told to stop. The client says an error once, so whoever waits has to hear it.
    pub(crate) fn idle(&self, wait: Duration, stop: &Stop, mut hear: impl FnMut(&KafkaError)) {
        self.set_paused(true);
        let until = Instant::now() + wait;
        while !stop.is_set() {
            let left = until.saturating_duration_since(Instant::now()).min(Duration::from_millis(100));
            if left.is_zero() {
                break;
            }
            match self.client.poll(left) {
                // It was on its way before the pause took hold: it must come again.
                Some(Ok(message)) => {
                    self.assignment.lost_place(message.partition());
                    self.seek_astray();
                }
                Some(Err(error)) => hear(&error),
                None => {}
            }
        }
        self.set_paused(false);
    }

    fn set_paused(&self, paused: bool) {
        let mut partitions = TopicPartitionList::new();
        for partition in self.assignment.partitions() {
            partitions.add_partition(&self.book.topic, partition);
        }
        let done = if paused { self.client.pause(&partitions) } else { self.client.resume(&partitions) };
        if let Err(error) = done {
            tracing::warn!(
                name: "partitions_not_paused",
                %error,
                paused,
                "partitions could not be paused or resumed"
            );
        }
    }
}

fn cluster_id(client: &BaseConsumer<Membership>, stop: &Stop) -> Option<String> {
    // A token is asked for from inside of this.
    client.poll(Duration::ZERO);
    while !stop.is_set() {
        if let Some(id) = client.client().fetch_cluster_id(Duration::from_secs(1)) {
            return Some(id);
        }
        tracing::info!(name: "waiting_for_kafka", "waiting for Kafka");
        // Serves the client's events; there is no subscription and so no record yet.
        client.poll(Duration::from_millis(100));
    }
    None
}
