//! What became of a command over many letters: counts by reason, each with the first numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::standing::Why;
use crate::{error::Error, output::Report};

/// How many numbers of letters are told of each reason.
const TOLD: usize = 10;

/// What was done, and what was left and why.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tally {
    /// What was done to a letter.
    pub(crate) action: &'static str,
    /// Nothing was done: the counts tell what would be.
    pub(crate) dry_run: bool,
    /// Letters it was done to.
    pub(crate) done: u64,
    /// Letters left as they were, by reason.
    pub(crate) left: BTreeMap<String, Group>,
    /// The command was told to end before it was through.
    pub(crate) interrupted: bool,
    /// Why it ended before it was through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_by: Option<String>,
    pub(crate) seconds: f64,
}

/// Letters with one reason.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    pub(crate) count: u64,
    /// The numbers of the first of them.
    pub(crate) letter_ids: Vec<i64>,
    pub(crate) advice: String,
    #[serde(skip)]
    is_refusal: bool,
}

impl Tally {
    pub(crate) fn of(action: &'static str) -> Self {
        Self { action, ..Self::default() }
    }

    /// Books a letter that was left as it was.
    pub(crate) fn leave(&mut self, letter_id: i64, why: Why) {
        self.book(letter_id, why.name().to_owned(), why.advice().to_owned(), why.is_refusal());
    }

    /// Books a letter whose record Kafka refused.
    pub(crate) fn fail(&mut self, letter_id: i64, cause: &str) {
        let advice = "Kafka does not take its record; the letter is as it was".to_owned();
        self.book(letter_id, cause.to_owned(), advice, true);
    }

    fn book(&mut self, letter_id: i64, reason: String, advice: String, is_refusal: bool) {
        let group = self.left.entry(reason).or_default();
        group.count += 1;
        group.advice = advice;
        group.is_refusal = is_refusal;
        if group.letter_ids.len() < TOLD {
            group.letter_ids.push(letter_id);
        }
    }

    /// Whether all that was asked for is done, or needs nothing.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refused: u64 = self.left.values().filter(|group| group.is_refusal).map(|group| group.count).sum();
        let failed = |text: String| Err(Error::Failed(text));
        match (&self.stopped_by, self.interrupted, refused) {
            (Some(cause), _, _) => failed(format!(
                "stopped: {cause}\n  Run the same command again: what Kafka acknowledged is marked, the rest is as it was."
            )),
            (_, true, _) => failed("interrupted: run the same command again to go on".to_owned()),
            (_, _, 0) => Ok(()),
            (_, _, refused) => failed(format!("{refused} could not be {}; see above", self.action)),
        }
    }
}

impl Report for Tally {
    fn human(&self) -> String {
        let letters = if self.done == 1 { "letter" } else { "letters" };
        let Self { action, done, seconds, .. } = self;
        let mut text = match self.dry_run {
            true => format!("{done} {letters} would be {action}"),
            false => format!("{action} {done} {letters} in {seconds:.1} s"),
        };
        for (reason, group) in &self.left {
            let ids: Vec<_> = group.letter_ids.iter().map(ToString::to_string).collect();
            let more = if group.count > group.letter_ids.len() as u64 { ", …" } else { "" };
            text.push_str(&format!(
                "\n  left {} ({reason}): {}{more}\n    {}",
                group.count,
                ids.join(", "),
                group.advice
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, Why};
    use crate::output::Report;

    #[test]
    fn what_repeating_a_command_meets_is_no_failure() {
        let mut tally = Tally::of("redriven");
        tally.leave(1, Why::Waiting);
        tally.leave(2, Why::Resolved);
        assert!(tally.check().is_ok());
        tally.leave(3, Why::Conflict);
        assert!(tally.check().is_err());
    }

    #[test]
    fn reasons_are_told_with_the_first_numbers_only() {
        let mut tally = Tally::of("redriven");
        (1..=12).for_each(|letter_id| tally.leave(letter_id, Why::Waiting));
        let text = tally.human();
        assert!(text.contains("left 12 (waiting): 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …"), "{text}");
    }
}
