//! The table of dead letters: lists, one letter whole, and the two marks an operator sets.

use postgres::Server;
use serde::Serialize;
use time::OffsetDateTime;
use tokio_postgres::{Client, Row, types::ToSql};

use super::content::{Content, Record};
use super::kafka::Position;
use super::standing::{COLUMNS, Cause, Standing, State};
use crate::books::{self, query_error};

/// Letters looked at by one statement.
pub(crate) const PAGE: usize = 100;

/// Whether a session may change letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// A session with the table.
pub(crate) struct Letters {
    client: Client,
}

/// One line of a list; never the record.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) letter_id: i64,
    pub(crate) cause: String,
    pub(crate) state: String,
    pub(crate) redrives: i32,
    pub(crate) sqlstate: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) updated_at: OffsetDateTime,
}

/// How many letters have a cause and a state.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Count {
    pub(crate) cause: String,
    pub(crate) state: String,
    pub(crate) count: i64,
}

/// Which letters may be sent again, beside being redrivable.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matching {
    pub(crate) source: Option<String>,
    pub(crate) sqlstate: Option<String>,
}

/// A letter whose record Kafka has acknowledged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acknowledged {
    pub(crate) letter_id: i64,
    /// As it was when the record was made.
    pub(crate) redrives: i32,
    pub(crate) position: Position,
}

/// State and cause as their index has them.
const MATCHING: &str = "l.state || ' ' || l.cause IN ('open unstorable', 'redriven unstorable')
    AND ($1::text IS NULL OR l.source = $1) AND ($2::text IS NULL OR l.sqlstate = $2)";

