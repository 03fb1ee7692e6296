//! What the handlers say of themselves in OpenAPI 3.1, where it takes more than a line beside them:
//! problems, receipts, the event, headers and examples. `routes::api_document` puts it together.

mod event;
mod examples;
mod headers;
mod intake;
mod problems;
mod reference;

pub(crate) use event::{BinaryHeaders, CloudEvent};
pub(crate) use examples::Examples;
pub(crate) use headers::Headers;
pub(crate) use intake::Accepted;
pub(crate) use problems::{
    AnyProblems, AssetProblems, IntakeProblems, ListingProblems, LookUpProblems, PageProblems,
};
pub(crate) use reference::Reference;

/// The name of the security scheme: a key as bearer token.
pub(crate) const KEY: &str = "key";

/// The tag of what clients call.
pub(crate) const EVENTS: &str = "events";
/// The tag of what people see.
pub(crate) const PAGES: &str = "pages";
/// The tag of what operators and their machines ask.
pub(crate) const MANAGEMENT: &str = "management";
