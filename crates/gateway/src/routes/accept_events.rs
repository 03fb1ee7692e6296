//! `POST /v1/events`: CloudEvents in, in any of the three modes; receipts out once Kafka holds them.

mod answer;
mod message;

use std::sync::Arc;
use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use event::http::ContentMode;
use telemetry::Traced;

use self::message::Message;
use super::identify::identify;
use crate::admission::Admitted;
use crate::body::{self, Announced};
use crate::instruments::{self, EventOutcome};
use crate::intake::{self, Decided, Handling, Lane};
use crate::keys::{Key, Role};
use crate::openapi::{Accepted, BinaryHeaders, CloudEvent, EVENTS, IntakeProblems};
use crate::problem::Problem;
use crate::startup::State;
use crate::{observe, trace_context};

#[utoipa::path(
    post, path = "/v1/events", operation_id = "sendEvents", tag = EVENTS,
    summary = "Send one event, or a batch",
    description = "Takes CloudEvents 1.0.2 in the three content modes of its HTTP binding; `Content-Type` tells the \
                   mode. \
                   202 means that every event of the request is acknowledged by all in-sync replicas of Kafka. \
                   Sending an event again under the same source and id is safe, and the way to go on after 408, 429 \
                   and 503. \
                   The body may be encoded by gzip or zstd.",
    params(BinaryHeaders),
    request_body(description = "The event, the batch, or in binary mode the event's data", content(
        (CloudEvent = "application/cloudevents+json"),
        (Vec<CloudEvent> = "application/cloudevents-batch+json"),
        (serde_json::Value = "application/json"),
        (Option<serde_json::Value> = "*/*"),
    )),
    responses(Accepted, IntakeProblems),
    security(("key" = ["write"])),
)]
pub(super) async fn handle(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
    lane: web::Data<Lane>,
) -> HttpResponse {
    let began = Instant::now();
    let received = receive(&request, payload, &state).await;
    let (candidates, is_one) = match &received {
        Ok(Received { message, .. }) => (message.candidates.as_slice(), message.batch.is_none()),
        Err(_) => (&[][..], false),
    };
    let traced = trace_context::follow(&request, candidates, is_one).unwrap_or_else(Traced::none);
    observe::describe(traced.span(), &request);
    let answered = async {
        let Received { key, message, .. } = &received?;
        decide(&state, &lane, key, message, began).await
    };
    // A problem names the trace.
    traced.run(async { answered.await.unwrap_or_else(|problem| problem.error_response()) }).await
}

/// The place that a message takes is its own until it is answered.
struct Received<'s> {
    key: Arc<Key>,
    message: Message,
    _admitted: Admitted<'s>,
}

async fn receive<'s>(
    request: &HttpRequest,
    payload: web::Payload,
    state: &'s State,
) -> Result<Received<'s>, Problem> {
    let (mode, key, announced, mut admitted) = match admit(request, state) {
        Ok(admission) => admission,
        Err(problem) => {
            instruments::event(&EventOutcome::Refused(problem.kind));
            body::drain(request, payload).await;
            return Err(problem);
        }
    };
    let message = read(request, payload, state, mode, announced, &mut admitted).await;
    let message = message.inspect_err(|problem| instruments::event(&EventOutcome::Refused(problem.kind)))?;
    Ok(Received { key, message, _admitted: admitted })
}

/// Everything that the head of a request decides.
fn admit<'s>(
    request: &HttpRequest,
    state: &'s State,
) -> Result<(ContentMode, Arc<Key>, Announced, Admitted<'s>), Problem> {
    let key = identify(request, state, Role::Write)?;
    let mode = message::mode(request)?;
    let limit = match mode {
        ContentMode::Batched => state.limits.max_batch_bytes,
        ContentMode::Binary | ContentMode::Structured => state.limits.max_event_bytes,
    };
    let announced = Announced::of(request, limit)?;
    if state.queue_is_full() {
        return Err(intake::overloaded(state));
    }
    let admitted = state.admission.admit(announced.largest()).map_err(|_| intake::overloaded(state))?;
    Ok((mode, key, announced, admitted))
}

async fn read(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
    mode: ContentMode,
    announced: Announced,
    admitted: &mut Admitted<'_>,
) -> Result<Message, Problem> {
    let body = announced.read(payload, state.body_timeout).await?;
    admitted.keep_only(body.len());
    message::read(request, mode, body, &state.limits)
}

async fn decide(
    state: &State,
    lane: &Lane,
    key: &Key,
    message: &Message,
    began: Instant,
) -> Result<HttpResponse, Problem> {
    let Message { candidates, batch } = message;
    let decided = intake::take(state, lane, key, candidates, batch.unwrap_or(Handling::Strict)).await;
    let Decided { decisions, rate, waited_for_kafka } = decided.inspect_err(|problem| {
        candidates.iter().for_each(|_| instruments::event(&EventOutcome::Refused(problem.kind)));
    })?;
    intake::count(&decisions);
    instruments::own_code(began.elapsed().saturating_sub(waited_for_kafka));
    let mut answer = match batch {
        None => answer::to_one(state, candidates, decisions),
        Some(handling) => answer::to_batch(state, candidates, decisions, *handling),
    }?;
    for (name, value) in intake::rate_limit_headers(&rate) {
        answer.headers_mut().insert(name, value);
    }
    Ok(answer)
}
