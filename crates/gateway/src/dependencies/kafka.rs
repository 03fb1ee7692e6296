//! Kafka: the topic's metadata, then a watermark from the leader of one of its partitions.

use std::time::{Duration, Instant};

use ::kafka::Access;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::{Metadata, MetadataPartition};

use super::Probe;
use super::check::{Dependency, Details, Failure, Partition, Reason, RoundTrip, Topic, Watermark};
use crate::config;

/// How many partitions are listed; all are counted.
const LISTED: usize = 64;

#[derive(Clone)]
pub(super) struct Kafka {
    client: ClientConfig,
    access: Access,
    topic: String,
    patience: Duration,
}

/// What the client says goes to the log as it does for the producer; failures come as results too.
struct Context;

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka check");
    }

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }
}

impl ConsumerContext for Context {}

impl Kafka {
    pub(super) fn new(config: &config::Kafka, patience: Duration) -> Self {
        let mut client = config.cluster.client_config();
        client
            .set("client.id", format!("{}-check", crate::SERVICE.name))
            // Asking for a topic must not make it.
            .set("allow.auto.create.topics", "false");
        let access = config.cluster.access();
        Self { client, access, topic: config.topic.clone(), patience }
    }

    /// A client for each check: one that nobody polls must not live on, since it gathers errors.
    fn ask(&self) -> (Option<BaseConsumer<Context>>, Result<RoundTrip, Failure>) {
        match self.client.create_with_context(Context) {
            Ok(consumer) => {
                let result = self.look(&consumer);
                (Some(consumer), result)
            }
            Err(error) => (None, Err(failure(&error))),
        }
    }

    fn look(&self, consumer: &BaseConsumer<Context>) -> Result<RoundTrip, Failure> {
        let started = Instant::now();
        self.access.sign_in(consumer.client()).map_err(|error| failure(&error))?;
        let metadata = consumer.fetch_metadata(Some(&self.topic), self.patience);
        let metadata = metadata.map_err(|error| failure(&error))?;
        let connected = Instant::now();
        let partitions = partitions(&metadata, &self.topic)?;
        let first = partitions.iter().map(MetadataPartition::id).min().unwrap_or_default();
        let left = self.patience.saturating_sub(started.elapsed());
        let asked = Instant::now();
        let watermarks = consumer.fetch_watermarks(&self.topic, first, left);
        let (low, high) = watermarks.map_err(|error| failure(&error))?;
        let watermark = Watermark { partition: first, low, high };
        let details = Details::Kafka(describe(&metadata, &self.topic, partitions, watermark));
        Ok(RoundTrip { connect: connected - started, latency: asked.elapsed(), details })
    }
}

impl Probe for Kafka {
    const DEPENDENCY: Dependency = Dependency::Kafka;

    async fn round_trip(&self) -> Result<RoundTrip, Failure> {
        let asked = self.clone();
        // librdkafka's look-ups block; each has its own bound, so the thread comes back.
        let answer = tokio::task::spawn_blocking(move || asked.ask()).await;
        let (consumer, result) = answer.map_err(|error| Failure::new(Reason::Failed, error))?;
        // Ending its threads takes a moment that nobody needs to wait for.
        tokio::task::spawn_blocking(move || drop(consumer));
        result
    }
}

/// The topic's partitions, if all of them take events.
fn partitions<'m>(metadata: &'m Metadata, name: &str) -> Result<&'m [MetadataPartition], Failure> {
    let missing = || Failure::new(Reason::TopicMissing, format!("there is no topic {name}"));
    let topic = metadata.topics().iter().find(|topic| topic.name() == name).ok_or_else(missing)?;
    if let Some(error) = topic.error() {
        return Err(failure(&KafkaError::MetadataFetch(error.into())));
    }
    let leaderless = topic.partitions().iter().find(|partition| partition.leader() < 0);
    match leaderless {
        Some(partition) => {
            let cause = format!("partition {} of {name} has no leader", partition.id());
            Err(Failure::new(Reason::PartitionWithoutLeader, cause))
        }
        None if topic.partitions().is_empty() => Err(missing()),
        None => Ok(topic.partitions()),
    }
}

fn describe(
    metadata: &Metadata,
    name: &str,
    partitions: &[MetadataPartition],
    watermark: Watermark,
) -> Topic {
    let listed = partitions.iter().take(LISTED).map(|partition| Partition {
        partition: partition.id(),
        leader: partition.leader(),
        replicas: partition.replicas().to_vec(),
        in_sync: partition.isr().to_vec(),
    });
    Topic {
        topic: name.to_owned(),
        brokers: metadata.brokers().len(),
        partition_count: partitions.len(),
        under_replicated: partitions.iter().filter(|p| p.isr().len() < p.replicas().len()).count(),
        partitions: listed.collect(),
        watermark,
    }
}

fn failure(error: &KafkaError) -> Failure {
    use RDKafkaErrorCode as Code;
    let reason = match error.rdkafka_error_code() {
        Some(Code::OperationTimedOut | Code::RequestTimedOut) => Reason::TimedOut,
        Some(Code::AllBrokersDown | Code::BrokerTransportFailure | Code::Resolve) => Reason::Unreachable,
        Some(
            Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::TopicAuthorizationFailed
            | Code::ClusterAuthorizationFailed,
        ) => Reason::Refused,
        Some(Code::UnknownTopic | Code::UnknownTopicOrPartition) => Reason::TopicMissing,
        Some(Code::LeaderNotAvailable) => Reason::PartitionWithoutLeader,
        _ => Reason::Failed,
    };
    Failure::new(reason, error)
}
