//! Dead letters: of one event, and all of them page by page. Nothing here reads a record's content.

use event::EventKey;
use serde::Serialize;
use time::OffsetDateTime;
use tokio_postgres::Row;
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
    /// `open`, `redriven`, `quarantined` or, in the list of all, `resolved`.
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

/// A letter in the list of all.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedLetter {
    #[serde(flatten)]
    letter: Letter,
    /// None where the record holds no event.
    source: Option<String>,
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    quarantine_reason: Option<String>,
}

/// How many letters have a cause and a state.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LetterCount {
    cause: String,
    state: String,
    count: i64,
    /// Counting ended here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    or_more: bool,
}

/// Declares a closed set of names, read from a query.
macro_rules! names {
    ($(#[$doc:meta])* $set:ident, $what:literal: $($variant:ident $name:literal),*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $set { $($variant,)* }

        impl $set {
            const ALL: &[Self] = &[$(Self::$variant,)*];

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl std::str::FromStr for $set {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($name => Ok(Self::$variant),)* _ => Err($what) }
            }
        }
    };
}

names!(
    /// Why a record became no row.
    Cause, "is one of undecodable, unstorable, conflict":
    Undecodable "undecodable", Unstorable "unstorable", Conflict "conflict"
);
names!(
    /// Where a letter is between failing and being done with.
    LetterState, "is one of open, redriven, resolved, quarantined":
    Open "open", Redriven "redriven", Resolved "resolved", Quarantined "quarantined"
);

/// Which letters a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LetterFilter {
    pub(crate) cause: Option<Cause>,
    pub(crate) state: Option<LetterState>,
}

/// No more than this many letters of a cause and state are counted: the cost of a page stays bounded.
const MOST_COUNTED: i64 = 10_000;

/// The first of each state and cause, then the first of those: what the page costs does not depend on how
/// many letters there are, or how few of them the filter lets through. Said by position in migration V4's
/// index, since for `state = … AND cause = …` the planner may walk through every letter there is.
pub(super) const LIST_SQL: &str = "
SELECT letter.letter_id, cause, state, sqlstate, redrives, topic, partition, \"offset\",
       encode(trace_id, 'hex') AS trace_id, created_at, updated_at, source, id, quarantine_reason
FROM (SELECT first.letter_id
      FROM unnest($1::text[]) AS s (wanted_state) CROSS JOIN unnest($2::text[]) AS c (wanted_cause)
      CROSS JOIN LATERAL (SELECT letter_id FROM farol.dead_letters
                          WHERE (state || ' ' || cause, letter_id) < (wanted_state || ' ' || wanted_cause, $3)
                            AND state || ' ' || cause >= wanted_state || ' ' || wanted_cause
                          ORDER BY state || ' ' || cause DESC, letter_id DESC LIMIT $4) AS first
      ORDER BY letter_id DESC LIMIT $4) AS page
CROSS JOIN LATERAL (SELECT * FROM farol.dead_letters WHERE letter_id = page.letter_id LIMIT 1) AS letter
ORDER BY letter.letter_id DESC";

pub(super) const COUNT_SQL: &str = "
SELECT wanted_state AS state, wanted_cause AS cause, found
FROM unnest($1::text[]) AS s (wanted_state) CROSS JOIN unnest($2::text[]) AS c (wanted_cause)
CROSS JOIN LATERAL (SELECT count(*) AS found
                    FROM (SELECT letter_id FROM farol.dead_letters
                          WHERE (state || ' ' || cause, letter_id) > (wanted_state || ' ' || wanted_cause, 0)
                            AND state || ' ' || cause <= wanted_state || ' ' || wanted_cause
                          ORDER BY state || ' ' || cause, letter_id LIMIT $3) AS bounded) AS counted
WHERE found > 0 ORDER BY found DESC, wanted_cause, wanted_state";

impl Database {
    /// The newest letter of this event that stands for it: one that was resolved has a row instead.
    pub(crate) async fn letter(&self, key: EventKey) -> Result<Option<Letter>, LookUpError> {
        self.asked("SELECT farol.dead_letters", async {
            let session = self.session().await?;
            let statement = session.prepare_cached(NEWEST_SQL).await?;
            let row = session.query_opt(&statement, &[&key.as_uuid()]).await?;
            row.as_ref().map(Letter::of).transpose()
        })
        .await
    }

    /// The newest letters before number `before` that the filter lets through, `limit` at most.
    pub(crate) async fn letters(
        &self,
        filter: LetterFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<ListedLetter>, LookUpError> {
        self.asked("SELECT farol.dead_letters page", async {
            let session = self.session().await?;
            let statement = session.prepare_cached(LIST_SQL).await?;
            let rows =
                session.query(&statement, &[&filter.states(), &filter.causes(), &before, &limit]).await?;
            rows.iter().map(ListedLetter::of).collect()
        })
        .await
    }

    /// How many letters there are of each cause and state, where there are any.
    pub(crate) async fn letter_counts(&self) -> Result<Vec<LetterCount>, LookUpError> {
        self.asked("SELECT farol.dead_letters counts", async {
            let session = self.session().await?;
            let statement = session.prepare_cached(COUNT_SQL).await?;
            let all = LetterFilter::default();
            let rows =
                session.query(&statement, &[&all.states(), &all.causes(), &(MOST_COUNTED + 1)]).await?;
            let mut counts = Vec::with_capacity(rows.len());
            for row in &rows {
                let found: i64 = row.try_get("found")?;
                counts.push(LetterCount {
                    cause: row.try_get("cause")?,
                    state: row.try_get("state")?,
                    count: found.min(MOST_COUNTED),
                    or_more: found > MOST_COUNTED,
                });
            }
            Ok(counts)
        })
        .await
    }
}

impl Letter {
    fn of(row: &Row) -> Result<Self, LookUpError> {
        Ok(Self {
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
        })
    }
}

impl ListedLetter {
    fn of(row: &Row) -> Result<Self, LookUpError> {
        Ok(Self {
            letter: Letter::of(row)?,
            source: row.try_get("source")?,
            id: row.try_get("id")?,
            quarantine_reason: row.try_get("quarantine_reason")?,
        })
    }

    pub(crate) fn letter_id(&self) -> i64 {
        self.letter.letter_id
    }
}

impl LetterFilter {
    fn causes(self) -> Vec<&'static str> {
        self.cause.map_or(Cause::ALL.to_vec(), |cause| vec![cause]).into_iter().map(Cause::name).collect()
    }

    fn states(self) -> Vec<&'static str> {
        let states = self.state.map_or(LetterState::ALL.to_vec(), |state| vec![state]);
        states.into_iter().map(LetterState::name).collect()
    }
}
