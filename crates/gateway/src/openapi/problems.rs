//! Which problems an operation may be answered with, taken from the table of all kinds: a new kind
//! does not compile before it says here whose answer it is.

use std::collections::BTreeMap;

use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::Header;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::headers::{header, seconds};
use crate::intake::EventResult;
use crate::problem::{At, Document, Kind, PROBLEM_JSON, Problem};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// Nothing in particular.
    Any,
    Intake,
    LookUp,
    Listing,
    Asset,
    Page,
}

/// Declares the type that stands for the problems of a subject among the responses of an operation.
macro_rules! problems {
    ($($name:ident $subject:ident;)*) => {$(
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                responses_of(Subject::$subject)
            }
        }
    )*};
}

problems! {
    AnyProblems Any;
    IntakeProblems Intake;
    LookUpProblems LookUp;
    ListingProblems Listing;
    AssetProblems Asset;
    PageProblems Page;
}

/// Whose answer a problem of this kind may be.
fn subjects(kind: Kind) -> &'static [Subject] {
    use Subject::{Any, Asset, Intake, Listing, LookUp, Page};
    match kind {
        Kind::MethodNotAllowed | Kind::UriTooLong | Kind::HeadersTooLarge => {
            &[Any, Intake, LookUp, Listing, Asset, Page]
        }
        Kind::Unauthorized | Kind::Forbidden => &[Intake, LookUp, Listing],
        Kind::MalformedRequest => &[Intake, LookUp, Listing],
        Kind::MalformedEvent
        | Kind::BatchRefused
        | Kind::BodyTooSlow
        | Kind::Conflict
        | Kind::TooLarge
        | Kind::UnsupportedFormat
        | Kind::UnsupportedEncoding
        | Kind::Unstorable
        | Kind::RateLimited
        | Kind::Shed
        | Kind::Overloaded => &[Intake],
        Kind::NotFound => &[LookUp, Asset],
        Kind::NotStoredYet => &[LookUp],
        Kind::Unavailable => &[Intake, LookUp, Listing, Page],
        // Inside the results of a batch only.
        Kind::NotAttempted => &[],
    }
}

/// The statuses of its answers: a refused batch has that of its first refused event.
fn statuses(kind: Kind) -> Vec<u16> {
    let own = kind.status().as_u16();
    match kind {
        Kind::BatchRefused => {
            let of_events =
                [Kind::MalformedEvent, Kind::Forbidden, Kind::Conflict, Kind::TooLarge, Kind::Unstorable];
            of_events.iter().map(|kind| kind.status().as_u16()).collect()
        }
        _ => vec![own],
    }
}

fn responses_of(subject: Subject) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for &kind in Kind::ALL.iter().filter(|kind| subjects(**kind).contains(&subject)) {
        for status in statuses(kind) {
            by_status.entry(status).or_default().push(kind);
        }
    }
    let response = |(status, kinds): (u16, Vec<Kind>)| (status.to_string(), response(status, &kinds).into());
    by_status.into_iter().map(response).collect()
}

fn response(status: u16, kinds: &[Kind]) -> Response {
    let lines: Vec<_> =
        kinds.iter().map(|kind| format!("`{}`: {}. {}", kind.name(), kind.when(), kind.advice())).collect();
    let of_this_status = kinds.iter().filter(|kind| kind.status().as_u16() == status);
    let examples = of_this_status.map(|kind| {
        let example = ExampleBuilder::new().summary(kind.title()).value(Some(example(*kind).as_item()));
        (kind.name(), RefOr::T(example.build()))
    });
    let schema = Ref::from_schema_name(Document::name());
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build();
    let answer = ResponseBuilder::new().description(lines.join("\n\n")).content(PROBLEM_JSON, content);
    let headers = kinds.iter().flat_map(|kind| headers(*kind));
    headers.fold(answer, |answer, (name, header)| answer.header(name, header)).build()
}

/// The headers that come with it.
fn headers(kind: Kind) -> Vec<(&'static str, Header)> {
    match kind {
        Kind::Unauthorized => vec![("www-authenticate", header("`Bearer realm=\"farol\"`"))],
        Kind::MethodNotAllowed => vec![("allow", header("The methods that the resource takes"))],
        Kind::UnsupportedFormat => vec![("accept-post", header("The formats that are read"))],
        Kind::UnsupportedEncoding => vec![("accept-encoding", header("The encodings that are undone"))],
        Kind::TooLarge => vec![(
            "ratelimit-policy",
            header("Where a request has more events than the key's burst: its rate"),
        )],
        Kind::RateLimited => vec![
            ("retry-after", seconds("When to send it again, in seconds")),
            ("ratelimit-policy", header("The producer's rate: events (`q`) in a window of seconds (`w`)")),
            ("ratelimit", header("What is left of it: events (`r`), and seconds (`t`) to wait")),
        ],
        Kind::Shed | Kind::Overloaded | Kind::Unavailable => {
            vec![("retry-after", seconds("When to try again, in seconds"))]
        }
        _ => Vec::new(),
    }
}

/// A problem as the handlers make it.
fn example(kind: Kind) -> Problem {
    let problem = |detail: &'static str| Problem::new(kind, detail);
    match kind {
        Kind::MalformedEvent => {
            problem("attribute source: is not a URI reference (RFC 3986)").at(At::Pointer("/source".into()))
        }
        Kind::MalformedRequest => problem("query parameter limit: must be a whole number from 1 to 1000")
            .at(At::Parameter("limit".into())),
        Kind::BatchRefused => batch_refused(),
        Kind::Unauthorized => problem("send a known key as `Authorization: Bearer <key>`"),
        Kind::Forbidden => problem("the key may not use this source"),
        Kind::NotFound => problem("the record at this position is decided, and it is not this event"),
        Kind::NotStoredYet => {
            problem("nothing is known of this source and id; that proves nothing").behind(None)
        }
        Kind::MethodNotAllowed => problem("this resource takes GET, HEAD"),
        Kind::BodyTooSlow => problem("the body did not arrive within 10s"),
        Kind::Conflict => problem(
            "an event with this source and id, but with other content, was accepted before; a new event needs a new id",
        ),
        Kind::TooLarge => problem("the body is larger than 1048576 bytes"),
        Kind::UriTooLong => problem("path and query take 9006 bytes; the limit is 8192"),
        Kind::HeadersTooLarge => problem("the headers take 70123 bytes; the limit is 65536"),
        Kind::UnsupportedFormat => problem("event format application/cloudevents+avro is not supported")
            .at(At::Header("content-type".into())),
        Kind::UnsupportedEncoding => problem("a body may be encoded by gzip or by zstd, once"),
        Kind::Unstorable => problem("data at /name: holds U+0000, which PostgreSQL cannot store")
            .at(At::Pointer("/data/name".into())),
        Kind::NotAttempted => problem("it is good, but others of its batch are not"),
        Kind::RateLimited => problem("the producer sends faster than its key allows; repeat after the wait"),
        Kind::Shed => problem("events of this type or source are not taken now; repeat with the same id"),
        Kind::Overloaded => problem("there is no room for more events now; repeat with the same id"),
        Kind::Unavailable => problem("Kafka did not acknowledge; repeat with the same id"),
    }
}

fn batch_refused() -> Problem {
    let results = [Kind::NotAttempted, Kind::MalformedEvent].map(|kind| EventResult::refused(&example(kind)));
    let refused =
        Problem::new(Kind::BatchRefused, "1 of 2 events were refused, so none was accepted; see results");
    refused.results(Kind::MalformedEvent.status(), serde_json::json!(results))
}
