//! What the client is told: one receipt or problem for one event, a list for a batch.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::intake::{Candidate, Decision, EventResult, Handling, Receipt};
use crate::problem::{Kind, Problem};
use crate::startup::State;

const PREFERENCE_APPLIED: (&str, &str) = ("preference-applied", "handling=lenient");

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
        let receipts: Vec<Receipt<'_>> = receipts(state, candidates, &decisions).flatten().collect();
        return Ok(HttpResponse::Accepted().json(receipts));
    }
    let results = results(state, candidates, &decisions);
    let accepted = decisions.len() - refused;
    match handling {
        Handling::Lenient if accepted > 0 || !any_unsure(&decisions) => {
            let mut answer = HttpResponse::MultiStatus();
            if any_unsure(&decisions) {
                answer.insert_header((RETRY_AFTER, state.retry_after().as_secs()));
            }
            Ok(answer.insert_header(PREFERENCE_APPLIED).json(results))
        }
        _ => Err(whole(state, &decisions, refused, results)),
    }
}

/// A problem of the whole batch; its status is that of the first event that was refused for
/// a reason of its own.
fn whole(state: &State, decisions: &[Decision], refused: usize, results: Value) -> Problem {
    let total = decisions.len();
    let own_reason = |problem: &&Problem| problem.kind != Kind::NotAttempted;
    let first = decisions.iter().filter_map(Decision::refusal).find(own_reason).map(|problem| problem.kind);
    let first = first.unwrap_or(Kind::Unavailable);
    if any_unsure(decisions) {
        let accepted = total - refused;
        let detail = format!("{accepted} of {total} events were accepted; repeating the whole batch is safe");
        return Problem::new(Kind::Unavailable, detail)
            .retry_after(state.retry_after())
            .results(StatusCode::SERVICE_UNAVAILABLE, results);
    }
    let bad = decisions.iter().filter_map(Decision::refusal).filter(own_reason).count();
    // Kafka itself may refuse one for good, when the others are already on their way.
    let detail = match total - refused {
        0 => format!("{bad} of {total} events were refused, so none was accepted; see results"),
        accepted => {
            format!("{bad} of {total} events were refused, and {accepted} were accepted; see results")
        }
    };
    Problem::new(Kind::BatchRefused, detail).results(first.status(), results)
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
