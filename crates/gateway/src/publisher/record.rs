//! An event as the Kafka client takes it.

use bytes::Bytes;
use event::Event;
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord};

use super::NotAcknowledged;
use super::client::Context;
use super::deliveries::Notice;

pub(super) struct Record {
    key: String,
    data: Option<Bytes>,
    headers: OwnedHeaders,
    notice: Box<Notice>,
    /// Whether it goes after the one before it, or not at all.
    follows: bool,
}

impl Record {
    /// The record of a request's event at `index`.
    pub(super) fn of(event: &Event, index: usize, headers: OwnedHeaders, notice: Box<Notice>) -> Self {
        let data = event.data.as_bytes().cloned();
        Self { key: event.partition_key(), data, headers, notice, follows: index > 0 }
    }
}

/// Hands them over in their order. After the first of a request that finds no room none of it is handed over, so that none
/// overtakes it.
pub(super) fn send_all(producer: &BaseProducer<Context>, topic: &str, records: &mut Vec<Record>) {
    let mut is_full = false;
    for record in records.drain(..) {
        is_full &= record.follows;
        if is_full {
            record.notice.answer(Err(NotAcknowledged::QueueFull));
        } else {
            is_full = !send(producer, topic, record);
        }
    }
}

/// Hands over one event, or answers it at once. Says whether there was room for it.
fn send(producer: &BaseProducer<Context>, topic: &str, record: Record) -> bool {
    let Record { key, data, headers, notice, .. } = record;
    let mut record = BaseRecord::with_opaque_to(topic, notice).key(&key).headers(headers);
    if let Some(data) = &data {
        record = record.payload(&data[..]);
    }
    let Err((error, record)) = producer.send(record) else { return true };
    let error = NotAcknowledged::from(error);
    let had_room = !matches!(error, NotAcknowledged::QueueFull);
    record.delivery_opaque.answer(Err(error));
    had_room
}
