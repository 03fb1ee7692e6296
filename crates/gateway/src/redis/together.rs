//! Questions of many requests in one round trip: what comes while Redis answers goes together with the next question.
//!
//! The round trip has the time that the request with the least patience left has, so that no request needs a timer of its
//! own: one that is the first to ring is made known to the runtime by a system call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fred::types::Key;
use futures::future::join_all;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use super::Asked;
use super::admission::Admission;
use super::connection::Connection;
use super::names::Scope;
use super::seal::Seal;
use crate::instruments::RedisOperation;
use crate::producer_rate::Rate;

/// Requests that may wait to be asked for; one more is not asked for at all.
const MAX_WAITING: usize = 4_096;
/// Requests, and then events of more than one request, in one question: the script keeps everybody else from Redis.
const MAX_REQUESTS: usize = 256;
const MAX_EVENTS: usize = 1_024;

/// Where requests leave their questions.
#[derive(Clone)]
pub(super) struct Together(mpsc::Sender<Waiting>);

/// What one request wants to know.
pub(super) struct Question {
    pub(super) scope: Scope,
    pub(super) rate: Option<Rate>,
    /// The names of the receipts of its events.
    pub(super) names: Vec<Key>,
    /// The request's span.
    pub(super) span: Span,
}

struct Waiting {
    question: Question,
    since: Instant,
    answer: oneshot::Sender<Asked>,
}

impl Together {
    /// Asks for as long as anybody is there who could leave a question, on the thread that this is called on where its
    /// runtime has one thread only.
    pub(super) fn start(connection: Arc<Connection>, seal: Seal) -> Self {
        let (questions, waiting) = mpsc::channel(MAX_WAITING);
        tokio::spawn(run(connection, seal, waiting));
        Self(questions)
    }

    /// `None` where there is no answer within the connection's timeout.
    pub(super) async fn ask(&self, question: Question) -> Option<Asked> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Waiting { question, since: Instant::now(), answer }).ok()?;
        answered.await.ok()
    }
}

async fn run(connection: Arc<Connection>, seal: Seal, mut questions: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::new();
    while questions.recv_many(&mut waiting, MAX_REQUESTS).await > 0 {
        // Who is gone or has no patience left is asked for no more.
        let now = Instant::now();
        let left = |since: Instant| connection.timeout().saturating_sub(now.saturating_duration_since(since));
        waiting.retain(|waiting| !waiting.answer.is_closed() && !left(waiting.since).is_zero());
        let groups = by_producer(&mut waiting);
        let answer_group = |group: Group| {
            let patience = group.requests.first().map_or(Duration::ZERO, |oldest| left(oldest.since));
            answer(&connection, &seal, group, patience)
        };
        join_all(groups.into_iter().map(answer_group)).await;
    }
}

/// Requests of one producer, in their order.
struct Group {
    requests: Vec<Waiting>,
    events: usize,
}

fn by_producer(waiting: &mut Vec<Waiting>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for one in waiting.drain(..) {
        let events = one.question.names.len();
        match groups.iter_mut().rev().find(|group| group.takes(&one.question)) {
            Some(group) => {
                group.requests.push(one);
                group.events += events;
            }
            None => groups.push(Group { requests: vec![one], events }),
        }
    }
    groups
}

impl Group {
    fn takes(&self, question: &Question) -> bool {
        let Some(Waiting { question: first, .. }) = self.requests.first() else { return true };
        first.scope == question.scope
            && first.rate == question.rate
            && self.events + question.names.len() <= MAX_EVENTS
    }
}

async fn answer(connection: &Connection, seal: &Seal, group: Group, patience: Duration) {
    let Some(Waiting { question: first, .. }) = group.requests.first() else { return };
    let requests = group.requests.iter().map(|one| one.question.names.as_slice()).collect();
    let admission = Admission { scope: &first.scope, rate: first.rate, requests };
    let spans: Vec<Span> = group.requests.iter().map(|one| one.question.span.clone()).collect();
    let work = admission.ask(connection.client(), seal);
    let asked = connection.call_for(&spans, patience, RedisOperation::Admit, work).await;
    for (one, asked) in group.requests.into_iter().zip(asked.into_iter().flatten()) {
        // Who is gone needs no answer.
        drop(one.answer.send(asked));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question { scope: Scope::new("t", "p"), rate: None, names: vec!["n".into()], span: Span::none() }
    }

    #[tokio::test]
    async fn one_more_than_may_wait_is_not_asked_for() {
        let (questions, mut waiting) = mpsc::channel(1);
        let together = Together(questions);
        let first = together.ask(question());
        tokio::pin!(first);
        assert!(futures::poll!(&mut first).is_pending());
        assert!(together.ask(question()).await.is_none());
        assert!(waiting.try_recv().is_ok());
    }
}
