//! The protocol with all its guards holds; what happens without each of them.

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model as _, Property};

use super::guards::{Guard, Guards};
use super::invariants::{
    BALANCED, NO_LOSS, ONE_ROW, PROGRESS, nobody_stands_still, progress, reachable, safety,
};
use super::{Protocol, Retention};

fn check(off: &[Guard], retention: Retention, properties: Vec<Property<Protocol>>) -> impl Checker<Protocol> {
    let guards = off.iter().fold(Guards::ALL, |guards, guard| guards.without(*guard));
    let started = Instant::now();
    let protocol = Protocol::new(guards, retention, properties);
    let checker = protocol.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let (states, steps) = (checker.unique_state_count(), checker.state_count());
    eprintln!("without {off:?}: {states} states, {steps} steps, {:?}", started.elapsed());
    checker
}

/// Without these guards the promise still holds in every state: something else covers for them.
fn holds_without(off: &[Guard], retention: Retention) {
    check(off, retention, safety()).assert_properties();
}

/// Without these guards there is a way to break this property.
fn breaks_without(off: &[Guard], retention: Retention, name: &str) {
    let property = safety().into_iter().chain([progress()]).find(|property| property.name == name).unwrap();
    let name = property.name;
    let way = check(off, retention, vec![property]).assert_any_discovery(name);
    eprintln!("  {name}: {:?}", way.into_actions());
}

#[test]
fn the_promise_holds_in_every_state_and_is_kept_once_faults_stop() {
    let retention = Retention::OfDecided;
    let kept = [progress(), nobody_stands_still()];
    let properties = safety().into_iter().chain(kept).chain(reachable(retention)).collect();
    check(&[], retention, properties).assert_properties();
}

#[test]
fn retention_beyond_what_is_decided_stops_the_worker_and_never_becomes_a_gap() {
    let retention = Retention::OfAnything;
    let properties = safety().into_iter().chain(reachable(retention)).collect();
    check(&[], retention, properties).assert_properties();
}

#[test]
fn without_the_ledger_comparison_a_batch_is_refused_for_ever() {
    breaks_without(&[Guard::LedgerComparison], Retention::OfDecided, PROGRESS);
}

#[test]
fn without_the_ledger_comparison_the_balance_check_keeps_the_books_true() {
    holds_without(&[Guard::LedgerComparison], Retention::OfDecided);
    breaks_without(&[Guard::LedgerComparison, Guard::BalanceCheck], Retention::OfDecided, BALANCED);
}

#[test]
fn without_the_balance_check_the_ledger_comparison_keeps_the_books_true() {
    holds_without(&[Guard::BalanceCheck], Retention::OfDecided);
}

#[test]
fn without_unique_keys_a_key_gets_two_rows() {
    breaks_without(&[Guard::UniqueKeys], Retention::OfDecided, ONE_ROW);
}

#[test]
fn without_generations_a_batch_of_two_assignments_is_refused_for_ever() {
    breaks_without(&[Guard::Generations], Retention::OfDecided, PROGRESS);
}

#[test]
fn without_generations_and_the_balance_check_the_books_are_wrong() {
    breaks_without(&[Guard::Generations, Guard::BalanceCheck], Retention::OfDecided, BALANCED);
}

#[test]
fn without_a_rewind_a_fenced_worker_is_fenced_for_ever() {
    breaks_without(&[Guard::Rewind], Retention::OfDecided, PROGRESS);
}

#[test]
fn without_one_transaction_the_books_miss_a_row() {
    breaks_without(&[Guard::OneTransaction], Retention::OfDecided, BALANCED);
}

#[test]
fn a_client_that_was_not_moved_would_lose_records_as_gaps() {
    breaks_without(&[Guard::Place], Retention::OfDecided, NO_LOSS);
}

#[test]
fn the_log_start_and_the_reset_policy_cover_for_each_other() {
    holds_without(&[Guard::LogStart], Retention::OfAnything);
    holds_without(&[Guard::ResetIsAnError], Retention::OfAnything);
}

#[test]
fn without_both_the_log_start_and_the_reset_policy_lost_records_become_gaps() {
    breaks_without(&[Guard::LogStart, Guard::ResetIsAnError], Retention::OfAnything, NO_LOSS);
}
