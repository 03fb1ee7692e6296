//! How a batch comes together: records are polled, and gaps between them looked at, before any is taken.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;

use super::Pipeline;
use crate::assignment::{Arrival, gap_is_empty};
use crate::batch::{Batch, Room, Taken};
use crate::record::Record;
use crate::status::Reason;

/// How long one look for records takes when there are none.
const IDLE_POLL: Duration = Duration::from_millis(100);

impl Pipeline {
    /// Polls until a batch is full, old enough, or the worker is told to stop.
    pub(super) fn collect(&self) -> Result<Batch, Reason> {
        let mut batch = Batch::new(self.limits);
        let filled = self.fill(&mut batch);
        if filled.is_err() {
            // Nobody will store it, and it goes on ageing.
            let records: Vec<&Record> = batch.records().collect();
            self.took(&batch.spans(&self.consumer.assignment), &records);
        }
        filled.map(|()| batch)
    }

    fn fill(&self, batch: &mut Batch) -> Result<(), Reason> {
        loop {
            let room = batch.room();
            let wait = match room {
                Room::Whole => IDLE_POLL,
                Room::Until(left) => left,
                Room::ForWhatIsThere => Duration::ZERO,
                Room::None => break,
            };
            if let Some(reason) = self.heard.take() {
                return Err(reason);
            }
            let polled = self.consumer.poll(wait);
            if self.consumer.continuity.is_broken() {
                return Err(Reason::LogDiverged);
            }
            match polled {
                None if self.stop.is_set() || self.consumer.fatal_error().is_some() => break,
                None if room == Room::ForWhatIsThere => break,
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
                            record: Record::of(&message, &self.consumer.group),
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
