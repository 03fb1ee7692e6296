//! `GET /v1/event?source=&id=`: where is my event.

use std::time::Instant;

use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use event::{EventId, EventKey, Source};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::openapi::schema::OneOfBuilder;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::identify::{check_source, identify};
use super::query::{Query, wrong};
use crate::backlog::Behind;
use crate::database::{Letter, LookUpError, Shown};
use crate::keys::Role;
use crate::openapi::{EVENTS, LookUpProblems};
use crate::problem::{Kind, Problem};
use crate::publisher::Position;
use crate::startup::State;

/// In the API's document: where an event is, a row or what can be said without one.
struct Whereabouts;

impl PartialSchema for Whereabouts {
    fn schema() -> RefOr<Schema> {
        let (row, no_row) = (Ref::from_schema_name(Shown::name()), Ref::from_schema_name(Answer::name()));
        OneOfBuilder::new().item(row).item(no_row).into()
    }
}

impl ToSchema for Whereabouts {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.extend([
            (Shown::name().into_owned(), Shown::schema()),
            (Answer::name().into_owned(), Answer::schema()),
        ]);
        Shown::schemas(schemas);
        Answer::schemas(schemas);
    }
}

/// What can be said of an event that has no row.
#[derive(Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
#[schema(as = EventWithoutRow)]
enum Answer {
    /// It could not become a row.
    DeadLettered(Letter),
    /// It was stored, and its row has left by retention.
    Expired(Expired),
    /// Kafka holds it; the worker has not come to it.
    Accepted(Accepted),
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Expired {
    #[serde(with = "time::serde::rfc3339")]
    stored_at: OffsetDateTime,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    topic: String,
    partition: i32,
    offset: i64,
    /// Records of its partition that are decided before it.
    records_before: i64,
    /// Null where Kafka did not say.
    behind: Option<Behind>,
}

#[utoipa::path(
    get, path = "/v1/event", operation_id = "findEvent", tag = EVENTS,
    summary = "Where is my event?",
    description = "Tells whether an event is `stored`, `dead_lettered`, `expired` or `accepted`. The partition and \
                   offset of its receipt tell more than source and id alone: with them, an event on its way is \
                   found without Redis.",
    params(
        ("source" = String, Query, description = "The event's source: a URI reference of 1 to 1024 bytes",
            min_length = 1, max_length = 1024, example = "/nyc/JFK"),
        ("id" = String, Query, description = "The event's id, of 1 to 512 bytes",
            min_length = 1, max_length = 512, example = "2013-01-01-B6-725"),
        ("partition" = Option<i32>, Query, description = "From the receipt; only together with `offset`",
            minimum = 0, nullable = false),
        ("offset" = Option<i64>, Query, description = "From the receipt; only together with `partition`",
            minimum = 0, nullable = false),
    ),
    responses((status = 200, description = "Where it is", body = Whereabouts), LookUpProblems),
    security(("key" = ["read"])),
)]
pub(super) async fn handle(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let key = identify(&request, &state, Role::Read)?;
    let query = Query::of(&request, &["source", "id", "partition", "offset"])?;
    let (source, id): (Source, EventId) = (query.required("source")?, query.required("id")?);
    let given = position(&query)?;
    check_source(&key, source.as_str())?;
    find(&state, &source, &id, given).await
}

/// The position of a receipt, if the client gives it.
fn position(query: &Query) -> Result<Option<Position>, Problem> {
    match (query.optional("partition")?, query.optional("offset")?) {
        (None, None) => Ok(None),
        (Some(partition), Some(offset)) if partition >= 0 && offset >= 0 => {
            Ok(Some(Position { partition, offset }))
        }
        (Some(_), None) => Err(wrong("offset", "is missing: a position is a partition and an offset")),
        (None, Some(_)) => Err(wrong("partition", "is missing: a position is a partition and an offset")),
        (Some(_), Some(_)) => Err(wrong("offset", "a position is not negative")),
    }
}

