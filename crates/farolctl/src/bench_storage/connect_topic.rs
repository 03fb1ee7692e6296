//! The same events for a sink that wants one flat record: made from Farol's topic, partition by partition,
//! each record's headers and value as one JSON object.

use std::time::Duration;

use rdkafka::{
    ClientConfig, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::{BorrowedMessage, Headers as _, Message as _},
    producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer},
    types::RDKafkaErrorCode,
};
use serde_json::{Map, Value, json};

use super::ground::Ground;
use crate::bench::{Error, topic::Topic};

const PATIENCE: Duration = Duration::from_secs(60);
/// Columns that are text as it stands in the record: column and header.
const TEXTS: [(&str, &str); 8] = [
    ("source", "ce_source"),
    ("id", "ce_id"),
    ("type", "ce_type"),
    ("subject", "ce_subject"),
    ("time", "ce_time"),
    ("time_text", "ce_time"),
    ("datacontenttype", "content-type"),
    ("producer", "farol-producer"),
];
/// What they mean, in Kafka Connect's own notation. `time` and `data` become timestamptz and jsonb by these names.
const MEANINGS: [(&str, &str); 2] =
    [("time", "io.debezium.time.ZonedTimestamp"), ("data", "io.debezium.data.Json")];

/// Where the records go.
pub(crate) const TABLE: &str = "CREATE TABLE flights (
    source text NOT NULL, id text NOT NULL, type text NOT NULL, subject text, time timestamptz, time_text text,
    datacontenttype text, producer text, received_at bigint, data jsonb,
    stored_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (source, id))";

/// The records' schema, for a converter that is told it once.
pub(crate) fn schema() -> Value {
    let named = |field: &str| MEANINGS.iter().find(|(name, _)| *name == field).map(|(_, meaning)| *meaning);
    let texts = TEXTS.iter().map(|(name, _)| (*name, "string"));
    let fields = texts.chain([("received_at", "int64"), ("data", "string")]).map(|(field, kind)| {
        let optional = !["source", "id", "type"].contains(&field);
        let mut schema = json!({"field": field, "type": kind, "optional": optional});
        if let Some(name) = named(field) {
            schema["name"] = name.into();
            schema["version"] = 1.into();
        }
        schema
    });
    json!({"type": "struct", "optional": false, "fields": fields.collect::<Vec<_>>()})
}

/// Makes the topic from the `count` records of `from`.
pub(crate) async fn topic(ground: &Ground, from: &str, count: usize) -> Result<Topic, Error> {
    let topic = Topic::create(&ground.brokers, format!("{from}_flat"), ground.partitions).await?;
    let (brokers, from, to) = (ground.brokers.clone(), from.to_owned(), topic.name.clone());
    let partitions = ground.partitions;
    let made = tokio::task::spawn_blocking(move || rewrite(&brokers, &from, &to, partitions, count)).await;
    let failed = |cause: String| Error::Kafka { brokers: ground.brokers.clone(), cause };
    match made.map_err(|error| failed(error.to_string()))? {
        Ok(()) => Ok(topic),
        Err(error) => {
            topic.remove().await?;
            Err(failed(error.to_string()))
        }
    }
}

fn rewrite(brokers: &str, from: &str, to: &str, partitions: i32, count: usize) -> Result<(), KafkaError> {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", brokers);
    let reader: BaseConsumer =
        client.clone().set("group.id", to).set("enable.auto.commit", "false").create()?;
    let writer: ThreadedProducer<DefaultProducerContext> =
        client.set("acks", "all").set("enable.idempotence", "true").set("linger.ms", "5").create()?;
    let mut all = TopicPartitionList::new();
    for partition in 0..partitions {
        all.add_partition_offset(from, partition, rdkafka::Offset::Beginning)?;
    }
    reader.assign(&all)?;
    for _ in 0..count {
        let message = reader.poll(PATIENCE).unwrap_or(Err(KafkaError::NoMessageReceived))?;
        send(&writer, to, &message)?;
    }
    writer.flush(PATIENCE)
}

/// Waits where the producer is full.
fn send(
    writer: &ThreadedProducer<DefaultProducerContext>,
    topic: &str,
    message: &BorrowedMessage<'_>,
) -> Result<(), KafkaError> {
    let value = flat(message).to_string();
    let mut record = BaseRecord::to(topic)
        .partition(message.partition())
        .key(message.key().unwrap_or_default())
        .payload(value.as_bytes());
    loop {
        match writer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                record = back;
                std::thread::sleep(Duration::from_millis(5));
            }
            Err((error, _)) => return Err(error),
        }
    }
}

fn flat(message: &BorrowedMessage<'_>) -> Value {
    let text = |name: &str| {
        let header = message.headers()?.iter().find(|header| header.key == name)?;
        std::str::from_utf8(header.value?).ok()
    };
    let mut flat = Map::new();
    for (column, header) in TEXTS {
        flat.insert(column.to_owned(), text(header).into());
    }
    let received: Option<i64> = text("farol-received-at").and_then(|text| text.parse().ok());
    flat.insert("received_at".to_owned(), received.into());
    let data = message.payload().map(String::from_utf8_lossy);
    flat.insert("data".to_owned(), data.as_deref().into());
    Value::Object(flat)
}

#[cfg(test)]
mod tests {
    use super::{TABLE, schema};

    #[test]
    fn every_field_is_a_column() {
        let schema = schema();
        let fields = schema["fields"].as_array().unwrap();
        assert_eq!(fields.len(), 10);
        for field in fields {
            let name = field["field"].as_str().unwrap();
            assert!(TABLE.contains(&format!(" {name} ")), "{name}");
        }
    }
}
