//! The worker's books of one topic: how far each partition is decided.

use std::collections::BTreeMap;

use super::{Database, LookUpError};

/// The books of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Books {
    /// Every offset below is decided.
    pub(crate) next_offset: i64,
    /// Kafka's time of the last decided record, in milliseconds since 1970.
    pub(crate) last_record_ms: Option<i64>,
}

impl Database {
    /// The books of each partition. A topic that was kept under another cluster has older books
    /// as well: the newest count.
    pub(crate) async fn books(&self, topic: &str) -> Result<BTreeMap<i32, Books>, LookUpError> {
        self.asked("SELECT farol.ledger", async {
            let session = self.session().await?;
            let statement = session
                .prepare_cached(
                    "SELECT DISTINCT ON (partition) partition, next_offset, last_record_timestamp
                     FROM farol.ledger WHERE topic = $1 ORDER BY partition, updated_at DESC",
                )
                .await?;
            let rows = session.query(&statement, &[&topic]).await?;
            rows.iter()
                .map(|row| {
                    let books = Books { next_offset: row.try_get(1)?, last_record_ms: row.try_get(2)? };
                    Ok((row.try_get(0)?, books))
                })
                .collect()
        })
        .await
    }
}
