//! Whether a request with events may come in: decided by its head alone, before any of its body
//! is read, so that refusing costs next to nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::Limits;

/// What requests with events take at this moment, and may take.
pub(crate) struct Admission {
    requests: Gauge,
    bytes: Gauge,
}

/// The place of one admitted request; dropping it makes room, also when its client went away.
pub(crate) struct Admitted<'a> {
    admission: &'a Admission,
    bytes: usize,
}

/// There is no room now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    Requests,
    Bytes,
}

struct Gauge {
    used: AtomicUsize,
    limit: usize,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            requests: Gauge::new(limits.max_in_flight_requests),
            bytes: Gauge::new(limits.max_in_flight_bytes),
        }
    }

    /// A place for a request whose body takes `bytes` at most.
    pub(crate) fn admit(&self, bytes: usize) -> Result<Admitted<'_>, Full> {
        if !self.requests.take(1) {
            return Err(Full::Requests);
        }
        if !self.bytes.take(bytes) {
            self.requests.give_back(1);
            return Err(Full::Bytes);
        }
        Ok(Admitted { admission: self, bytes })
    }

    /// Requests and bytes that are in now.
    pub(crate) fn in_flight(&self) -> (usize, usize) {
        (self.requests.used.load(Ordering::Relaxed), self.bytes.used.load(Ordering::Relaxed))
    }
}

impl Admitted<'_> {
    /// The body turned out to take less than was set aside.
    pub(crate) fn keep_only(&mut self, bytes: usize) {
        if let Some(spare) = self.bytes.checked_sub(bytes) {
            self.admission.bytes.give_back(spare);
            self.bytes = bytes;
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.admission.requests.give_back(1);
        self.admission.bytes.give_back(self.bytes);
    }
}

impl Gauge {
    fn new(limit: usize) -> Self {
        Self { used: AtomicUsize::new(0), limit }
    }

    /// Takes, then looks: two that come at once may both be refused, never both be let in.
    fn take(&self, amount: usize) -> bool {
        let before = self.used.fetch_add(amount, Ordering::Relaxed);
        if before + amount <= self.limit {
            return true;
        }
        self.give_back(amount);
        false
    }

    fn give_back(&self, amount: usize) {
        self.used.fetch_sub(amount, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(requests: usize, bytes: usize) -> Admission {
        Admission { requests: Gauge::new(requests), bytes: Gauge::new(bytes) }
    }

    #[test]
    fn a_place_is_free_again_when_its_request_is_gone() {
        let admission = admission(1, 100);
        let first = admission.admit(10).ok();
        assert!(first.is_some());
        assert_eq!(admission.admit(10).err(), Some(Full::Requests));
        drop(first);
        assert_eq!(admission.in_flight(), (0, 0));
        assert!(admission.admit(100).is_ok());
    }

    #[test]
    fn bytes_that_are_not_needed_make_room() {
        let admission = admission(10, 100);
        let mut first = admission.admit(80).unwrap_or_else(|_| panic!("there is room"));
        assert_eq!(admission.admit(80).err(), Some(Full::Bytes));
        first.keep_only(20);
        assert_eq!(admission.in_flight(), (1, 20));
        assert!(admission.admit(80).is_ok());
        assert_eq!(admission.in_flight(), (1, 20), "a refusal takes nothing");
    }
}
