//! The bodies of the topic's events: real flights, each time under ids that were never used.

use bytes::Bytes;

use crate::flights::Flight;

/// Deals out flights in order, again and again.
pub(crate) struct Flights {
    flights: Vec<Flight>,
    run: String,
    dealt: usize,
}

impl Flights {
    /// `run` sets this run's ids apart from those of others; `flights` is not empty.
    pub(crate) fn new(flights: Vec<Flight>, run: String) -> Self {
        Self { flights, run, dealt: 0 }
    }

    /// The next `count` bodies.
    pub(crate) fn take(&mut self, count: usize) -> Vec<Bytes> {
        let numbers = self.dealt..self.dealt + count;
        self.dealt = numbers.end;
        numbers.map(|number| self.body(number)).collect()
    }

    fn body(&self, number: usize) -> Bytes {
        let flight = &self.flights[number % self.flights.len()];
        flight.body_with_id(&format!("{}-{}-{number}", flight.id(), self.run))
    }
}
