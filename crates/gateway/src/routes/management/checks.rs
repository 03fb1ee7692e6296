//! `/kafka`, `/postgres`, `/redis` and `/testes`: a live round trip to each dependency, or to all of
//! them as a table.

use actix_web::http::header::{CACHE_CONTROL, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use serde::Serialize;
use utoipa::ToSchema;

use crate::dependencies::{Check, Dependency};
use crate::openapi::{AnyProblems, MANAGEMENT};
use crate::problem::Problem;
use crate::routes::negotiation::wants_html;
use crate::routes::page::{self, Part};
use crate::startup::State;

#[utoipa::path(
    get, path = "/kafka", operation_id = "checkKafka", tag = MANAGEMENT,
    summary = "One live round trip to Kafka: one look at the topic",
    responses(
        (status = 200, description = "It answers", body = Check,
            headers(("cache-control" = String, description = "`no-store`"))),
        (status = 503, description = "It does not", body = Check,
            headers(("cache-control" = String, description = "`no-store`"))),
        AnyProblems,
    ),
)]
pub(in crate::routes) async fn kafka(state: web::Data<State>) -> HttpResponse {
    one(&state, Dependency::Kafka).await
}

#[utoipa::path(
    get, path = "/postgres", operation_id = "checkPostgres", tag = MANAGEMENT,
    summary = "One live round trip to PostgreSQL: one query",
    responses(
        (status = 200, description = "It answers", body = Check,
            headers(("cache-control" = String, description = "`no-store`"))),
        (status = 503, description = "It does not", body = Check,
            headers(("cache-control" = String, description = "`no-store`"))),
        AnyProblems,
    ),
)]
pub(in crate::routes) async fn postgres(state: web::Data<State>) -> HttpResponse {
    one(&state, Dependency::Postgres).await
}

#[utoipa::path(
    get, path = "/redis", operation_id = "checkRedis", tag = MANAGEMENT,
    summary = "One live round trip to Redis: a key written, read and deleted",
    responses(
        (status = 200, description = "It answers", body = Check,
            headers(("cache-control" = String, description = "`no-store`"))),
        (status = 503, description = "It does not", body = Check,
            headers(("cache-control" = String, description = "`no-store`"))),
        AnyProblems,
    ),
)]
pub(in crate::routes) async fn redis(state: web::Data<State>) -> HttpResponse {
    one(&state, Dependency::Redis).await
}

async fn one(state: &State, dependency: Dependency) -> HttpResponse {
    let check = state.dependencies.check(dependency).await;
    status_of(&[&check]).json(check)
}

/// All of them at the same time, for a browser or for a machine.
#[utoipa::path(
    get, path = "/testes", operation_id = "checkAll", tag = MANAGEMENT,
    summary = "One live round trip to each part, as a table",
    description = "HTML where `Accept` prefers it to JSON.",
    responses(
        (status = 200, description = "All answer",
            content((Checks = "application/json"), (String = "text/html")),
            headers(("vary" = String, description = "`accept`"),
                ("cache-control" = String, description = "`no-store`"))),
        (status = 503, description = "At least one does not",
            content((Checks = "application/json"), (String = "text/html")),
            headers(("vary" = String, description = "`accept`"),
                ("cache-control" = String, description = "`no-store`"))),
        AnyProblems,
    ),
)]
pub(in crate::routes) async fn all(
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let checks = state.dependencies.check_all().await;
    let mut answer = status_of(&checks.each_ref());
    answer.insert_header((VARY, "accept"));
    if wants_html(&request) {
        return page::answer(answer, &Table { parts: checks.iter().map(Part::of).collect() });
    }
    Ok(answer.json(Checks { ok: checks.iter().all(|check| check.ok), checks }))
}

/// 503 as soon as one failed. That is for who asked: `/ready` is about the gateway itself.
fn status_of(checks: &[&Check]) -> HttpResponseBuilder {
    let mut answer = match checks.iter().all(|check| check.ok) {
        true => HttpResponse::Ok(),
        false => HttpResponse::ServiceUnavailable(),
    };
    answer.insert_header((CACHE_CONTROL, "no-store"));
    answer
}

/// All parts at one time.
#[derive(Serialize, ToSchema)]
struct Checks {
    /// Whether all of them are.
    ok: bool,
    checks: [Check; 3],
}

#[derive(Template)]
#[template(path = "checks.html")]
struct Table {
    parts: Vec<Part>,
}
