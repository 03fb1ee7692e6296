//! What a failure of PostgreSQL means, by its SQLSTATE, and how long to wait before trying again.

use std::time::Duration;

use tokio_postgres::error::SqlState;

/// The class of a failure; it decides what the worker does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It passes by itself: pause, keep polling, try again for ever.
    Transient,
    /// One of the rows can never be stored: find it and make it a dead letter.
    Data,
    /// Somebody has to do something: stop consuming, be loud, go on when it is done.
    Structural,
}

impl Class {
    /// The metric's label.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Data => "data",
            Self::Structural => "structural",
        }
    }

    /// The class of an SQLSTATE; anything not known to be harmless needs a person.
    pub(crate) fn of_state(state: &SqlState) -> Self {
        match state.code() {
            "55P03" | "25006" => return Self::Transient,
            // COPY's own complaints about its form: a column that is not what this program writes, not a row.
            "22P03" | "22P04" => return Self::Structural,
            _ => {}
        }
        match state.code().get(..2) {
            Some("08" | "40" | "53" | "57" | "58") => Self::Transient,
            Some("22" | "23" | "54") => Self::Data,
            _ => Self::Structural,
        }
    }

    /// The class of a driver's error: with SQLSTATE by it, without one the connection is gone.
    pub(crate) fn of(error: &tokio_postgres::Error) -> Self {
        match error.code() {
            // A row whose day has no partition is refused like a CHECK that has no name. Nothing
            // is wrong with the row: the partitions are missing.
            Some(state) if *state == SqlState::CHECK_VIOLATION && names_no_constraint(error) => {
                Self::Structural
            }
            Some(state) => Self::of_state(state),
            None if error.is_closed() || is_io(error) => Self::Transient,
            None => Self::Structural,
        }
    }
}

fn names_no_constraint(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| db.constraint().is_none())
}

/// Whether the cause is the connection, not what was said over it.
fn is_io(error: &tokio_postgres::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<std::io::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Waits that double up to a limit, each spread so that workers do not return all at once.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    attempt: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(10);

    pub(crate) fn new() -> Self {
        Self { attempt: 0 }
    }

    /// The next wait: between half and all of the doubled step.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let step = Self::FIRST.saturating_mul(1 << self.attempt.min(10)).min(Self::LONGEST);
        self.attempt += 1;
        // A random UUID is all the randomness a spread needs.
        let spread = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
        step.mul_f64(0.5 + spread / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sqlstate_has_the_class_of_the_contract() {
        for (code, class) in [
            ("08006", Class::Transient),
            ("40001", Class::Transient),
            ("53100", Class::Transient),
            ("57014", Class::Transient),
            ("58030", Class::Transient),
            ("55P03", Class::Transient),
            ("25006", Class::Transient),
            ("22P02", Class::Data),
            ("23505", Class::Data),
            ("54000", Class::Data),
            ("22P03", Class::Structural),
            ("22P04", Class::Structural),
            ("42P01", Class::Structural),
            ("42501", Class::Structural),
            ("28P01", Class::Structural),
            ("3D000", Class::Structural),
            ("25P02", Class::Structural),
            ("XX000", Class::Structural),
            ("ZZ999", Class::Structural),
        ] {
            assert_eq!(Class::of_state(&SqlState::from_code(code)), class, "{code}");
        }
    }

    #[test]
    fn waits_grow_to_a_limit_and_never_vanish() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..20).map(|_| backoff.next_wait()).collect();
        assert!(waits.iter().all(|wait| *wait >= Backoff::FIRST / 2 && *wait <= Backoff::LONGEST));
        assert!(waits[19] >= Backoff::LONGEST / 2);
    }
}
