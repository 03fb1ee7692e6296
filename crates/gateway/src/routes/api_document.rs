//! `GET /openapi.json`: the API in OpenAPI 3.1, put together from what stands beside each handler,
//! and written once. Where the management endpoints have a listener of their own it leaves them out,
//! since they are not where it is read.

use actix_web::http::header::{CACHE_CONTROL, ETAG, EntityTag};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::assets::has_it_already;
use super::{
    accept_events, assets, docs_page, find_event, landing_page, list_dead_letters, list_events, management,
};
use crate::config::Config;
use crate::intake::{EventResult, Receipt};
use crate::openapi::{AnyProblems, EVENTS, Examples, Headers, KEY, MANAGEMENT, PAGES, Reference};
use crate::problem::{Document, Kind};
use crate::startup::State;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Farol gateway",
        description = "Takes CloudEvents, and says 202 only when all in-sync replicas of Kafka hold them.\n\n\
                       Every resource that answers GET answers HEAD alike, without the body. What is no HTTP, a head \
                       that does not arrive in time and one beyond all limits are answered with 400, 408 and 431 \
                       without a body.",
    ),
    tags(
        (name = EVENTS, description = "Send events and find them again"),
        (name = MANAGEMENT, description = "How the gateway and its dependencies are; it may be on a port of its own"),
        (name = PAGES, description = "For people"),
    ),
    paths(
        accept_events::handle, find_event::handle, list_events::handle,
        list_dead_letters::handle,
        management::health, management::ready, management::version, management::metrics,
        management::checks::kafka, management::checks::postgres, management::checks::redis, management::checks::all,
        landing_page::handle,
        docs_page::handle, handle, assets::handle,
    ),
    components(schemas(Document, Kind, Receipt, EventResult)),
    modifiers(&Security, &Headers, &Examples),
)]
struct Documented;

/// A key where one is needed, and nothing elsewhere, said aloud.
struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "A key of the gateway, with the role that is named: `write`, `read` or `admin`",
        ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(KEY, SecurityScheme::Http(scheme.build()));
        for item in document.paths.paths.values_mut() {
            for operation in item.get.iter_mut().chain(&mut item.post) {
                operation.security.get_or_insert_default();
            }
        }
    }
}

/// The document of one gateway, as it is sent.
pub(crate) struct ApiDocument {
    /// The same for people.
    pub(super) reference: Reference,
    json: Bytes,
    etag: EntityTag,
}

impl ApiDocument {
    pub(crate) fn new(config: &Config) -> serde_json::Result<Self> {
        let mut document = Documented::openapi();
        if config.http.management_addr.is_some() {
            leave_out(&mut document, MANAGEMENT);
        }
        if config.keys_file.is_none() {
            open(&mut document);
        }
        let reference = Reference::of(&serde_json::to_value(&document)?);
        let json = Bytes::from(serde_json::to_vec(&document)?);
        let etag = EntityTag::new_strong(hex::encode(&Sha256::digest(&json)[..12]));
        Ok(Self { reference, json, etag })
    }
}

/// Removes the paths whose operations have this tag, and the tag.
fn leave_out(document: &mut utoipa::openapi::OpenApi, tag: &str) {
    let has_tag = |operation: &utoipa::openapi::path::Operation| {
        operation.tags.iter().flatten().any(|each| each == tag)
    };
    document.paths.paths.retain(|_, item| !item.get.iter().chain(&item.post).any(has_tag));
    document.tags.iter_mut().for_each(|tags| tags.retain(|each| each.name != tag));
}

/// No operation needs a key where authentication is switched off.
fn open(document: &mut utoipa::openapi::OpenApi) {
    let operations =
        document.paths.paths.values_mut().flat_map(|item| item.get.iter_mut().chain(&mut item.post));
    operations.for_each(|operation| operation.security = Some(Vec::new()));
}

#[utoipa::path(
    get, path = "/openapi.json", operation_id = "openapi", tag = PAGES,
    summary = "This document",
    params((
        "if-none-match" = Option<String>, Header, description = "The `etag` of what the client has", nullable = false,
    )),
    responses(
        (status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/json",
            headers(("etag" = String, description = "Changes with the content"),
            ("cache-control" = String, description = "`public, no-cache`: keep it, and ask whether it changed"))),
        (status = 304, description = "The client has it already",
            headers(("etag" = String, description = "Changes with the content"),
            ("cache-control" = String, description = "`public, no-cache`: keep it, and ask whether it changed"))),
        AnyProblems,
    ),
)]
pub(super) async fn handle(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let ApiDocument { json, etag, .. } = &state.api_document;
    let known = has_it_already(&request, etag);
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((ETAG, etag.to_string())).insert_header((CACHE_CONTROL, "public, no-cache"));
    match known {
        true => answer.finish(),
        false => answer.content_type("application/json").body(json.clone()),
    }
}
