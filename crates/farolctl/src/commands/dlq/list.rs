//! `farolctl dlq list`: the newest letters, and how many there are of each cause.

use serde::Serialize;

use crate::{
    cli::Database,
    dlq::{
        content::printable,
        letters::{Access, Count, Line},
        standing::{Cause, State},
    },
    error::Error,
    output::{Output, Report},
    table,
};

/// List dead letters, newest first, and count them by cause and state
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Only letters with this cause
    #[arg(long, value_enum)]
    cause: Option<Cause>,
    /// Only letters in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only letters with a lower number than this one: the next page
    #[arg(long, value_name = "LETTER")]
    before: Option<i64>,
    /// How many letters at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

#[derive(Debug, Serialize)]
struct List {
    letters: Vec<Line>,
    /// Of all letters, whatever was asked for.
    counts: Vec<Count>,
    /// There are more letters: `--before` the last number.
    more: bool,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let Arguments { database, cause, state, before, limit } = arguments;
    let table = database.letters(Access::Read).await?;
    let mut letters = table.newest(cause, state, before, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = letters.len() > limit;
    letters.truncate(limit);
    let counts = table.counts().await?;
    Ok(output.print(&List { letters, counts, more })?)
}

impl Report for List {
    fn human(&self) -> String {
        if self.counts.is_empty() {
            return "there are no dead letters".to_owned();
        }
        let mut parts = vec![histogram(&self.counts)];
        if self.letters.is_empty() {
            parts.push("no letter is like that".to_owned());
        } else {
            let header =
                ["letter", "cause", "state", "redrives", "sqlstate", "record", "since", "source", "id"];
            let rows: Vec<_> = self.letters.iter().map(row).collect();
            parts.push(table::render_words(&header, &rows));
        }
        if let Some(last) = self.letters.last().filter(|_| self.more) {
            parts.push(format!("older ones: --before {}", last.letter_id));
        }
        parts.join("\n\n")
    }
}

fn histogram(counts: &[Count]) -> String {
    const WIDEST: i64 = 30;
    let most = counts.iter().map(|count| count.count).max().unwrap_or(1).max(1);
    let rows: Vec<_> = counts
        .iter()
        .map(|count| {
            let width = (count.count * WIDEST / most).max(1);
            let bar = "█".repeat(usize::try_from(width).unwrap_or_default());
            vec![count.cause.clone(), count.state.clone(), count.count.to_string(), bar]
        })
        .collect();
    table::render_words(&["cause", "state", "letters", ""], &rows)
}

fn row(line: &Line) -> Vec<String> {
    let optional = |text: &Option<String>| text.as_deref().map_or_else(|| "-".to_owned(), printable);
    let since = line.created_at.replace_nanosecond(0).unwrap_or(line.created_at);
    vec![
        line.letter_id.to_string(),
        line.cause.clone(),
        line.state.clone(),
        line.redrives.to_string(),
        optional(&line.sqlstate),
        format!("{} {} {}", line.topic, line.partition, line.offset),
        super::instant(since),
        optional(&line.source),
        optional(&line.id),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Count, histogram};

    #[test]
    fn the_longest_bar_is_the_most_frequent_cause() {
        let count = |cause: &str, count| Count { cause: cause.to_owned(), state: "open".to_owned(), count };
        let text = histogram(&[count("unstorable", 60), count("conflict", 1)]);
        let bars: Vec<_> = text.lines().skip(1).map(|line| line.matches('█').count()).collect();
        assert_eq!(bars, [30, 1]);
    }
}