/// What the database knows decides; then the position in Kafka.
async fn find(
    state: &State,
    source: &Source,
    id: &EventId,
    given: Option<Position>,
) -> Result<HttpResponse, Problem> {
    let asked = Instant::now();
    let key = EventKey::of(source, id);
    if let Some(answer) = known(state, key).await? {
        return Ok(answer);
    }
    let position = match given {
        Some(position) => Some(position),
        None => receipt(state, source, key).await,
    };
    on_its_way(state, key, position, asked).await
}

/// A row; then a letter; then a key whose row has left.
async fn known(state: &State, key: EventKey) -> Result<Option<HttpResponse>, Problem> {
    if let Some(answer) = stored(state, key).await? {
        return Ok(Some(answer));
    }
    if let Some(letter) = state.database.letter(key).await.map_err(impossible)? {
        return Ok(Some(HttpResponse::Ok().json(Answer::DeadLettered(letter))));
    }
    let Some(stored_at) = state.database.stored_at(key).await.map_err(impossible)? else { return Ok(None) };
    // Row and key may both have come since the row was asked for.
    let expired = || HttpResponse::Ok().json(Answer::Expired(Expired { stored_at }));
    Ok(Some(stored(state, key).await?.unwrap_or_else(expired)))
}

/// The row, as it is told; from Redis where it was told a moment ago.
async fn stored(state: &State, key: EventKey) -> Result<Option<HttpResponse>, Problem> {
    let told = |answer: Bytes| HttpResponse::Ok().content_type(ContentType::json()).body(answer);
    if let Some(answer) = state.redis.find_stored(key).await {
        return Ok(Some(told(answer)));
    }
    let Some(row) = state.database.stored(key).await.map_err(impossible)? else { return Ok(None) };
    let answer = row.to_json().map_err(impossible)?;
    state.redis.keep_stored(key, answer.clone());
    Ok(Some(told(answer)))
}

/// Where its first receipt says it is, if its producer's receipts are known.
async fn receipt(state: &State, source: &Source, key: EventKey) -> Option<Position> {
    let producer = state.keys.writer_of(source.as_str())?;
    let kept = state.redis.find_receipt(&producer, key).await?;
    Some(Position { partition: kept.partition, offset: kept.offset })
}

/// No row, no letter, no key: what the position says, or that nobody can know.
async fn on_its_way(
    state: &State,
    key: EventKey,
    position: Option<Position>,
    asked: Instant,
) -> Result<HttpResponse, Problem> {
    let mut seen = state.backlog.look().await.map_err(impossible)?;
    let Some(Position { partition, offset }) = position else {
        let detail = "nothing is known of this source and id; that proves nothing: an event that was accepted a moment \
                      ago may be on its way, see `behind`; its receipt's partition and offset tell more";
        return Err(Problem::new(Kind::NotStoredYet, detail).behind(seen.behind()));
    };
    if !seen.may_exist(partition, offset) {
        // An earlier look cannot know of a record that has come since.
        seen = state.backlog.look_after(asked).await.map_err(impossible)?;
    }
    let (next, behind) = (seen.next_offset(partition).unwrap_or_default(), seen.behind());
    if offset >= next && seen.may_exist(partition, offset) {
        let topic = state.publisher.topic().to_owned();
        let records_before = offset - next;
        let accepted = Accepted { topic, partition, offset, records_before, behind };
        return Ok(HttpResponse::Ok().json(Answer::Accepted(accepted)));
    }
    if offset >= next {
        let detail = "Kafka holds no record at this position";
        return Err(Problem::new(Kind::NotFound, detail).behind(behind));
    }
    // It is decided, perhaps since the database was asked.
    let detail = "the record at this position is decided, and it is not this event";
    known(state, key).await?.ok_or_else(|| Problem::new(Kind::NotFound, detail).behind(behind))
}

/// PostgreSQL does not answer now, or not with what it should.
pub(super) fn impossible(error: LookUpError) -> Problem {
    tracing::warn!(name: "look_up_failed", %error, "a look-up is not possible");
    Problem::new(Kind::Unavailable, "the look-up is not possible now")
        .retry_after(std::time::Duration::from_secs(2))
}
