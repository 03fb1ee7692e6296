//! What the Kafka client says of one request's events: each is answered once, the last one wakes the request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use tokio::sync::Notify;

use super::in_hand::InHand;
use super::wakes::Wakes;
use super::{NotAcknowledged, Position};

/// What became of one event, and when that was known.
pub(super) struct Delivered {
    pub(super) result: Result<Position, NotAcknowledged>,
    pub(super) at: Instant,
}

impl Delivered {
    pub(super) fn not_in_time() -> Self {
        Self { result: Err(NotAcknowledged::TimedOut), at: Instant::now() }
    }
}

/// The events of one request.
pub(super) struct Deliveries {
    answers: Mutex<Answers>,
    complete: Notify,
    wakes: Wakes,
    /// Of all requests.
    in_hand: Arc<InHand>,
}

struct Answers {
    /// One for each event; `None` while there is none.
    events: Vec<Option<Delivered>>,
    open: usize,
}

impl Deliveries {
    pub(super) fn of(events: usize, wakes: Wakes, in_hand: Arc<InHand>) -> Arc<Self> {
        let answers = Answers { events: (0..events).map(|_| None).collect(), open: events };
        Arc::new(Self { answers: Mutex::new(answers), complete: Notify::new(), wakes, in_hand })
    }

    /// What the Kafka client takes along with the event at `index`.
    pub(super) fn notice(self: &Arc<Self>, index: usize) -> Box<Notice> {
        self.in_hand.hand_over();
        Box::new(Notice(Some((Arc::clone(self), index))))
    }

    /// Waits until all are answered, or for so long; `None` for one that was not.
    pub(super) async fn wait(&self, patience: Duration) -> Vec<Option<Delivered>> {
        let complete = async {
            if self.is_open() {
                self.complete.notified().await;
            }
        };
        // Whichever it was, the events tell.
        drop(tokio::time::timeout(patience, complete).await);
        std::mem::take(&mut self.answers().events)
    }

    fn is_open(&self) -> bool {
        self.answers().open > 0
    }

    /// Wakes whoever waits, at best on the same thread.
    pub(super) fn wake(&self) {
        self.complete.notify_one();
    }

    fn answer(self: &Arc<Self>, index: usize, result: Result<Position, NotAcknowledged>) {
        let mut answers = self.answers();
        // Gone, where nobody waits any more.
        let Some(event) = answers.events.get_mut(index) else { return };
        *event = Some(Delivered { result, at: Instant::now() });
        answers.open -= 1;
        let is_last = answers.open == 0;
        drop(answers);
        if is_last {
            self.wakes.wake(self);
        }
    }

    /// Every change is whole before anything could panic.
    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands for one event in the Kafka client's hands. Let go without a word, it says so.
pub(super) struct Notice(Option<(Arc<Deliveries>, usize)>);

impl Notice {
    pub(super) fn answer(mut self, result: Result<Position, NotAcknowledged>) {
        self.settle(|| result);
    }

    fn settle(&mut self, result: impl FnOnce() -> Result<Position, NotAcknowledged>) {
        if let Some((deliveries, index)) = self.0.take() {
            deliveries.in_hand.answer();
            deliveries.answer(index, result());
        }
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        self.settle(|| Err(NotAcknowledged::Unknown(KafkaError::Canceled)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Position = Position { partition: 0, offset: 7 };

    fn offsets(delivered: &[Option<Delivered>]) -> Vec<Option<i64>> {
        let offset = |one: &Option<Delivered>| Some(one.as_ref()?.result.as_ref().ok()?.offset);
        delivered.iter().map(offset).collect()
    }

    #[tokio::test]
    async fn the_last_answer_ends_the_wait_whatever_the_order() {
        let deliveries = Deliveries::of(3, Wakes::of_this_thread(), Arc::default());
        let [first, second, third] = [0, 1, 2].map(|index| deliveries.notice(index));
        let mut wait = std::pin::pin!(deliveries.wait(Duration::from_secs(3_600)));
        third.answer(Ok(Position { offset: 9, ..AT }));
        first.answer(Ok(AT));
        assert!(futures::poll!(&mut wait).is_pending());
        second.answer(Err(NotAcknowledged::TooLarge));
        assert_eq!(offsets(&wait.await), [Some(7), None, Some(9)]);
    }

    #[tokio::test]
    async fn an_event_that_the_client_lets_go_is_not_acknowledged() {
        let deliveries = Deliveries::of(1, Wakes::of_this_thread(), Arc::default());
        drop(deliveries.notice(0));
        let delivered = deliveries.wait(Duration::from_secs(3_600)).await;
        let result = delivered[0].as_ref().map(|one| &one.result);
        assert!(matches!(result, Some(Err(NotAcknowledged::Unknown(KafkaError::Canceled)))));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_answered_in_time_is_open_and_a_later_answer_is_nobodys() {
        let deliveries = Deliveries::of(2, Wakes::of_this_thread(), Arc::default());
        let [first, second] = [0, 1].map(|index| deliveries.notice(index));
        first.answer(Ok(AT));
        let delivered = deliveries.wait(Duration::from_secs(1)).await;
        assert!(delivered[0].is_some() && delivered[1].is_none());
        second.answer(Ok(AT));
    }
}
