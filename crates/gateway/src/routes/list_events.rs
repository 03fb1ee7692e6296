//! `GET /v1/events`: stored events page by page, in an order in which nothing appears behind a
//! reader.

use std::str::FromStr;

use actix_web::{HttpRequest, HttpResponse, web};
use event::{EventType, Source};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};
use utoipa::{IntoParams, ToSchema};

use super::find_event::impossible;
use super::identify::{check_source, identify};
use super::query::{Query, wrong};
use crate::cursor;
use crate::database::{Filter, Place, Shown};
use crate::keys::{Key, Role};
use crate::openapi::{EVENTS, ListingProblems};
use crate::problem::Problem;
use crate::startup::State;

/// The most items of a page.
pub(super) struct Limit(pub(super) usize);

impl Limit {
    const MAX: usize = 1_000;
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(limit @ 1..=Self::MAX) => Ok(Self(limit)),
            _ => Err(format!("must be a whole number from 1 to {}", Self::MAX)),
        }
    }
}

impl IntoParams for Limit {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let number =
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(Self::MAX));
        let number = number.default(Some(Self::default().0.into()));
        let parameter = ParameterBuilder::new().name("limit").parameter_in(ParameterIn::Query);
        let parameter = parameter.required(Required::False).description(Some("The most items of the page"));
        vec![parameter.schema(Some(number)).build()]
    }
}

/// A page of stored events.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventsPage)]
struct Answer<'p> {
    events: Vec<Shown<'p>>,
    /// Where the next page begins, also for a reader who comes again later.
    cursor: String,
    /// Nothing more can be seen now. Without it there is more, even where `events` is empty.
    caught_up: bool,
}

#[utoipa::path(
    get, path = "/v1/events", operation_id = "listEvents", tag = EVENTS,
    summary = "List stored events",
    description = "Pages in the order in which rows became visible: a reader who goes on from each page's `cursor` \
                   misses nothing that is committed meanwhile. A page may hold fewer events than `limit`, even none, \
                   and there is still more; only `caughtUp` says that there is nothing more now. `cursor` stays good: \
                   come again with it later.",
    params(
        ("source" = Option<String>, Query,
            description = "Only this source, of 1 to 1024 bytes; needed where the key may not read every source",
            min_length = 1, max_length = 1024, nullable = false, example = "/nyc/JFK"),
        ("type" = Option<String>, Query, description = "Only this type, of 1 to 4096 bytes",
            min_length = 1, max_length = 4096, nullable = false, example = "aero.flight.departed"),
        ("since" = Option<String>, Query, description = "Only what was stored at this time or later (RFC 3339)",
            format = DateTime, nullable = false, example = "2013-01-01T00:00:00Z"),
        ("until" = Option<String>, Query, description = "Only what was stored before this time (RFC 3339)",
            format = DateTime, nullable = false),
        Limit,
        ("cursor" = Option<String>, Query,
            description = "Where the page before ended; good for the same key and filters only", nullable = false),
    ),
    responses((status = 200, description = "A page", body = Answer), ListingProblems),
    security(("key" = ["read"])),
)]
pub(super) async fn handle(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let key = identify(&request, &state, Role::Read)?;
    let query = Query::of(&request, &["source", "type", "since", "until", "limit", "cursor"])?;
    let filter = filter(&query, &key)?;
    let Limit(limit) = query.optional("limit")?.unwrap_or_default();
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
