//! One look at a time: whoever asks while a look is under way, or just after it, gets its result.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::watch;

/// A value that is looked up when it is asked for, by one task however many ask.
pub(super) struct SingleFlight<T> {
    /// How old a result may be.
    fresh_for: Duration,
    latest: Mutex<Option<watch::Receiver<Option<Landed<T>>>>>,
}

#[derive(Clone)]
struct Landed<T> {
    value: T,
    at: Instant,
}

impl<T: Clone + Send + Sync + 'static> SingleFlight<T> {
    pub(super) fn new(fresh_for: Duration) -> Self {
        Self { fresh_for, latest: Mutex::new(None) }
    }

    /// The result of the look under way, of one that ended less than `fresh_for` ago, or of a new
    /// one on `runtime`, where it also ends if nobody waits for it any more. `None` where the look panicked.
    pub(super) async fn get<F>(&self, runtime: &Handle, look: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut flight = self.join(runtime, look);
        let landed = flight.wait_for(Option::is_some).await.ok()?;
        landed.as_ref().map(|landed| landed.value.clone())
    }

    fn join<F>(&self, runtime: &Handle, look: impl FnOnce() -> F) -> watch::Receiver<Option<Landed<T>>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = latest.as_ref().filter(|flight| self.still_good(flight)) {
            return flight.clone();
        }
        let (land, flight) = watch::channel(None);
        let look = look();
        runtime.spawn(async move {
            let value = look.await;
            land.send_replace(Some(Landed { value, at: Instant::now() }));
        });
        *latest = Some(flight.clone());
        flight
    }

    /// Under way, or landed a moment ago; neither where its task ended without a result.
    fn still_good(&self, flight: &watch::Receiver<Option<Landed<T>>>) -> bool {
        match flight.borrow().as_ref() {
            Some(landed) => landed.at.elapsed() < self.fresh_for,
            None => flight.has_changed().is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// Looks that are counted, and that end when they are let.
    #[derive(Clone)]
    struct Looks {
        made: Arc<AtomicUsize>,
        may_end: Arc<Semaphore>,
    }

    impl Looks {
        fn new(may_end: usize) -> Self {
            Self { made: Arc::default(), may_end: Arc::new(Semaphore::new(may_end)) }
        }

        async fn look(self) -> usize {
            let number = self.made.fetch_add(1, Ordering::SeqCst);
            self.may_end.acquire().await.unwrap().forget();
            number
        }
    }

    #[tokio::test]
    async fn all_who_ask_during_a_look_get_its_result() {
        let flight = Arc::new(SingleFlight::new(Duration::ZERO));
        let looks = Looks::new(0);
        let asking: Vec<_> = (0..100)
            .map(|_| {
                let (flight, looks) = (Arc::clone(&flight), looks.clone());
                tokio::spawn(async move { flight.get(&Handle::current(), || looks.look()).await })
            })
            .collect();
        // Single-threaded: after this, all of them have asked and wait.
        tokio::task::yield_now().await;
        looks.may_end.add_permits(1);
        for asked in asking {
            assert_eq!(asked.await.unwrap(), Some(0));
        }
        looks.may_end.add_permits(1);
        assert_eq!(flight.get(&Handle::current(), || looks.clone().look()).await, Some(1));
    }

    #[tokio::test]
    async fn a_fresh_result_is_given_again() {
        let flight = SingleFlight::new(Duration::from_secs(3_600));
        let looks = Looks::new(2);
        for _ in 0..2 {
            assert_eq!(flight.get(&Handle::current(), || looks.clone().look()).await, Some(0));
        }
    }

    #[tokio::test]
    async fn who_stops_waiting_takes_nothing_from_the_others() {
        let flight = SingleFlight::new(Duration::ZERO);
        let looks = Looks::new(0);
        let runtime = Handle::current();
        let impatient = flight.get(&runtime, || looks.clone().look());
        assert!(tokio::time::timeout(Duration::ZERO, impatient).await.is_err());
        looks.may_end.add_permits(1);
        assert_eq!(flight.get(&runtime, || looks.clone().look()).await, Some(0));
    }

    #[tokio::test]
    async fn a_look_that_panics_has_no_result_and_the_next_one_is_new() {
        let flight = SingleFlight::<usize>::new(Duration::ZERO);
        let runtime = Handle::current();
        assert_eq!(flight.get(&runtime, || async { panic!("for the test") }).await, None);
        assert_eq!(flight.get(&runtime, || async { 1 }).await, Some(1));
    }
}