/// A letter that the worker has decided meanwhile is left as it decided: it counts each decision. The lock is
/// taken in the worker's order.
const MARK: &str = "
WITH held AS (
    SELECT l.letter_id, done.partition, done.\"offset\" FROM farol.dead_letters AS l
    JOIN unnest($1::bigint[], $2::int[], $3::int[], $4::bigint[]) AS done (letter_id, redrives, partition, \"offset\")
      ON l.letter_id = done.letter_id AND l.redrives = done.redrives
    WHERE l.state IN ('open', 'redriven') ORDER BY l.letter_id FOR UPDATE OF l)
UPDATE farol.dead_letters AS l
SET state = 'redriven', redriven_partition = held.partition, redriven_offset = held.\"offset\",
    redriven_at = now(), updated_at = now()
FROM held WHERE l.letter_id = held.letter_id";

impl Letters {
    pub(crate) async fn connect(server: &Server, access: Access) -> Result<Self, books::Error> {
        let read_only = if access == Access::Read { "on" } else { "off" };
        let client = books::session(server, &format!("-c default_transaction_read_only={read_only}")).await?;
        Ok(Self { client })
    }

    /// The newest letters before `before`, `limit` at most.
    pub(crate) async fn newest(
        &self,
        cause: Option<Cause>,
        state: Option<State>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Line>, books::Error> {
        let list =
            "SELECT letter_id, cause, state, redrives, sqlstate, source, id, topic, partition, \"offset\",
                           created_at, updated_at
                    FROM farol.dead_letters
                    WHERE ($1::text IS NULL OR cause = $1) AND ($2::text IS NULL OR state = $2)
                      AND letter_id < coalesce($3, 9223372036854775807) ORDER BY letter_id DESC LIMIT $4";
        let (cause, state) = (cause.map(Cause::name), state.map(State::name));
        self.all(list, &[&cause, &state, &before, &limit], Line::of).await
    }

    /// How many there are of each cause and state, most first.
    pub(crate) async fn counts(&self) -> Result<Vec<Count>, books::Error> {
        let counts =
            "SELECT cause, state, count(*) FROM farol.dead_letters GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2";
        let count =
            |row: &Row| Ok(Count { cause: row.try_get(0)?, state: row.try_get(1)?, count: row.try_get(2)? });
        self.all(counts, &[], count).await
    }

    /// One letter whole; its value only if asked for.
    pub(crate) async fn content(
        &self,
        letter_id: i64,
        with_value: bool,
    ) -> Result<Option<Content>, books::Error> {
        let mut found = self.all(Content::SQL, &[&letter_id, &with_value], Content::of).await?;
        Ok(found.pop())
    }

    /// What to send again for a letter.
    pub(crate) async fn record(&self, letter_id: i64) -> Result<Option<Record>, books::Error> {
        let mut found = self.all(Record::SQL, &[&letter_id], Record::of).await?;
        Ok(found.pop())
    }

    /// How these letters stand; those that do not exist are left out.
    pub(crate) async fn standings(&self, letter_ids: &[i64]) -> Result<Vec<Standing>, books::Error> {
        let sql = format!("SELECT {COLUMNS} FROM farol.dead_letters l WHERE letter_id = ANY ($1) ORDER BY 1");
        self.all(&sql, &[&letter_ids], Standing::of).await
    }

    /// The highest number of a letter that matches, and how many do.
    pub(crate) async fn extent(&self, matching: &Matching) -> Result<(i64, i64), books::Error> {
        let sql = format!(
            "SELECT coalesce(max(letter_id), 0), count(*) FROM farol.dead_letters l WHERE {MATCHING}"
        );
        let extent = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?));
        let mut found = self.all(&sql, &[&matching.source, &matching.sqlstate], extent).await?;
        Ok(found.pop().unwrap_or_default())
    }

    /// A page of the letters that match, with numbers above `after` and up to `last`.
    pub(crate) async fn matching(
        &self,
        matching: &Matching,
        after: i64,
        last: i64,
    ) -> Result<Vec<Standing>, books::Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM farol.dead_letters l WHERE {MATCHING} AND l.letter_id > $3 AND l.letter_id <= $4
             ORDER BY 1 LIMIT {PAGE}"
        );
        let parameters: [&(dyn ToSql + Sync); 4] = [&matching.source, &matching.sqlstate, &after, &last];
        self.all(&sql, &parameters, Standing::of).await
    }

    /// Marks letters as redriven.
    pub(crate) async fn mark_redriven(&self, acknowledged: &[Acknowledged]) -> Result<(), books::Error> {
        let letter_ids: Vec<_> = acknowledged.iter().map(|letter| letter.letter_id).collect();
        let redrives: Vec<_> = acknowledged.iter().map(|letter| letter.redrives).collect();
        let partitions: Vec<_> = acknowledged.iter().map(|letter| letter.position.partition).collect();
        let offsets: Vec<_> = acknowledged.iter().map(|letter| letter.position.offset).collect();
        let marked = self.client.execute(MARK, &[&letter_ids, &redrives, &partitions, &offsets]).await;
        marked.map(drop).map_err(query_error)
    }

    /// Gives letters up; answers with those that were.
    pub(crate) async fn quarantine(
        &self,
        letter_ids: &[i64],
        reason: &str,
    ) -> Result<Vec<i64>, books::Error> {
        let sql =
            "UPDATE farol.dead_letters SET state = 'quarantined', quarantine_reason = $2, updated_at = now()
                   WHERE letter_id = ANY ($1) AND state <> 'resolved' RETURNING letter_id";
        self.all(sql, &[&letter_ids, &reason], |row| row.try_get(0)).await
    }

    async fn all<T>(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
        read: impl Fn(&Row) -> Result<T, tokio_postgres::Error>,
    ) -> Result<Vec<T>, books::Error> {
        let rows = self.client.query(sql, parameters).await.map_err(query_error)?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(query_error)
    }
}

impl Line {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            letter_id: row.try_get("letter_id")?,
            cause: row.try_get("cause")?,
            state: row.try_get("state")?,
            redrives: row.try_get("redrives")?,
            sqlstate: row.try_get("sqlstate")?,
            source: row.try_get("source")?,
            id: row.try_get("id")?,
            topic: row.try_get("topic")?,
            partition: row.try_get("partition")?,
            offset: row.try_get("offset")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}
