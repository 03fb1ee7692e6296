//! Dead letters of one event.

use event::EventKey;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{Database, LookUpError};

/// What became of an event that is no row: never its content, which may hold secrets.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetter)]
pub(crate) struct Letter {
    letter_id: i64,
    /// The class of the cause, such as `conflict` or `undecodable`.
    cause: String,
    /// `open`, `redriven` or `quarantined`.
    state: String,
    /// What PostgreSQL said, where it was PostgreSQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sqlstate: Option<String>,
    /// How often it was sent again.
    redrives: i32,
    topic: String,
    partition: i32,
    offset: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    trace_id: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// The last entry of migration V2's index at or before the event: said by position in it, since for
/// `event_key = $1 ORDER BY letter_id` the planner may walk back through every letter there is.
pub(super) const NEWEST_SQL: &str = "
SELECT letter_id, cause, state, sqlstate, redrives, topic, partition, \"offset\",
       encode(trace_id, 'hex') AS trace_id, created_at, updated_at
FROM (SELECT * FROM farol.dead_letters
      WHERE (event_key, letter_id) <= ($1, 9223372036854775807) AND event_key IS NOT NULL AND state <> 'resolved'
      ORDER BY event_key DESC, letter_id DESC LIMIT 1) AS last
WHERE event_key = $1";

impl Database {
    /// The newest letter of this event that stands for it: one that was resolved has a row instead.
    pub(crate) async fn letter(&self, key: EventKey) -> Result<Option<Letter>, LookUpError> {
        let session = self.session().await?;
        let statement = session.prepare_cached(NEWEST_SQL).await?;
        let Some(row) = session.query_opt(&statement, &[&key.as_uuid()]).await? else { return Ok(None) };
        Ok(Some(Letter {
            letter_id: row.try_get("letter_id")?,
            cause: row.try_get("cause")?,
            state: row.try_get("state")?,
            sqlstate: row.try_get("sqlstate")?,
            redrives: row.try_get("redrives")?,
            topic: row.try_get("topic")?,
            partition: row.try_get("partition")?,
            offset: row.try_get("offset")?,
            trace_id: row.try_get("trace_id")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        }))
    }
}
