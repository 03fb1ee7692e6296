use super::*;
use crate::books::{Account, Counts};
use crate::prove::facts::{Facts, Letter, Stored};
use crate::prove::journal::{Entry, Identity};

fn identity(id: &str, digest: &str) -> Identity {
    Identity { source: "/s".to_owned(), id: id.to_owned(), digest: digest.to_owned() }
}

fn told(id: &str, digest: &str, offset: i64) -> Entry {
    Entry { event: Some(identity(id, digest)), partition: 0, offset, repeat: false, at: 0 }
}

fn row(id: &str, digest: &str, offset: i64) -> Stored {
    Stored { partition: 0, offset, identity: identity(id, digest) }
}

fn letter(id: Option<&str>, cause: &str, offset: i64) -> Letter {
    let event = id.map(|id| ("/s".to_owned(), id.to_owned()));
    Letter { partition: 0, offset, event, cause: cause.to_owned(), state: "open".to_owned() }
}

/// Five records: a row, its duplicate, a conflict with it, another row, poison.
fn sound() -> (Vec<Entry>, Facts) {
    let poison = Entry { event: None, ..told("", "", 4) };
    let journal = vec![told("a", "1", 0), told("a", "1", 1), told("a", "2", 2), told("b", "3", 3), poison];
    let counts = Counts { stored: 2, duplicate: 1, dead_lettered: 2, gaps: 0 };
    let account = Account {
        cluster_id: "c".to_owned(),
        topic: "t".to_owned(),
        partition: 0,
        start_offset: 0,
        next_offset: 5,
        counts,
    };
    let rows = vec![row("a", "1", 0), row("b", "3", 3)];
    let letters = vec![letter(Some("a"), "conflict", 2), letter(None, "undecodable", 4)];
    (journal, Facts { rows, letters, accounts: vec![account], ends: vec![(0, 5)] })
}

fn verdict_after(change: impl FnOnce(&mut Vec<Entry>, &mut Facts)) -> Verdict {
    let (mut journal, mut facts) = sound();
    change(&mut journal, &mut facts);
    compare(&journal, &facts)
}

#[test]
fn a_sound_run_holds_and_its_events_add_up() {
    let verdict = verdict_after(|_, _| {});
    assert!(verdict.holds(), "{}", verdict.human());
    assert_eq!((verdict.acknowledged, verdict.stored, verdict.dead_lettered), (3, 2, 1));
    assert_eq!((verdict.duplicate_records, verdict.unacknowledged_rows), (1, 0));
}

#[test]
fn a_row_that_nobody_was_told_of_is_no_violation() {
    let verdict = verdict_after(|journal, _| journal.retain(|entry| entry.offset != 3));
    assert!(verdict.holds() && verdict.unacknowledged_rows == 1, "{}", verdict.human());
}

#[test]
fn an_acknowledged_event_without_row_and_letter_is_lost() {
    let verdict = verdict_after(|_, facts| {
        facts.rows.pop();
        facts.accounts[0].counts.stored -= 1;
        facts.accounts[0].counts.duplicate += 1;
    });
    assert_eq!(verdict.lost.count, 1, "{}", verdict.human());
    assert_eq!((verdict.acknowledged, verdict.stored, verdict.dead_lettered), (3, 1, 1));
}

#[test]
fn an_acknowledged_record_beyond_the_ledger_or_without_a_place_is_lost() {
    for offset in [5, 99, -1] {
        let verdict = verdict_after(|journal, _| journal.push(told("b", "3", offset)));
        assert_eq!(verdict.lost.count, 1, "{offset}");
    }
}

#[test]
fn other_content_that_was_dropped_in_silence_is_lost() {
    let verdict = verdict_after(|_, facts| {
        facts.letters.remove(0);
        facts.accounts[0].counts.dead_lettered -= 1;
        facts.accounts[0].counts.duplicate += 1;
    });
    assert_eq!(verdict.lost.count, 1, "{}", verdict.human());
}

#[test]
fn a_receipt_that_names_another_events_record_is_lost() {
    assert_eq!(verdict_after(|journal, _| journal.push(told("b", "3", 0))).lost.count, 1);
    assert_eq!(verdict_after(|journal, _| journal.push(told("b", "3", 2))).lost.count, 1);
}

#[test]
fn poison_without_a_letter_is_lost() {
    let verdict = verdict_after(|_, facts| {
        facts.letters.pop();
    });
    assert_eq!((verdict.lost.count, verdict.misbooked.count), (1, 1));
}

#[test]
fn a_key_with_two_rows_is_duplicated() {
    let verdict = verdict_after(|_, facts| {
        facts.rows.push(row("a", "1", 1));
        facts.accounts[0].counts.stored += 1;
        facts.accounts[0].counts.duplicate -= 1;
    });
    assert_eq!(verdict.duplicated.count, 1, "{}", verdict.human());
}

#[test]
fn rows_that_the_ledger_does_not_count_are_duplicated() {
    let verdict = verdict_after(|_, facts| {
        facts.accounts[0].counts.stored += 1;
        facts.accounts[0].counts.duplicate -= 1;
    });
    assert_eq!((verdict.duplicated.count, verdict.misbooked.count), (1, 0));
}

#[test]
fn one_record_that_is_two_rows_is_duplicated() {
    let verdict = verdict_after(|_, facts| facts.rows.push(row("a", "1", 0)));
    assert!(verdict.duplicated.first.iter().any(|what| what.contains("more than one row")));
}

#[test]
fn a_row_beside_an_open_letter_is_duplicated_unless_they_conflict() {
    for (cause, state, expected) in
        [("unstorable", "open", 1), ("unstorable", "resolved", 0), ("conflict", "open", 0)]
    {
        let verdict = verdict_after(|_, facts| {
            facts.letters[0].cause = cause.to_owned();
            facts.letters[0].state = state.to_owned();
        });
        assert_eq!(verdict.duplicated.count, expected, "{cause} {state}");
    }
}

#[test]
fn a_record_that_is_row_and_letter_is_duplicated() {
    let verdict = verdict_after(|_, facts| facts.letters[1].offset = 3);
    assert!(verdict.duplicated.first.iter().any(|what| what.contains("a row and a letter")));
}

#[test]
fn books_that_end_elsewhere_have_gaps_or_do_not_add_up_are_misbooked() {
    let changes: [fn(&mut Facts); 5] = [
        |facts| facts.ends[0].1 = 6,
        |facts| facts.accounts[0].counts.duplicate += 1,
        |facts| {
            facts.accounts[0].counts.duplicate -= 1;
            facts.accounts[0].counts.gaps += 1;
        },
        |facts| facts.accounts.push(facts.accounts[0].clone()),
        |facts| {
            facts.accounts[0].counts.dead_lettered -= 1;
            facts.accounts[0].counts.duplicate += 1;
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let verdict = verdict_after(|_, facts| change(facts));
        assert_eq!((verdict.misbooked.count, verdict.lost.count), (1, 0), "{number}: {}", verdict.human());
        assert!(!verdict.holds());
    }
}
