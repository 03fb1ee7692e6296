//! `GET /v1/events`: stored events page by page, in an order in which nothing appears behind a
//! reader.

use actix_web::{HttpRequest, HttpResponse, web};
use event::{EventType, Source};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::find_event::impossible;
use super::identify::{check_source, identify};
use super::query::{Query, wrong};
use crate::cursor;
use crate::database::{Filter, Place, Shown};
use crate::keys::{Key, Role};
use crate::problem::Problem;
use crate::startup::State;

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'p> {
    events: Vec<Shown<'p>>,
    /// Where the next page begins, also for a reader who comes again later.
    cursor: String,
    /// Nothing more can be seen now. Without it there is more, even where `events` is empty.
    caught_up: bool,
}

pub(super) async fn handle(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let key = identify(&request, &state, Role::Read)?;
    let query = Query::of(&request, &["source", "type", "since", "until", "limit", "cursor"])?;
    let filter = filter(&query, &key)?;
    let limit = limit(&query)?;
    let after = match query.optional::<String>("cursor")? {
        None => Place::START,
        Some(text) => cursor::read(&text, &filter, &key).ok_or_else(|| {
            wrong("cursor", "is not one that this key was given for these filters; begin without it")
        })?,
    };
    let page = state.database.page(&filter, after, limit).await.map_err(impossible)?;
    let events: Result<Vec<_>, _> = page.events.iter().map(|stored| stored.shown()).collect();
    Ok(HttpResponse::Ok().json(Answer {
        events: events.map_err(impossible)?,
        cursor: cursor::write(page.next, &filter, &key),
        caught_up: page.caught_up,
    }))
}

/// Who may not read everything names a source that is theirs.
fn filter(query: &Query, key: &Key) -> Result<Filter, Problem> {
    let source = query.optional::<Source>("source")?.map(|source| source.as_str().to_owned());
    match &source {
        Some(source) => check_source(key, source)?,
        None if key.may_use_every_source() => {}
        None => return Err(wrong("source", "is missing: this key may not read every source")),
    }
    let event_type = query.optional::<EventType>("type")?.map(|event_type| event_type.as_str().to_owned());
    let (since, until) = (instant(query, "since")?, instant(query, "until")?);
    Ok(Filter { source, event_type, stored: since..until })
}

fn instant(query: &Query, name: &str) -> Result<Option<OffsetDateTime>, Problem> {
    let text = query.optional::<String>(name)?;
    let parsed = text.map(|text| OffsetDateTime::parse(&text, &Rfc3339));
    parsed.transpose().map_err(|_| wrong(name, "is not an RFC 3339 date-time such as 2013-01-01T05:17:00Z"))
}

fn limit(query: &Query) -> Result<usize, Problem> {
    match query.optional("limit")? {
        None => Ok(DEFAULT_LIMIT),
        Some(limit @ 1..=MAX_LIMIT) => Ok(limit),
        Some(_) => Err(wrong("limit", format!("must be from 1 to {MAX_LIMIT}"))),
    }
}
