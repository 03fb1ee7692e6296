//! `GET /v1/event?source=&id=`: where an event is, once it is a row.

use actix_web::{HttpRequest, HttpResponse, web};
use event::{EventId, EventKey, Source};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::identify::{check_source, identify};
use crate::keys::Role;
use crate::problem::{Kind, Problem};
use crate::startup::State;
use crate::stored_events::Stored;

#[derive(Deserialize)]
pub(super) struct Query {
    source: String,
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'s> {
    status: &'static str,
    event: Box<RawValue>,
    topic: &'s str,
    partition: i32,
    offset: i64,
    trace_id: Option<&'s str>,
    #[serde(with = "time::serde::rfc3339::option")]
    received_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    stored_at: OffsetDateTime,
}

pub(super) async fn handle(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let key = identify(&request, &state, Role::Read)?;
    let (source, id) = identity(&request)?;
    check_source(&key, source.as_str())?;
    match state.stored.find(EventKey::of(&source, &id)).await {
        Ok(Some(stored)) => answer(&stored),
        Ok(None) => Err(Problem::new(
            Kind::NotStoredYet,
            "no row has this source and id; an event accepted a moment ago may still be on its way",
        )),
        Err(error) => {
            tracing::warn!(%error, "a stored event could not be looked up");
            Err(Problem::new(Kind::Unavailable, "the look-up is not possible now"))
        }
    }
}

fn identity(request: &HttpRequest) -> Result<(Source, EventId), Problem> {
    let malformed = |detail: String| Problem::new(Kind::MalformedRequest, detail);
    let query = web::Query::<Query>::from_query(request.query_string())
        .map_err(|error| malformed(format!("the query needs source and id: {error}")))?;
    let source = query.source.parse().map_err(|e: event::Refusal| malformed(e.to_string()))?;
    let id = query.id.parse().map_err(|e: event::Refusal| malformed(e.to_string()))?;
    Ok((source, id))
}

fn answer(stored: &Stored) -> Result<HttpResponse, Problem> {
    let event = String::from_utf8(event::http::to_structured(&stored.event))
        .ok()
        .and_then(|text| RawValue::from_string(text).ok())
        .ok_or_else(|| Problem::new(Kind::Unavailable, "the row cannot be shown as JSON"))?;
    Ok(HttpResponse::Ok().json(Answer {
        status: "stored",
        event,
        topic: &stored.topic,
        partition: stored.partition,
        offset: stored.offset,
        trace_id: stored.trace_id.as_deref(),
        received_at: stored.received_at,
        stored_at: stored.stored_at,
    }))
}
