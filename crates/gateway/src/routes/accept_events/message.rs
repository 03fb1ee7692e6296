//! The events of a request, read in the mode its head announces; what is wrong with one is told
//! in terms of the request: a header in binary mode, a JSON pointer into the body otherwise.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use bytes::Bytes;
use event::http::{BatchRefusal, ContentMode, HttpRefusal};
use event::{Class, Place, Refusal};

use crate::config::Limits;
use crate::intake::{Candidate, Handling};
use crate::problem::{At, Kind, Problem};

/// Every format that is read (Linked Data Platform §7.1, customary for POST).
const ACCEPT_POST: HeaderValue =
    HeaderValue::from_static("application/cloudevents+json, application/cloudevents-batch+json, */*");
const ACCEPT_POST_NAME: HeaderName = HeaderName::from_static("accept-post");
const PREFER: &str = "prefer";

/// What a request holds.
pub(super) struct Message {
    pub(super) candidates: Vec<Candidate>,
    /// How a batch is to be handled; `None` for one event, which is answered by itself.
    pub(super) batch: Option<Handling>,
}

/// The mode that the head announces.
pub(super) fn mode(request: &HttpRequest) -> Result<ContentMode, Problem> {
    let content_type = match request.headers().get(CONTENT_TYPE) {
        None => None,
        Some(value) => Some(value.to_str().map_err(|_| {
            Problem::new(Kind::MalformedEvent, "Content-Type is not ASCII")
                .at(At::Header("content-type".into()))
        })?),
    };
    ContentMode::of(content_type).map_err(unsupported)
}

/// Reads the events of `body`. Only a request without any readable event is an `Err`.
pub(super) fn read(
    request: &HttpRequest,
    mode: ContentMode,
    body: Bytes,
    limits: &Limits,
) -> Result<Message, Problem> {
    if mode == ContentMode::Batched {
        let events = event::http::read_batch(&body, limits.max_batch_events).map_err(batch_refused)?;
        let candidates = events.into_iter().enumerate().map(|(index, event)| match event {
            Ok(event) => within_size(event, limits.max_event_bytes),
            Err(refusal) => Err(refused(refusal, mode).inside_item(index)),
        });
        return Ok(Message { candidates: candidates.collect(), batch: Some(handling(request)) });
    }
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let event = event::http::read(mode, headers, body).map_err(|refusal| refused(refusal, mode))?;
    Ok(Message { candidates: vec![Ok(event)], batch: None })
}

/// In a batch, an event is as bounded as one that comes alone.
fn within_size(event: event::Event, limit: usize) -> Candidate {
    match event.data.as_bytes().map_or(0, Bytes::len) {
        size if size > limit => {
            Err(Problem::new(Kind::TooLarge, format!("the event's data is larger than {limit} bytes")))
        }
        _ => Ok(event),
    }
}

/// What the client prefers when some events are bad (RFC 7240 §4.4).
fn handling(request: &HttpRequest) -> Handling {
    let preferences = request.headers().get_all(PREFER).filter_map(|value| value.to_str().ok());
    let lenient = preferences
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next()?.split_once('='))
        .any(|(name, value)| {
            name.trim().eq_ignore_ascii_case("handling")
                && value.trim().trim_matches('"').eq_ignore_ascii_case("lenient")
        });
    if lenient { Handling::Lenient } else { Handling::Strict }
}

fn unsupported(refusal: HttpRefusal) -> Problem {
    Problem::new(Kind::UnsupportedFormat, refusal.to_string())
        .at(At::Header("content-type".into()))
        .header(ACCEPT_POST_NAME, ACCEPT_POST)
}

fn batch_refused(refusal: BatchRefusal) -> Problem {
    match refusal {
        BatchRefusal::TooMany { limit } => {
            Problem::new(Kind::TooLarge, format!("the batch holds more than {limit} events"))
        }
        BatchRefusal::Malformed(refusal) => refused(refusal, ContentMode::Batched),
    }
}

/// Translates what the event crate says into HTTP.
fn refused(refusal: Refusal, mode: ContentMode) -> Problem {
    let kind = match refusal.class {
        Class::Malformed => Kind::MalformedEvent,
        Class::Unstorable => Kind::Unstorable,
    };
    let problem = Problem::new(kind, refusal.to_string());
    match place(&refusal.place, mode) {
        Some(at) => problem.at(at),
        None => problem,
    }
}

fn place(place: &Place, mode: ContentMode) -> Option<At> {
    let binary = mode == ContentMode::Binary;
    match place {
        Place::Message => None,
        Place::Attribute(name) if binary && name == "datacontenttype" => {
            Some(At::Header("content-type".to_owned()))
        }
        Place::Attribute(name) if binary => Some(At::Header(format!("ce-{name}"))),
        Place::Attribute(name) => Some(At::Pointer(format!("/{}", escaped(name)))),
        Place::Data(pointer) if binary => Some(At::Pointer(pointer.clone())),
        Place::Data(pointer) => Some(At::Pointer(format!("/data{pointer}"))),
    }
}

/// A name as a reference token of a JSON pointer (RFC 6901 §3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
