//! How answers of the Kafka client's thread come to the requests of another one: that is woken once for all that come before
//! it looks, not once for each. A wake-up from outside is a system call.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::deliveries::Deliveries;

/// Requests that are woken at a time.
const AT_ONCE: usize = 256;

/// Wakes requests on the thread that it was made on.
#[derive(Clone)]
pub(crate) struct Wakes(mpsc::UnboundedSender<Arc<Deliveries>>);

impl Wakes {
    /// Works for as long as anybody is there who could be answered. No more waits in it than requests are taken.
    pub(crate) fn of_this_thread() -> Self {
        let (complete, completed) = mpsc::unbounded_channel();
        tokio::spawn(wake(completed));
        Self(complete)
    }

    /// Wakes the request of `deliveries`, from whatever thread this is called on.
    pub(super) fn wake(&self, deliveries: &Arc<Deliveries>) {
        if self.0.send(Arc::clone(deliveries)).is_err() {
            // The thread ends, and with it the requests that it still has.
            deliveries.wake();
        }
    }
}

async fn wake(mut completed: mpsc::UnboundedReceiver<Arc<Deliveries>>) {
    let mut requests = Vec::new();
    while completed.recv_many(&mut requests, AT_ONCE).await > 0 {
        requests.drain(..).for_each(|deliveries| deliveries.wake());
    }
}
