//! How far the worker is behind Kafka: the ledger beside the ends of the partitions, looked at
//! once a second at most, however many ask.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka::Access;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::config::Config;
use crate::database::{Books, Database, LookUpError};

/// An answer this old is still given.
const FRESH: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the ledger, and Kafka where its partitions end.
pub(crate) struct Backlog {
    kafka: Arc<BaseConsumer<Access>>,
    topic: String,
    database: Database,
    /// Held while somebody looks, so that all who wait share one look.
    last: Mutex<Option<(Instant, Arc<Seen>)>>,
}

/// What was seen: the books, and the end of each partition where Kafka said it in time.
#[derive(Debug)]
pub(crate) struct Seen {
    books: BTreeMap<i32, Books>,
    ends: Option<BTreeMap<i32, i64>>,
}

/// How far behind the worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Behind {
    /// Records that are in Kafka and not decided.
    #[schema(minimum = 0)]
    records: i64,
    /// The age of the last decided record of the partition that is furthest behind; 0 where none is.
    seconds: i64,
}

impl Backlog {
    pub(crate) fn new(config: &Config, database: Database) -> Result<Self, KafkaError> {
        let mut settings = config.kafka.cluster.client_config();
        settings.set("client.id", crate::SERVICE.name);
        let kafka = Arc::new(settings.create_with_context(config.kafka.cluster.access())?);
        Ok(Self { kafka, topic: config.kafka.topic.clone(), database, last: Mutex::new(None) })
    }

    /// What is, or was a moment ago.
    pub(crate) async fn look(&self) -> Result<Arc<Seen>, LookUpError> {
        self.look_unless(|began| began.elapsed() < FRESH).await
    }

    /// What is: nothing that was seen before this moment.
    pub(crate) async fn look_after(&self, moment: Instant) -> Result<Arc<Seen>, LookUpError> {
        self.look_unless(|began| began >= moment).await
    }

    /// The last look, if one that began then will do, or a new one.
    async fn look_unless(&self, will_do: impl Fn(Instant) -> bool) -> Result<Arc<Seen>, LookUpError> {
        let mut last = self.last.lock().await;
        if let Some((began, seen)) = &*last
            && will_do(*began)
        {
            return Ok(Arc::clone(seen));
        }
        let began = Instant::now();
        let books = self.database.books(&self.topic).await?;
        let seen = Arc::new(Seen { books, ends: self.ends().await });
        *last = Some((began, Arc::clone(&seen)));
        Ok(seen)
    }

    async fn ends(&self) -> Option<BTreeMap<i32, i64>> {
        let (kafka, topic) = (Arc::clone(&self.kafka), self.topic.clone());
        match tokio::task::spawn_blocking(move || ends_of(&kafka, &topic)).await {
            Ok(Ok(ends)) => Some(ends),
            Ok(Err(error)) => {
                tracing::warn!(
                    name: "kafka_ends_unknown",
                    %error,
                    "Kafka did not say where its partitions end"
                );
                None
            }
            Err(error) => {
                tracing::warn!(name: "kafka_look_unfinished", %error, "a look at Kafka did not end");
                None
            }
        }
    }
}

fn ends_of(kafka: &BaseConsumer<Access>, topic: &str) -> Result<BTreeMap<i32, i64>, KafkaError> {
    kafka.context().sign_in(kafka.client())?;
    let deadline = Instant::now() + PATIENCE;
    let rest = || deadline.saturating_duration_since(Instant::now());
    let metadata = kafka.fetch_metadata(Some(topic), rest())?;
    let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
    partitions
        .map(|partition| {
            let (_, end) = kafka.fetch_watermarks(topic, partition.id(), rest())?;
            Ok((partition.id(), end))
        })
        .collect()
}

impl Seen {
    /// The next offset that is not decided, where the partition has books.
    pub(crate) fn next_offset(&self, partition: i32) -> Option<i64> {
        self.books.get(&partition).map(|books| books.next_offset)
    }

    /// Whether Kafka may hold a record there; `true` where it did not say.
    pub(crate) fn may_exist(&self, partition: i32, offset: i64) -> bool {
        match &self.ends {
            Some(ends) => ends.get(&partition).is_some_and(|end| offset < *end),
            None => true,
        }
    }

    /// How far behind the worker is; `None` where Kafka did not say where it ends.
    pub(crate) fn behind(&self) -> Option<Behind> {
        let now_ms = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
        let mut behind = Behind { records: 0, seconds: 0 };
        for (partition, end) in self.ends.as_ref()? {
            let books = self.books.get(partition);
            let open = end - books.map_or(0, |books| books.next_offset);
            if open > 0 {
                behind.records += open;
                let age_ms =
                    books.and_then(|books| books.last_record_ms).map_or(0, |last| now_ms - i128::from(last));
                behind.seconds = behind.seconds.max(i64::try_from(age_ms / 1_000).unwrap_or_default());
            }
        }
        Some(behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(books: &[(i32, i64)], ends: Option<&[(i32, i64)]>) -> Seen {
        let books = books.iter().map(|(p, next)| (*p, Books { next_offset: *next, last_record_ms: None }));
        Seen { books: books.collect(), ends: ends.map(|ends| ends.iter().copied().collect()) }
    }

    #[test]
    fn what_is_open_is_added_up_over_the_partitions() {
        let seen = seen(&[(0, 5), (1, 7)], Some(&[(0, 8), (1, 7), (2, 4)]));
        assert_eq!(seen.behind(), Some(Behind { records: 7, seconds: 0 }));
        assert!(seen.may_exist(0, 7) && !seen.may_exist(0, 8) && !seen.may_exist(9, 0));
    }

    #[test]
    fn without_kafka_nothing_is_claimed() {
        let seen = seen(&[(0, 5)], None);
        assert_eq!(seen.behind(), None);
        assert!(seen.may_exist(3, 1_000));
        assert_eq!((seen.next_offset(0), seen.next_offset(1)), (Some(5), None));
    }
}
