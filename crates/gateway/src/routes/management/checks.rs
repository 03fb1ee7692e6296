//! `/kafka`, `/postgres`, `/redis` and `/testes`: a live round trip to each dependency, or to all of
//! them as a table.

use actix_web::http::header::{CACHE_CONTROL, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use serde_json::json;

use crate::dependencies::{Check, Dependency};
use crate::problem::Problem;
use crate::routes::negotiation::wants_html;
use crate::routes::page::{self, Part};
use crate::startup::State;

pub(in crate::routes) async fn kafka(state: web::Data<State>) -> HttpResponse {
    one(&state, Dependency::Kafka).await
}

pub(in crate::routes) async fn postgres(state: web::Data<State>) -> HttpResponse {
    one(&state, Dependency::Postgres).await
}

pub(in crate::routes) async fn redis(state: web::Data<State>) -> HttpResponse {
    one(&state, Dependency::Redis).await
}

async fn one(state: &State, dependency: Dependency) -> HttpResponse {
    let check = state.dependencies.check(dependency).await;
    status_of(&[&check]).json(check)
}

/// All of them at the same time, for a browser or for a machine.
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
    Ok(answer.json(json!({ "ok": checks.iter().all(|check| check.ok), "checks": checks })))
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

#[derive(Template)]
#[template(path = "checks.html")]
struct Table {
    parts: Vec<Part>,
}
