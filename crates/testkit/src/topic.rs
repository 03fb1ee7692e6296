//! A topic of a test's own, and direct access to what is in it.

use std::time::{Duration, Instant};

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::{PATIENCE, Record, kafka_brokers, wire};

/// A topic.
pub struct Topic {
    name: String,
    partitions: i32,
}

impl Topic {
    /// Creates it.
    pub async fn create(partitions: i32) -> Self {
        let name = format!("test.{}", uuid::Uuid::new_v4().simple());
        let topic = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
        let created = admin().create_topics([&topic], &AdminOptions::new()).await.unwrap();
        created.into_iter().for_each(|result| drop(result.unwrap()));
        let topic = Self { name, partitions };
        topic.wait_for_leaders();
        topic
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Produces records and waits for their acknowledgement; `transactional` ends with a commit marker.
    pub fn produce(&self, records: &[Record], transactional: bool) {
        let mut config = client_config();
        config.set("acks", "all");
        if transactional {
            config.set("transactional.id", &self.name);
        }
        let producer: ThreadedProducer<_> = config.create().unwrap();
        if transactional {
            producer.init_transactions(PATIENCE).unwrap();
            producer.begin_transaction().unwrap();
        }
        for record in records {
            let mut headers = OwnedHeaders::new();
            for (key, value) in &record.headers {
                headers = headers.insert(Header { key, value: Some(value) });
            }
            let mut out =
                BaseRecord::<[u8], [u8]>::to(&self.name).partition(record.partition).headers(headers);
            if let Some(key) = &record.key {
                out = out.key(key);
            }
            if let Some(value) = &record.value {
                out = out.payload(value);
            }
            producer.send(out).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(PATIENCE).unwrap();
        if transactional {
            producer.commit_transaction(PATIENCE).unwrap();
            self.wait_for_commit_markers();
        }
    }

    /// Kafka confirms a commit before its marker is in the partitions, so that a record produced next could
    /// come to lie before the marker. What is committed ends where all ends once the marker is there.
    fn wait_for_commit_markers(&self) {
        let [committed, all] = ["read_committed", "read_uncommitted"]
            .map(|level| client_config().set("isolation.level", level).create::<BaseConsumer>().unwrap());
        let end = |client: &BaseConsumer, partition| {
            client.fetch_watermarks(&self.name, partition, PATIENCE).unwrap().1
        };
        let deadline = Instant::now() + PATIENCE;
        for partition in 0..self.partitions {
            while end(&committed, partition) < end(&all, partition) {
                assert!(Instant::now() < deadline, "{} has an open transaction", self.name);
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Produces one record into partition 0 whose header names need not be text, which no client library does.
    pub fn produce_raw(&self, headers: &[(&[u8], &[u8])], value: &[u8]) {
        wire::produce(&self.name, headers, value);
    }

    /// Deletes what is before `offset`, as retention would.
    pub async fn truncate(&self, partition: i32, offset: i64) {
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(&self.name, partition, Offset::Offset(offset)).unwrap();
        admin().delete_records(&before, &AdminOptions::new()).await.unwrap();
    }

    /// Sets how long it keeps records.
    pub async fn keep_for(&self, retention_ms: i64) {
        let retention_ms = retention_ms.to_string();
        let setting =
            AlterConfig::new(ResourceSpecifier::Topic(&self.name)).set("retention.ms", &retention_ms);
        let altered = admin().alter_configs([&setting], &AdminOptions::new()).await.unwrap();
        altered.into_iter().for_each(|result| drop(result.unwrap()));
    }

    /// Deletes it and makes it again under its name, empty, as an operator's mistake would.
    pub async fn recreate(&self) {
        let deleted = admin().delete_topics(&[&self.name], &AdminOptions::new()).await.unwrap();
        deleted.into_iter().for_each(|result| drop(result.unwrap()));
        let deadline = Instant::now() + PATIENCE;
        // The name is free once the deletion has gone through the controller.
        while !self.try_create().await {
            assert!(Instant::now() < deadline, "{} cannot be made again", self.name);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.wait_for_leaders();
    }

    async fn try_create(&self) -> bool {
        let topic = NewTopic::new(&self.name, self.partitions, TopicReplication::Fixed(1));
        let created = admin().create_topics([&topic], &AdminOptions::new()).await.unwrap();
        created.into_iter().all(|result| result.is_ok())
    }

    /// Gives it more partitions.
    pub async fn grow(&mut self, partitions: i32) {
        let more = NewPartitions::new(&self.name, usize::try_from(partitions).unwrap());
        let grown = admin().create_partitions([&more], &AdminOptions::new()).await.unwrap();
        grown.into_iter().for_each(|result| drop(result.unwrap()));
        self.partitions = partitions;
        self.wait_for_leaders();
    }

    /// Everything that is in it, partition by partition.
    pub fn records(&self) -> Vec<Record> {
        let consumer: BaseConsumer = client_config().set("group.id", &self.name).create().unwrap();
        let mut assignment = TopicPartitionList::new();
        let mut expected = 0;
        for partition in 0..self.partitions {
            let (low, high) = consumer.fetch_watermarks(&self.name, partition, PATIENCE).unwrap();
            assignment.add_partition_offset(&self.name, partition, Offset::Offset(low)).unwrap();
            expected += usize::try_from(high - low).unwrap();
        }
        consumer.assign(&assignment).unwrap();
        let mut records = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while records.len() < expected {
            assert!(Instant::now() < deadline, "{} of {expected} records were read", records.len());
            if let Some(message) = consumer.poll(Duration::from_millis(100)) {
                records.push(owned(&message.unwrap()));
            }
        }
        records.sort_by_key(|record| (record.partition, record.offset));
        records
    }

    /// How many members the consumer group that is named after it has, once they have shared its partitions.
    pub fn members(&self) -> usize {
        let client: BaseConsumer = client_config().create().unwrap();
        let groups = client.fetch_group_list(Some(&self.name), PATIENCE).unwrap();
        let stable = groups.groups().iter().filter(|group| group.state() == "Stable");
        stable.map(|group| group.members().len()).sum()
    }

    fn wait_for_leaders(&self) {
        let client: BaseConsumer = client_config().create().unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let metadata = client.fetch_metadata(Some(&self.name), PATIENCE).unwrap();
            let topic = &metadata.topics()[0];
            let led = topic.partitions().iter().filter(|partition| partition.leader() >= 0).count();
            if topic.error().is_none() && i32::try_from(led) == Ok(self.partitions) {
                return;
            }
            assert!(Instant::now() < deadline, "{} has no leaders", self.name);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn owned(message: &rdkafka::message::BorrowedMessage<'_>) -> Record {
    Record {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: message.headers().map_or_else(Vec::new, |headers| {
            headers.iter().map(|h| (h.key.to_owned(), h.value.unwrap_or_default().to_vec())).collect()
        }),
    }
}

fn client_config() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", kafka_brokers());
    config
}

fn admin() -> AdminClient<DefaultClientContext> {
    client_config().create().unwrap()
}
