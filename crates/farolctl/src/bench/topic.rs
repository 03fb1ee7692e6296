//! The bench's own Kafka topic.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
};

use super::Error;

const TIMEOUT: Duration = Duration::from_secs(15);

/// So much of each partition stays that a worker finds everything, and no soak fills a disk: old segments leave once
/// the broker looks, every few minutes if it was not told otherwise.
const KEPT: [(&str, &str); 3] =
    [("retention.bytes", "536870912"), ("segment.bytes", "67108864"), ("file.delete.delay.ms", "1000")];

/// As many as the servers say where nobody does: one on those of the bench, three on a cluster that is set up for it.
const SERVERS_REPLICATION: TopicReplication<'static> = TopicReplication::Fixed(-1);

/// A topic that exists until it is removed.
pub(crate) struct Topic {
    pub(crate) name: String,
    brokers: String,
    admin: AdminClient<DefaultClientContext>,
}

impl Topic {
    pub(crate) async fn create(brokers: &str, name: String, partitions: i32) -> Result<Self, Error> {
        let failed = |cause: String| Error::Kafka { brokers: brokers.to_owned(), cause };
        let admin: AdminClient<_> = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .create()
            .map_err(|error: rdkafka::error::KafkaError| failed(error.to_string()))?;
        let new = KEPT
            .into_iter()
            .fold(NewTopic::new(&name, partitions, SERVERS_REPLICATION), |topic, (name, value)| {
                topic.set(name, value)
            });
        let results = admin.create_topics([&new], &options()).await;
        let results = results.map_err(|error| failed(error.to_string()))?;
        for result in results {
            result.map_err(|(topic, code)| failed(format!("cannot create {topic}: {code}")))?;
        }
        Ok(Self { name, brokers: brokers.to_owned(), admin })
    }

    pub(crate) async fn remove(self) -> Result<(), Error> {
        let failed = |cause: String| Error::Kafka { brokers: self.brokers.clone(), cause };
        let results = self.admin.delete_topics(&[&self.name], &options()).await;
        for result in results.map_err(|error| failed(error.to_string()))? {
            result.map_err(|(topic, code)| failed(format!("cannot delete {topic}: {code}")))?;
        }
        Ok(())
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(TIMEOUT)).request_timeout(Some(TIMEOUT))
}
