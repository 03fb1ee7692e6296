//! `GET /v1/dead-letters`: what could not become a row, newest first, for whoever runs Farol. What
//! the records hold stays where it is.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::find_event::impossible;
use super::identify::identify;
use super::list_events::Limit;
use super::query::{Query, wrong};
use crate::cursor;
use crate::database::{LetterCount, LetterFilter, ListedLetter};
use crate::keys::Role;
use crate::openapi::{EVENTS, ListingProblems};
use crate::problem::{Kind, Problem};
use crate::startup::State;

/// A page of dead letters.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLettersPage)]
struct Answer {
    letters: Vec<ListedLetter>,
    /// Where older letters begin, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    cursor: Option<String>,
    /// Of all letters, whatever the filter.
    counts: Vec<LetterCount>,
}

#[utoipa::path(
    get, path = "/v1/dead-letters", operation_id = "listDeadLetters", tag = EVENTS,
    summary = "List dead letters",
    description = "What could not become a row, newest first, and how many there are of each cause and state. Never what \
                   the records hold. The key must have the role `admin` and may read every source.",
    params(
        ("cause" = Option<String>, Query, description = "Only this cause: `undecodable`, `unstorable` or `conflict`",
            pattern = "^(undecodable|unstorable|conflict)$", nullable = false),
        ("state" = Option<String>, Query,
            description = "Only this state: `open`, `redriven`, `resolved` or `quarantined`",
            pattern = "^(open|redriven|resolved|quarantined)$", nullable = false),
        Limit,
        ("cursor" = Option<String>, Query,
            description = "Where the page before ended; good for the same key and filters only", nullable = false),
    ),
    responses((status = 200, description = "A page", body = Answer), ListingProblems),
    security(("key" = ["admin"])),
)]
pub(super) async fn handle(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let key = identify(&request, &state, Role::Admin)?;
    // A letter may have no source that could be compared with the key's.
    if !key.may_use_every_source() {
        return Err(Problem::new(Kind::Forbidden, "the key may not read every source"));
    }
    let query = Query::of(&request, &["cause", "state", "limit", "cursor"])?;
    let filter = LetterFilter { cause: query.optional("cause")?, state: query.optional("state")? };
    let Limit(limit) = query.optional("limit")?.unwrap_or_default();
    let before = match query.optional::<String>("cursor")? {
        None => i64::MAX,
        Some(text) => cursor::read(&text, &filter, &key).ok_or_else(|| {
            wrong("cursor", "is not one that this key was given for these filters; begin without it")
        })?,
    };
    // One more than asked for tells whether there are older ones.
    let mut letters =
        state.database.letters(filter, before, as_number(limit + 1)).await.map_err(impossible)?;
    let counts = state.database.letter_counts().await.map_err(impossible)?;
    let is_cut = letters.len() > limit;
    letters.truncate(limit);
    let last = letters.last().filter(|_| is_cut).map(ListedLetter::letter_id);
    let cursor = last.map(|letter_id| cursor::write(letter_id, &filter, &key));
    Ok(HttpResponse::Ok().json(Answer { letters, cursor, counts }))
}

fn as_number(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
