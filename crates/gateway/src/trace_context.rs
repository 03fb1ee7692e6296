//! Where the trace of a request comes from: the header `traceparent`, or failing that, for a request
//! of one event, the event's extension of that name. Where an event names another trace than the one
//! it is sent in, the span that sends it gets a link to it.
//!
//! The header tells who sends the request, the extension who made the event (CloudEvents'
//! distributed tracing extension): a parent and its cause.

use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage as _, HttpRequest};
use event::Event;
use telemetry::{Extractor, Remote, Traced, Undecided};

use crate::intake::Candidate;

/// The span that sent the request, as its headers tell it.
pub(crate) fn of_request(headers: &HeaderMap) -> Remote {
    telemetry::extract(&Headers(headers)).counted()
}

/// The span that an event was made in, as the event itself tells it.
pub(crate) fn of_event(event: &Event) -> Remote {
    let [traceparent, tracestate] = event.trace_context();
    telemetry::extract_fields(traceparent, tracestate)
}

/// Leaves it to the handler to say whose trace the request goes on, once it has seen the event.
pub(crate) fn leave(request: &impl actix_web::HttpMessage, undecided: Undecided) {
    request.extensions_mut().insert(undecided);
}

/// Decides what was left to the handler: the request goes on with the trace of its one event. Those of a batch may be of
/// many. `None` where it was decided by the head.
pub(crate) fn follow(request: &HttpRequest, candidates: &[Candidate], is_one: bool) -> Option<Traced> {
    let mut sender = Remote::None;
    for event in candidates.iter().flatten() {
        let remote = of_event(event).counted();
        if is_one {
            sender = remote;
        }
    }
    let undecided = request.extensions_mut().remove::<Undecided>()?;
    let traced = undecided.decide(&sender);
    request.extensions_mut().insert(traced.clone());
    Some(traced)
}

/// What the handler decided; `None` where the request was refused before it came there.
pub(crate) fn followed(request: &HttpRequest) -> Option<Traced> {
    request.extensions_mut().remove::<Traced>()
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
