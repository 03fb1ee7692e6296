//! The way of a letter's record back into Kafka: acknowledged by all in-sync replicas, or not sent.

use std::time::Duration;

use ::kafka::{Access, Cluster};
use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord, Producer as _, future_producer::DeliveryFuture},
};

use super::{Error, content::Record};

/// The header that tells the worker which letter a record was made of.
const LETTER_ID: &str = "farol-dead-letter-id";
const PATIENCE: Duration = Duration::from_secs(10);
/// The brokers decide how large a record may be, not this client.
const LARGEST_RECORD: &str = "1000000000";

/// Where Kafka holds a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// Why Kafka does not hold a record; what it may hold nevertheless is harmless.
#[derive(Debug, Clone)]
pub(crate) struct NotAcknowledged {
    pub(crate) cause: String,
    /// Whether it is about this record, and others may pass.
    pub(crate) is_of_record: bool,
}

/// An idempotent producer, and the cluster it talks to.
pub(crate) struct Kafka {
    producer: FutureProducer<Access>,
    pub(crate) cluster_id: String,
}

impl Kafka {
    /// Connects; fails when no broker answers.
    pub(crate) async fn connect(cluster: &Cluster) -> Result<Self, Error> {
        let failed = |cause: String| Error::Kafka { brokers: cluster.brokers().to_owned(), cause };
        let producer: FutureProducer<Access> = cluster
            .client_config()
            .set("client.id", "farolctl")
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("delivery.timeout.ms", "30000")
            .set("message.max.bytes", LARGEST_RECORD)
            .create_with_context(cluster.access())
            .map_err(|error: KafkaError| failed(error.to_string()))?;
        let asking = producer.clone();
        let asked = tokio::task::spawn_blocking(move || asking.client().fetch_cluster_id(PATIENCE)).await;
        let cluster_id = asked.map_err(|error| failed(error.to_string()))?;
        let cluster_id = cluster_id.ok_or_else(|| failed("no broker answered in 10 s".to_owned()))?;
        Ok(Self { producer, cluster_id })
    }

    /// Hands a letter's record over, in the order of calls. It goes to the partition it came from, which
    /// is where newer events of its key are.
    pub(crate) fn send(&self, letter_id: i64, record: &Record) -> Result<DeliveryFuture, NotAcknowledged> {
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len() + 1);
        for header in &record.headers {
            let value = header.value.as_ref().map(|value| &value.0);
            headers = headers.insert(Header { key: &header.name, value });
        }
        // The last header of a name counts, should the record have brought one itself.
        headers = headers.insert(Header { key: LETTER_ID, value: Some(&letter_id.to_string()) });
        let mut out =
            FutureRecord::<[u8], [u8]>::to(&record.topic).partition(record.partition).headers(headers);
        out.key = record.key.as_deref();
        out.payload = record.value.as_deref();
        self.producer.send_result(out).map_err(|(error, _)| error.into())
    }

    /// Waits until Kafka holds the record on all in-sync replicas.
    pub(crate) async fn acknowledged(delivery: DeliveryFuture) -> Result<Position, NotAcknowledged> {
        match delivery.await {
            Ok(Ok(at)) => Ok(Position { partition: at.partition, offset: at.offset }),
            Ok(Err((error, _))) => Err(error.into()),
            Err(_) => Err(KafkaError::Canceled.into()),
        }
    }
}

impl From<KafkaError> for NotAcknowledged {
    fn from(error: KafkaError) -> Self {
        use RDKafkaErrorCode::{InvalidRecord, MessageSizeTooLarge, UnknownPartition};
        let code = error.rdkafka_error_code();
        let is_of_record = matches!(code, Some(InvalidRecord | MessageSizeTooLarge | UnknownPartition));
        Self { cause: code.map_or_else(|| error.to_string(), |code| code.to_string()), is_of_record }
    }
}
