//! How a batch comes together: records are polled, and gaps between them looked at, before any is taken.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;

use super::Pipeline;
use super::writing::Writing;
use crate::assignment::{Arrival, gap_is_empty};
use crate::batch::{Batch, Room, Taken};
use crate::record::Record;
use crate::status::Reason;
use crate::trace::Senders;

/// How long one look for records takes when there are none.
const IDLE_POLL: Duration = Duration::from_millis(100);

/// How long one look takes while a batch is being written: what became of it is to be known soon.
const WRITING_POLL: Duration = Duration::from_millis(2);

impl Pipeline {
    /// Polls until a batch is full, old enough, or the worker is told to stop. What is being written meanwhile is settled as
    /// soon as it is over; until then a batch may grow older than it had to.
    pub(super) fn collect(&self, writing: &mut Option<Writing>) -> Result<Batch, Reason> {
        let mut batch = Batch::new(self.limits);
        let filled = self.fill(&mut batch, writing);
        if filled.is_err() {
            // Nobody will store it, and it goes on ageing.
            let records: Vec<&Record> = batch.records().collect();
            self.took(&batch.spans(&self.consumer.assignment), &records);
        }
        filled.map(|()| batch)
    }

    /// How long to look for more records; `None` when the batch is to be written.
    fn wait(&self, room: Room, is_writing: bool) -> Option<Duration> {
        match room {
            Room::None => None,
            Room::Whole => Some(if is_writing { WRITING_POLL } else { IDLE_POLL }),
            Room::Until(left) => Some(if is_writing { left.min(WRITING_POLL) } else { left }),
            Room::ForWhatIsThere => Some(if is_writing { WRITING_POLL } else { Duration::ZERO }),
        }
    }

    fn fill(&self, batch: &mut Batch, writing: &mut Option<Writing>) -> Result<(), Reason> {
        let mut senders = Senders::default();
        loop {
            // Before the next record is asked for, never with one in hand: settling may move the client.
            if let Some(over) = writing.take_if(|writing| writing.is_over())
                && !self.settle(over)
            {
                // What comes behind a batch that was given up must not be written.
                *batch = Batch::new(self.limits);
                break;
            }
            let room = batch.room();
            let Some(wait) = self.wait(room, writing.is_some()) else { break };
            if let Some(reason) = self.heard.take() {
                return Err(reason);
            }
            let polled = self.consumer.poll(wait);
            if self.consumer.continuity.is_broken() {
                return Err(Reason::LogDiverged);
            }
            match polled {
                None if self.stop.is_set() || self.consumer.fatal_error().is_some() => break,
                None if matches!(room, Room::ForWhatIsThere) && writing.is_none() => break,
                None => {}
                Some(Ok(message)) => {
                    let (partition, offset) = (message.partition(), message.offset());
                    if let Arrival::Take { generation, gap } =
                        self.consumer.assignment.expect(partition, offset)
                    {
                        self.check_gap(partition, offset, gap).inspect_err(|_| {
                            self.consumer.gauges.lag.took(partition, message.timestamp().to_millis());
                        })?;
                        self.consumer.assignment.taken(partition, offset);
                        batch.push(Taken {
                            record: Record::of(&message, &self.consumer.group, &mut senders),
                            generation,
                            gap,
                        });
                    }
                }
                Some(Err(error)) => {
                    self.consume_error(&error)?;
                    if self.consumer.fatal_error().is_some() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// A gap is booked only if the log still begins before it: offsets that retention took away
    /// were never looked at, and nobody may count them as nothing.
    fn check_gap(&self, partition: i32, offset: i64, gap: i64) -> Result<(), Reason> {
        if gap == 0 {
            return Ok(());
        }
        match self.consumer.log_start(partition) {
            Ok(log_start) if gap_is_empty(offset, gap, log_start) => Ok(()),
            Ok(log_start) => {
                tracing::warn!(
                    name: "log_truncated",
                    partition,
                    offset,
                    gap,
                    log_start,
                    "log_truncated: offsets before a record are gone"
                );
                Err(Reason::LogTruncated)
            }
            Err(error) => {
                tracing::warn!(
                    name: "gap_unverifiable",
                    %error,
                    partition,
                    offset,
                    gap,
                    "a gap cannot be verified"
                );
                Err(Reason::LogTruncated)
            }
        }
    }

    pub(super) fn consume_error(&self, error: &KafkaError) -> Result<(), Reason> {
        if let KafkaError::MessageConsumption(
            RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset,
        ) = error
        {
            tracing::warn!(
                name: "offset_out_of_range",
                %error,
                "offset_out_of_range: the topic does not hold the next offset"
            );
            return Err(Reason::OffsetOutOfRange);
        }
        tracing::warn!(name: "poll_failed", %error, "a poll failed");
        Ok(())
    }
}
