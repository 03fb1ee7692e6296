//! `/assets/…`: style sheet, scripts and icon of the pages, compiled in. A browser keeps them and
//! asks each time whether they are still the same, since replicas of two builds may answer in turn.

use std::sync::LazyLock;

use actix_web::http::header::{
    CACHE_CONTROL, ETAG, EntityTag, Header as _, IfNoneMatch, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest as _, Sha256};

use crate::openapi::{AssetProblems, PAGES};
use crate::problem::{Kind, Problem};

pub(super) const PATTERN: &str = "/assets/{name}";

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
    etag: EntityTag,
}

macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        Asset::new($name, $content_type, include_str!(concat!("../../page/", $name)))
    };
}

static ASSETS: LazyLock<[Asset; 11]> = LazyLock::new(|| {
    [
        asset!("page.css", CSS),
        asset!("icon.svg", "image/svg+xml"),
        asset!("page.js", JAVASCRIPT),
        asset!("api.js", JAVASCRIPT),
        asset!("docs.js", JAVASCRIPT),
        asset!("dom.js", JAVASCRIPT),
        asset!("state.js", JAVASCRIPT),
        asset!("sending.js", JAVASCRIPT),
        asset!("journey.js", JAVASCRIPT),
        asset!("finding.js", JAVASCRIPT),
        asset!("result.js", JAVASCRIPT),
    ]
});

impl Asset {
    fn new(name: &'static str, content_type: &'static str, content: &'static str) -> Self {
        let digest = Sha256::digest(content);
        Self { name, content_type, content, etag: EntityTag::new_strong(hex::encode(&digest[..12])) }
    }
}

#[utoipa::path(
    get, path = "/assets/{name}", operation_id = "asset", tag = PAGES,
    summary = "A file of the pages",
    params(
        ("name" = String, Path, description = "The file's name", example = "page.css"),
        ("if-none-match" = Option<String>, Header, description = "The `etag` of what the client has", nullable = false),
    ),
    responses(
        (status = 200, description = "The file",
            content((String = "text/css"), (String = "text/javascript"), (String = "image/svg+xml")),
            headers(("etag" = String, description = "Changes with the content"),
            ("cache-control" = String, description = "`public, no-cache`: keep it, and ask whether it changed"),
            ("x-content-type-options" = String, description = "`nosniff`"))),
        (status = 304, description = "The client has it already",
            headers(("etag" = String, description = "Changes with the content"),
            ("cache-control" = String, description = "`public, no-cache`: keep it, and ask whether it changed"),
            ("x-content-type-options" = String, description = "`nosniff`"))),
        AssetProblems,
    ),
)]
pub(super) async fn handle(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == name.as_str());
    let asset = asset.ok_or_else(|| Problem::new(Kind::NotFound, "there is no such asset"))?;
    let known = has_it_already(&request, &asset.etag);
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((ETAG, asset.etag.to_string()))
        .insert_header((CACHE_CONTROL, "public, no-cache"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    Ok(match known {
        true => answer.finish(),
        false => answer.content_type(asset.content_type).body(asset.content),
    })
}

pub(super) fn has_it_already(request: &HttpRequest, etag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(etag)),
        Err(_) => false,
    }
}
