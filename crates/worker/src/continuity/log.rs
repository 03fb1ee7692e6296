//! What the log holds at an offset now, read by a consumer that joins no group.

use std::time::{Duration, Instant};

use kafka::Access;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};

use super::{Finding, Last, Mark, judge};
use crate::record::Raw;

/// How long one answer of the broker may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Log {
    consumer: BaseConsumer<Access>,
    topic: String,
}

impl Log {
    pub(super) fn open(config: &ClientConfig, access: &Access, topic: &str) -> KafkaResult<Self> {
        let consumer =
            config.clone().set("enable.partition.eof", "true").create_with_context(access.clone())?;
        Ok(Self { consumer, topic: topic.to_owned() })
    }

    /// Whether it still holds this record.
    pub(super) fn look_for(&self, last: &Last) -> KafkaResult<Finding> {
        // Between two looks nobody polls it.
        self.consumer.context().sign_in(self.consumer.client())?;
        let (low, high) = self.consumer.fetch_watermarks(&self.topic, last.partition, PATIENCE)?;
        let bounds = low..high;
        let found = match bounds.contains(&last.offset) {
            true => self.read(last)?,
            false => None,
        };
        Ok(judge(last, &bounds, found.as_ref()))
    }

    /// The record at the offset; none if the log goes on, or ends, behind it.
    fn read(&self, last: &Last) -> KafkaResult<Option<Mark>> {
        let mut from = TopicPartitionList::new();
        from.add_partition_offset(&self.topic, last.partition, Offset::Offset(last.offset))?;
        self.consumer.assign(&from)?;
        let found = self.wait_for(last);
        self.consumer.unassign()?;
        found
    }

    fn wait_for(&self, last: &Last) -> KafkaResult<Option<Mark>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.consumer.poll(deadline.saturating_duration_since(Instant::now())) {
                Some(Ok(message)) if message.partition() != last.partition => {}
                Some(Ok(message)) if message.offset() == last.offset => return Ok(Some(mark(&message))),
                Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return Ok(None),
                Some(Err(error)) => return Err(error),
                None => return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut)),
            }
        }
    }
}

fn mark(message: &BorrowedMessage<'_>) -> Mark {
    let digest = Raw::of(message).digest().to_vec();
    Mark { digest, timestamp_ms: message.timestamp().to_millis() }
}
