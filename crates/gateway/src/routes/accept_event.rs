//! `POST /v1/events`: one CloudEvent in, a receipt out once Kafka holds it.

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use event::http::{ContentMode, HttpRefusal, STRUCTURED_JSON};
use event::{Class, Event, Place, Refusal};
use serde::Serialize;
use time::OffsetDateTime;
use tracing::Span;

use super::identify::{check_source, identify};
use crate::instruments::{self, EventOutcome};
use crate::keys::Role;
use crate::problem::{At, Kind, Problem};
use crate::receipts::Kept;
use crate::startup::State;

/// What the client gets back: where Kafka holds its event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt<'e> {
    id: &'e str,
    source: &'e str,
    topic: &'e str,
    partition: i32,
    offset: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    /// Whether this is the first receipt again, because the event was accepted before.
    repeat: bool,
}

pub(super) async fn handle(
    request: HttpRequest,
    body: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let answer = accept(&request, body, &state).await;
    instruments::event(&match &answer {
        Ok((_, EventOutcome::Repeat)) => EventOutcome::Repeat,
        Ok(_) => EventOutcome::Accepted,
        Err(problem) => EventOutcome::Refused(problem.kind),
    });
    answer.map(|(response, _)| response)
}

async fn accept(
    request: &HttpRequest,
    body: web::Payload,
    state: &State,
) -> Result<(HttpResponse, EventOutcome), Problem> {
    let received_at_ms = now_ms();
    let key = identify(request, state, Role::Write)?;
    let event = read_event(request, body, state).await?;
    check_source(key, event.attributes.source.as_str())?;

    let event_key = event.key();
    let digest = event.digest().to_string();
    if let Some(kept) = state.receipts.find(event_key).await {
        return repeat(&event, state, &kept, &digest);
    }
    let position = state.publisher.publish(&event, &key.producer, received_at_ms).await.map_err(|error| {
        tracing::warn!(%error, "an event was not acknowledged");
        Problem::new(Kind::Unavailable, "Kafka did not acknowledge; repeat with the same id")
            .header(RETRY_AFTER, HeaderValue::from_static("1"))
    })?;
    let kept = Kept {
        digest,
        partition: position.partition,
        offset: position.offset,
        trace_id: telemetry::trace_id(&Span::current()),
    };
    state.receipts.keep(event_key, &kept);
    Ok((receipt(&event, state, &kept, false), EventOutcome::Accepted))
}

/// The answer to an event that was accepted before: its receipt, unless it says something else now.
fn repeat(
    event: &Event,
    state: &State,
    kept: &Kept,
    digest: &str,
) -> Result<(HttpResponse, EventOutcome), Problem> {
    if kept.digest != digest {
        let detail = "an event with this source and id, but with other content, was accepted before";
        return Err(Problem::new(Kind::Conflict, detail));
    }
    Ok((receipt(event, state, kept, true), EventOutcome::Repeat))
}

fn receipt(event: &Event, state: &State, kept: &Kept, repeat: bool) -> HttpResponse {
    HttpResponse::Accepted().json(Receipt {
        id: event.attributes.id.as_str(),
        source: event.attributes.source.as_str(),
        topic: state.publisher.topic(),
        partition: kept.partition,
        offset: kept.offset,
        trace_id: kept.trace_id.clone(),
        repeat,
    })
}

async fn read_event(request: &HttpRequest, body: web::Payload, state: &State) -> Result<Event, Problem> {
    let content_type = match request.headers().get(CONTENT_TYPE) {
        None => None,
        Some(value) => Some(value.to_str().map_err(|_| {
            Problem::new(Kind::MalformedEvent, "Content-Type is not ASCII")
                .at(At::Header("content-type".into()))
        })?),
    };
    let mode = ContentMode::of(content_type).map_err(unsupported)?;
    let body = read_body(body, state).await?;
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    event::http::read(mode, headers, body).map_err(|refusal| refused(refusal, mode))
}

async fn read_body(body: web::Payload, state: &State) -> Result<bytes::Bytes, Problem> {
    let read = body.to_bytes_limited(state.limits.max_event_bytes);
    match tokio::time::timeout(state.body_timeout, read).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(error))) => {
            Err(Problem::new(Kind::MalformedRequest, format!("the body could not be read: {error}")))
        }
        Ok(Err(_)) => {
            let detail = format!("the body is larger than {} bytes", state.limits.max_event_bytes);
            Err(Problem::new(Kind::TooLarge, detail))
        }
        Err(_) => Err(Problem::new(Kind::BodyTooSlow, "the body did not arrive in time")),
    }
}

fn unsupported(refusal: HttpRefusal) -> Problem {
    Problem::new(Kind::UnsupportedFormat, refusal.to_string())
        .header(HeaderName::from_static("accept-post"), HeaderValue::from_static(STRUCTURED_JSON))
}

/// Translates what the event crate says into HTTP: a header in binary mode, a pointer otherwise.
fn refused(refusal: Refusal, mode: ContentMode) -> Problem {
    let kind = match refusal.class {
        Class::Malformed => Kind::MalformedEvent,
        Class::Unstorable => Kind::Unstorable,
    };
    let at = match (&refusal.place, mode) {
        (Place::Message, _) => None,
        (Place::Attribute(name), ContentMode::Binary) if name == "datacontenttype" => {
            Some(At::Header("content-type".to_owned()))
        }
        (Place::Attribute(name), ContentMode::Binary) => Some(At::Header(format!("ce-{name}"))),
        (Place::Attribute(name), ContentMode::Structured) => Some(At::Pointer(format!("/{name}"))),
        (Place::Data(pointer), ContentMode::Binary) => Some(At::Pointer(pointer.clone())),
        (Place::Data(pointer), ContentMode::Structured) => Some(At::Pointer(format!("/data{pointer}"))),
    };
    let problem = Problem::new(kind, refusal.to_string());
    match at {
        Some(at) => problem.at(at),
        None => problem,
    }
}

fn now_ms() -> i64 {
    let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
    i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX)
}
