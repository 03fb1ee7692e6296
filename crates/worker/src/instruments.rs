//! Every metric of the worker: names, help texts and the closed sets of their labels; one file
//! a subject.

mod consumption;
mod lag;
mod ledger;
mod records;
mod retention;
#[cfg(test)]
mod tests;

pub(crate) use consumption::{consumer_rebuilt, fenced, sessions_ended, stopped, unverifiable_position};
pub(crate) use lag::{lag, lag_age, oldest_unprocessed};
pub(crate) use ledger::{LedgerSums, ledger, open_dead_letters};
pub(crate) use records::{
    Outcome, Redriven, batch, batch_retry, dead_letter, freshness, gaps, records, redriven,
};
pub(crate) use retention::expired;

/// Gives every metric its help text, and a first value to those that alerts watch.
pub(crate) fn describe() {
    records::describe();
    consumption::describe();
    lag::describe();
    ledger::describe();
    retention::describe();
    ::kafka::describe();
    flags::describe();
}
