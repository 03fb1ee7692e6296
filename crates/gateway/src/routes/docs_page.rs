//! `GET /docs`: the API as a page, made of the document that `/openapi.json` is; it is read without
//! JavaScript and needs nothing from elsewhere.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::page;
use crate::openapi::{PAGES, PageProblems, Reference};
use crate::problem::Problem;
use crate::startup::State;

#[derive(Template)]
#[template(path = "docs.html")]
struct Page<'s> {
    reference: &'s Reference,
    key_needed: bool,
}

#[utoipa::path(
    get, path = "/docs", operation_id = "docs", tag = PAGES,
    summary = "The API as a page",
    description = "Each call with its parameters and answers, and a form to try it.",
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), PageProblems),
)]
pub(super) async fn handle(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let key_needed = state.landing_page.key_needed();
    page::answer(HttpResponse::Ok(), &Page { reference: &state.api_document.reference, key_needed })
}
