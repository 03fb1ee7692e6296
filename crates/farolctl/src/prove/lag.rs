//! How far the worker is behind, looked at past every link that is cut: topic and ledger are asked where they are.

use std::time::{Duration, SystemTime};

use kafka::{Access, Cluster};
use postgres::Server;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use tokio::time::timeout;

use super::{Error, lines, load::millis};
use crate::books;

const PATIENCE: Duration = Duration::from_secs(2);

/// Asks Kafka for the ends of a topic's partitions.
pub(crate) struct Ends {
    consumer: BaseConsumer<Access>,
    topic: String,
}

impl Ends {
    pub(crate) fn new(cluster: &Cluster, topic: &str) -> Result<Self, Error> {
        let mut settings = cluster.client_config();
        settings.set("group.id", "farol-prove");
        Ok(Self { consumer: settings.create_with_context(cluster.access())?, topic: topic.to_owned() })
    }

    /// The next offset of each partition. Blocks, for a bounded time.
    pub(crate) fn read(&self, patience: Duration) -> Result<Vec<(i32, i64)>, Error> {
        self.consumer.context().sign_in(self.consumer.client())?;
        let metadata = self.consumer.fetch_metadata(Some(&self.topic), patience)?;
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        let mut ends = Vec::new();
        for partition in partitions {
            let (_, end) = self.consumer.fetch_watermarks(&self.topic, partition.id(), patience)?;
            ends.push((partition.id(), end));
        }
        if ends.is_empty() {
            return Err(Error::Kafka(format!("{} has no partitions", self.topic)));
        }
        Ok(ends)
    }
}

/// Looks at both; keeps its connections while they last.
pub(crate) struct Lag {
    ends: std::sync::Arc<Ends>,
    database: Server,
    books: Option<books::Books>,
}

impl Lag {
    pub(crate) fn new(cluster: &Cluster, topic: &str, database: &Server) -> Result<Self, Error> {
        let ends = std::sync::Arc::new(Ends::new(cluster, topic)?);
        Ok(Self { ends, database: database.clone(), books: None })
    }

    /// One look, within a bounded time; what does not answer is not known.
    pub(crate) async fn look(&mut self) -> lines::Books {
        let ends = std::sync::Arc::clone(&self.ends);
        let asked = tokio::task::spawn_blocking(move || ends.read(PATIENCE));
        let end = match asked.await {
            Ok(Ok(ends)) => Some(ends.iter().map(|(_, end)| end).sum()),
            Ok(Err(_)) | Err(_) => None,
        };
        let decided = timeout(PATIENCE, self.decided()).await.ok().flatten();
        if decided.is_none() {
            self.books = None;
        }
        lines::Books { at: millis(SystemTime::now()), end, decided }
    }

    async fn decided(&mut self) -> Option<i64> {
        if self.books.is_none() {
            self.books = books::Books::connect(&self.database).await.ok();
        }
        let ledger = self.books.as_ref()?.ledger().await.ok()?;
        // a topic begins at 0 here, so what was consumed is comparable with its ends
        Some(ledger.0.iter().map(|account| account.next_offset).sum())
    }
}
