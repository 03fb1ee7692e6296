//! Headers that answers have whatever was asked: the id of the request, and what makes a page safe.

use utoipa::Modify;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{ObjectBuilder, OpenApi, RefOr, Response, Type};

use crate::observe;

/// Adds them where they are sent.
pub(crate) struct Headers;

const PAGE: [(&str, &str); 4] = [
    ("content-security-policy", "Only files of the gateway run or load"),
    ("x-content-type-options", "`nosniff`"),
    ("referrer-policy", "`no-referrer`"),
    ("cache-control", "`no-store`"),
];

impl Modify for Headers {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            for operation in operations(item) {
                responses(operation).for_each(|response| add(response, observe::has_span(path)));
            }
        }
    }
}

/// The operations of a path; the gateway has no other methods.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    item.get.iter_mut().chain(&mut item.post)
}

pub(super) fn responses(operation: &mut Operation) -> impl Iterator<Item = &mut Response> {
    operation.responses.responses.values_mut().filter_map(|response| match response {
        RefOr::T(response) => Some(response),
        RefOr::Ref(_) => None,
    })
}

fn add(response: &mut Response, has_span: bool) {
    if has_span {
        let about = "The trace id of the request, where traces are on";
        response.headers.insert("x-request-id".to_owned(), header(about));
    }
    if response.content.contains_key("text/html") {
        response.headers.extend(PAGE.map(|(name, about)| (name.to_owned(), header(about))));
    }
}

/// A header whose value is text.
pub(super) fn header(about: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(text).description(Some(about)).build()
}

/// A header whose value is a number of seconds.
pub(super) fn seconds(about: &str) -> Header {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    HeaderBuilder::new().schema(number).description(Some(about)).build()
}
