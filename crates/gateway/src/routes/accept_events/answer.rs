//! What the client is told: one receipt or problem for one event, a list for a batch.

use actix_web::HttpResponse;
use actix_web::error::JsonPayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, RETRY_AFTER};
use serde::Serializer as _;
use serde_json::{Value, json};

use crate::intake::{Candidate, Decision, EventResult, Handling, Receipt};
use crate::problem::{Kind, Problem};
use crate::startup::State;

const PREFERENCE_APPLIED: (&str, &str) = ("preference-applied", "handling=lenient");

/// Room for one receipt of usual names: a list of a hundred would be moved several times as it grows.
const RECEIPT_BYTES: usize = 256;

pub(super) fn to_one(
    state: &State,
    candidates: &[Candidate],
    decisions: Vec<Decision>,
) -> Result<HttpResponse, Problem> {
    let topic = state.publisher.topic();
    let accepted = |receipt: Receipt<'_>| Ok(HttpResponse::Accepted().json(receipt));
    match (candidates.first(), decisions.into_iter().next()) {
        (Some(Ok(event)), Some(Decision::Accepted(kept))) => {
            accepted(Receipt::new(event, topic, &kept, false))
        }
        (Some(Ok(event)), Some(Decision::Repeat(kept))) => accepted(Receipt::new(event, topic, &kept, true)),
        (_, Some(Decision::Refused(problem))) => Err(problem),
        _ => Err(Problem::new(Kind::Unavailable, "the event was not decided; repeat it")),
    }
}

/// 202 where every event was accepted; else all of it is refused, unless the client is lenient.
pub(super) fn to_batch(
    state: &State,
    candidates: &[Candidate],
    decisions: Vec<Decision>,
    handling: Handling,
) -> Result<HttpResponse, Problem> {
    let refused = decisions.iter().filter(|decision| decision.refusal().is_some()).count();
    if refused == 0 {
        return Ok(all_accepted(receipts(state, candidates, &decisions).flatten(), candidates.len()));
    }
    let results = results(state, candidates, &decisions);
    let accepted = decisions.len() - refused;
    match handling {
        Handling::Lenient if accepted > 0 || !(any_unsure(&decisions) || only_shed(&decisions)) => {
            let mut answer = HttpResponse::MultiStatus();
            if any_unsure(&decisions) {
                answer.insert_header((RETRY_AFTER, state.retry_after().as_secs()));
            } else if let Some(shed) = first_shed(&decisions) {
                shed.retry_after_header().into_iter().for_each(|header| {
                    answer.insert_header(header);
                });
            }
            Ok(answer.insert_header(PREFERENCE_APPLIED).json(results))
        }
        _ => Err(whole(state, &decisions, refused, results)),
    }
}

/// The list of `count` receipts.
fn all_accepted<'r>(receipts: impl Iterator<Item = Receipt<'r>>, count: usize) -> HttpResponse {
    let mut body = Vec::with_capacity(count * RECEIPT_BYTES);
    match serde_json::Serializer::new(&mut body).collect_seq(receipts) {
        Ok(()) => HttpResponse::Accepted().content_type(ContentType::json()).body(body),
        Err(error) => HttpResponse::from_error(JsonPayloadError::Serialize(error)),
    }
}

/// A problem of the whole batch; its status is that of the first event that was refused for
/// a reason of its own.
fn whole(state: &State, decisions: &[Decision], refused: usize, results: Value) -> Problem {
    let total = decisions.len();
    if only_shed(decisions) {
        return shed(decisions, results);
    }
    // What is not taken now may be taken later: it is not what has to be corrected.
    let own_reason = |problem: &&Problem| !matches!(problem.kind, Kind::NotAttempted | Kind::Shed);
    let first = decisions.iter().filter_map(Decision::refusal).find(own_reason).map(|problem| problem.kind);
    let first = first.unwrap_or(Kind::Unavailable);
    if any_unsure(decisions) {
        let accepted = total - refused;
        let detail = format!("{accepted} of {total} events were accepted; repeating the whole batch is safe");
        return Problem::new(Kind::Unavailable, detail)
            .retry_after(state.retry_after())
            .results(StatusCode::SERVICE_UNAVAILABLE, results);
    }
    let of_its_own = |problem: &&Problem| problem.kind != Kind::NotAttempted;
    let bad = decisions.iter().filter_map(Decision::refusal).filter(of_its_own).count();
    // Kafka itself may refuse one for good, when the others are already on their way.
    let detail = match total - refused {
        0 => format!("{bad} of {total} events were refused, so none was accepted; see results"),
        accepted => {
            format!("{bad} of {total} events were refused, and {accepted} were accepted; see results")
        }
    };
    Problem::new(Kind::BatchRefused, detail).results(first.status(), results)
}

/// A batch that may come again as it is, once its events are taken again.
fn shed(decisions: &[Decision], results: Value) -> Problem {
    let count = refusals(decisions, Kind::Shed).count();
    let total = decisions.len();
    let detail = format!("{count} of {total} events are not taken now, so none was accepted; see results");
    let whole = Problem::new(Kind::Shed, detail).results(StatusCode::SERVICE_UNAVAILABLE, results);
    let wait = first_shed(decisions).and_then(Problem::retry_after_header);
    wait.into_iter().fold(whole, |whole, (name, value)| whole.header(name, value))
}

/// Whether nothing but flags kept events out.
fn only_shed(decisions: &[Decision]) -> bool {
    let mut others = decisions.iter().filter(|decision| {
        decision.refusal().is_none_or(|problem| !matches!(problem.kind, Kind::Shed | Kind::NotAttempted))
    });
    others.next().is_none() && first_shed(decisions).is_some()
}

fn first_shed(decisions: &[Decision]) -> Option<&Problem> {
    refusals(decisions, Kind::Shed).next()
}

fn refusals(decisions: &[Decision], kind: Kind) -> impl Iterator<Item = &Problem> {
    decisions.iter().filter_map(Decision::refusal).filter(move |problem| problem.kind == kind)
}

/// Whether an event could be accepted if it were sent again.
fn any_unsure(decisions: &[Decision]) -> bool {
    let mut kinds = decisions.iter().filter_map(|decision| decision.refusal().map(|problem| problem.kind));
    kinds.any(|kind| matches!(kind, Kind::Unavailable | Kind::Overloaded))
}

/// One entry an event, in the order of the batch.
fn results(state: &State, candidates: &[Candidate], decisions: &[Decision]) -> Value {
    let not_decided = Problem::new(Kind::Unavailable, "the event was not decided; repeat it");
    let result = |(decision, receipt): (&Decision, Option<_>)| match (decision.refusal(), receipt) {
        (None, Some(receipt)) => json!(EventResult::accepted(receipt)),
        (refusal, _) => json!(EventResult::refused(refusal.unwrap_or(&not_decided))),
    };
    decisions.iter().zip(receipts(state, candidates, decisions)).map(result).collect()
}

/// The receipt of each event that has one.
fn receipts<'a>(
    state: &'a State,
    candidates: &'a [Candidate],
    decisions: &'a [Decision],
) -> impl Iterator<Item = Option<Receipt<'a>>> {
    let topic = state.publisher.topic();
    candidates.iter().zip(decisions).map(move |pair| match pair {
        (Ok(event), Decision::Accepted(kept)) => Some(Receipt::new(event, topic, kept, false)),
        (Ok(event), Decision::Repeat(kept)) => Some(Receipt::new(event, topic, kept, true)),
        _ => None,
    })
}
