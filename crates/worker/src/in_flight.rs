//! Whether a batch is being written: partitions are given away only when none is.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Shared between who writes and who gives partitions away.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlight(Arc<(Mutex<bool>, Condvar)>);

/// A batch is being written while this lives.
pub(crate) struct Flight(InFlight);

impl InFlight {
    /// A batch is being written from now on.
    pub(crate) fn begin(&self) -> Flight {
        self.set(true);
        Flight(self.clone())
    }

    /// Waits until no batch is being written.
    pub(crate) fn wait(&self) {
        let (is_writing, ended) = &*self.0;
        let is_writing = is_writing.lock().unwrap_or_else(PoisonError::into_inner);
        // a guard nobody needs: one thread begins flights, and it is the one that waits
        drop(ended.wait_while(is_writing, |is_writing| *is_writing).unwrap_or_else(PoisonError::into_inner));
    }

    fn set(&self, value: bool) {
        let (is_writing, ended) = &*self.0;
        *is_writing.lock().unwrap_or_else(PoisonError::into_inner) = value;
        ended.notify_all();
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::InFlight;

    #[test]
    fn who_waits_goes_on_when_the_writer_is_done_however_it_ends() {
        let in_flight = InFlight::default();
        in_flight.wait();
        let flight = in_flight.begin();
        let writer = std::thread::spawn(move || {
            let _flight = flight;
            panic!("of a writer in a test");
        });
        in_flight.wait();
        assert!(writer.join().is_err());
    }
}
