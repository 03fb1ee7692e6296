//! An open loop: each request has a moment at which it is meant to leave, whatever became of the ones before, and its
//! latency counts from that moment. A client that waits for answers would slow down with the gateway and hide it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::{JoinError, JoinSet},
    time::{Instant, sleep_until},
};

use super::{
    events::{Body, Events},
    plan::Plan,
    tally::{Outcome, Step, Tally},
};
use crate::{error::Error, gateway_client::GatewayClient};

/// How often it is told how it goes.
const TELL_EVERY: Duration = Duration::from_secs(3);

/// A load on its way.
pub(crate) struct OpenLoop<'a> {
    pub(crate) gateway: &'a GatewayClient,
    pub(crate) plan: &'a Plan,
    /// The most requests that wait for their answer at one time.
    pub(crate) in_flight: usize,
    /// Becomes true when it is to end.
    pub(crate) stop: watch::Receiver<bool>,
}

impl OpenLoop<'_> {
    /// Offers one step, and waits for its answers. What is due while as many as may be are waiting is not sent, and
    /// counted as that: to keep it for later would be to offer less than was meant.
    pub(crate) async fn step(&self, number: usize, events: &mut Events) -> Result<Step, Error> {
        let tally = Tally::new().map_err(|error| Error::Failed(error.to_string()))?;
        let tally = Arc::new(Mutex::new(tally));
        let room = Arc::new(Semaphore::new(self.in_flight));
        let mut requests = JoinSet::new();
        let start = Instant::now();
        let (mut told, mut stop) = (start, self.stop.clone());
        for departure in self.plan.departures(number) {
            let due = start + departure;
            tokio::select! {
                () = sleep_until(due) => {}
                _ = stop.wait_for(|stopped| *stopped) => break,
            }
            while let Some(ended) = requests.try_join_next() {
                ended.map_err(broken)?;
            }
            let Ok(room) = Arc::clone(&room).try_acquire_owned() else {
                book(&tally, self.plan.batch, Outcome::NotSent, due);
                continue;
            };
            requests.spawn(self.request(events.next(self.plan.batch), due, Arc::clone(&tally), room));
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                self.tell(number, start, &tally);
            }
        }
        while let Some(ended) = requests.join_next().await {
            ended.map_err(broken)?;
        }
        let rate = self.plan.steps.get(number).copied().unwrap_or_default();
        Ok(locked(&tally).close(rate, start.elapsed()))
    }

    /// One request, from its moment to its answer; the room it takes is free afterwards.
    fn request(
        &self,
        body: Body,
        due: Instant,
        tally: Arc<Mutex<Tally>>,
        room: OwnedSemaphorePermit,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (gateway, batch) = (self.gateway.clone(), self.plan.batch);
        async move {
            let late = due.elapsed();
            let outcome = exchange(&gateway, body).await;
            locked(&tally).book(u64::from(batch), outcome, late, due.elapsed());
            drop(room);
        }
    }

    fn tell(&self, number: usize, start: Instant, tally: &Mutex<Tally>) {
        let (offered, accepted, refused) = locked(tally).so_far();
        eprintln!(
            "step {} of {}, {:.0} s of {:.0}: {offered} events offered, {accepted} accepted, {refused} not",
            number + 1,
            self.plan.steps.len(),
            start.elapsed().as_secs_f64(),
            self.plan.length.as_secs_f64(),
        );
    }
}

async fn exchange(gateway: &GatewayClient, Body { bytes, is_batch }: Body) -> Outcome {
    match gateway.status_of(bytes, is_batch).await {
        Ok(status) => Outcome::Answered(status),
        Err(_) => Outcome::NoAnswer,
    }
}

fn broken(error: JoinError) -> Error {
    Error::Failed(format!("a request did not end properly: {error}"))
}

fn book(tally: &Mutex<Tally>, batch: u32, outcome: Outcome, due: Instant) {
    locked(tally).book(u64::from(batch), outcome, due.elapsed(), due.elapsed());
}

fn locked(tally: &Mutex<Tally>) -> std::sync::MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
