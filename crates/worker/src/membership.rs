//! The worker as a member of its consumer group: partitions that come begin where their ledger
//! ends, partitions that go are let go of.

use std::error::Error;
use std::sync::Arc;

use kafka::Access;
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, Statistics, TopicPartitionList};
use tokio::runtime::Handle;

use crate::assignment::Assignment;
use crate::consumer::BROKER_PATIENCE;
use crate::continuity::Continuity;
use crate::failure::Backoff;
use crate::gauges::{self, Gauges};
use crate::in_flight::InFlight;
use crate::instruments;
use crate::status::Status;
use crate::stop::Stop;
use crate::store::{Book, Position, Store};

/// One membership in the consumer group; librdkafka calls it from inside `poll`.
pub(crate) struct Membership {
    pub(crate) assignment: Arc<Assignment>,
    pub(crate) store: Store,
    pub(crate) runtime: Handle,
    pub(crate) topic: String,
    pub(crate) stop: Stop,
    pub(crate) continuity: Arc<Continuity>,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) in_flight: InFlight,
    pub(crate) status: Status,
    pub(crate) access: Access,
}

impl Membership {
    /// Finds out where each new partition begins. PostgreSQL away means waiting: nothing can be
    /// consumed without its books anyway.
    fn positions(&self, client: &BaseConsumer<Self>, partitions: &[i32]) -> Option<Vec<(i32, i64)>> {
        let mut backoff = Backoff::new();
        while !self.stop.is_set() {
            match self.try_positions(client, partitions) {
                Ok(positions) => return Some(positions),
                Err(error) => {
                    tracing::warn!(
                        name: "positions_unknown",
                        error,
                        ?partitions,
                        "positions of new partitions cannot be read yet"
                    );
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
        // Nobody polls meanwhile, for as long as PostgreSQL is away.
        self.access.sign_in(client.client()).map_err(|error| error.to_string())?;
        let cluster_id = client.client().fetch_cluster_id(BROKER_PATIENCE).ok_or("Kafka does not answer")?;
        let book = Book { cluster_id, topic: self.topic.clone() };
        let mut log_starts = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let (low, _) = client
                .fetch_watermarks(&self.topic, *partition, BROKER_PATIENCE)
                .map_err(|error| error.to_string())?;
            log_starts.push((*partition, low));
        }
        let positions = self
            .runtime
            .block_on(self.store.positions(&book, &log_starts))
            .map_err(|error| error.to_string())?;
        self.continuity.check(&book, &positions)?;
        for Position { partition, last, .. } in &positions {
            let last_ms = last.as_ref().and_then(|last| last.mark.timestamp_ms);
            self.gauges.lag.add(*partition, last_ms, gauges::now_ms());
        }
        Ok(positions.iter().map(|position| (position.partition, position.next)).collect())
    }

    fn assign(&self, client: &BaseConsumer<Self>, new: &mut TopicPartitionList) -> KafkaResult<()> {
        let partitions: Vec<i32> = new.elements().iter().map(|element| element.partition()).collect();
        let Some(positions) = self.positions(client, &partitions) else { return Ok(()) };
        for (partition, next) in &positions {
            new.set_partition_offset(&self.topic, *partition, Offset::Offset(*next))?;
        }
        tracing::info!(name: "partitions_assigned", ?positions, "partitions assigned");
        self.assignment.add(positions);
        client.incremental_assign(new)?;
        self.status.assigned();
        Ok(())
    }

    fn revoke(&self, client: &BaseConsumer<Self>, lost: &TopicPartitionList) -> KafkaResult<()> {
        let partitions: Vec<i32> = lost.elements().iter().map(|element| element.partition()).collect();
        // Whoever gets them next finds the ledger behind what is being written, and reads none of it again.
        self.in_flight.wait();
        tracing::info!(name: "partitions_revoked", ?partitions, "partitions revoked");
        partitions.iter().for_each(|partition| self.gauges.gone(*partition));
        self.assignment.remove(partitions);
        client.incremental_unassign(lost)
    }
}

impl ConsumerContext for Membership {
    /// Runs inside `poll`, on the pipeline's thread: no batch begins to be written meanwhile.
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
            tracing::error!(name: "rebalance_failed", %error, "a rebalance failed; the group will try again");
        }
    }
}

impl ClientContext for Membership {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.access.generate_oauth_token(config)
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let advice = self.access.advice(reason);
        tracing::warn!(name: "kafka_consumer_error", %error, reason, advice, "kafka consumer");
    }

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }

    fn stats(&self, statistics: Statistics) {
        self.gauges.statistics.came();
        let Some(topic) = statistics.topics.get(&self.topic) else { return };
        let owned = self.assignment.partitions();
        for (partition, figures) in &topic.partitions {
            // -1 means that the client does not know yet.
            if owned.contains(partition) && figures.consumer_lag >= 0 {
                instruments::lag(*partition, figures.consumer_lag);
                self.gauges.lag.seen(*partition, has_unread(figures), gauges::now_ms());
            }
        }
    }
}

/// Whether there are records that did not come out of the client yet. What is only fetched counts; a
/// control marker behind the last record, which never comes out, does not.
fn has_unread(figures: &statistics::Partition) -> bool {
    let (fetched, end) = (figures.next_offset, figures.ls_offset);
    figures.consumer_lag > 0 && (fetched < end || figures.fetchq_cnt > 0)
}
