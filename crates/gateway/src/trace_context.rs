//! Where the trace of a request comes from: the header `traceparent`, or failing that, for a request
//! of one event, the event's extension of that name. Where an event names another trace than the one
//! it is sent in, the span that sends it gets a link to it.
//!
//! The header tells who sends the request, the extension who made the event (CloudEvents'
//! distributed tracing extension): a parent and its cause.

use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage as _, HttpRequest};
use event::Event;
use telemetry::{Extractor, Remote};
use tracing::Span;

use crate::intake::Candidate;

/// A request's span that is not entered yet, because its parent may be in the body.
struct Unfollowed(Span);

/// The span that sent the request, as its headers tell it.
pub(crate) fn of_request(headers: &HeaderMap) -> Remote {
    telemetry::extract(&Headers(headers)).counted()
}

/// The span that an event was made in, as the event itself tells it.
pub(crate) fn of_event(event: &Event) -> Remote {
    let [traceparent, tracestate] = event.trace_context();
    telemetry::extract_fields(traceparent, tracestate)
}

/// Leaves it to the handler to enter the request's span, once it has seen the event.
pub(crate) fn leave(request: &impl actix_web::HttpMessage, span: &Span) {
    request.extensions_mut().insert(Unfollowed(span.clone()));
}

/// The span that was left to the handler, for whoever asks first; none where it is entered already.
pub(crate) fn unfollowed(request: &HttpRequest) -> Span {
    request.extensions_mut().remove::<Unfollowed>().map_or_else(Span::none, |Unfollowed(span)| span)
}

/// Lets `span` go on with the trace of the one event of the request. Those of a batch may be of many.
pub(crate) fn follow(span: &Span, candidates: &[Candidate], is_one: bool) {
    for event in candidates.iter().flatten() {
        let remote = of_event(event).counted();
        if is_one {
            telemetry::adopt(span, &remote);
        }
    }
}

struct Headers<'r>(&'r HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
