//! `farolctl dlq quarantine`: give letters up, with a reason for whoever looks later.

use std::time::Instant;

use crate::{
    cli::Database,
    dlq::{letters::Access, standing::Why, tally::Tally},
    error::Error,
    output::Output,
};

/// Give dead letters up: they are kept, but nobody has to act on them any more
///
/// Exit code 1 if a letter that was named is not quarantined afterwards.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// The letters' numbers
    #[arg(required = true)]
    letters: Vec<i64>,
    /// Why, for whoever looks at them later
    #[arg(long, value_parser = reason)]
    reason: String,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let Arguments { database, letters: mut ids, reason } = arguments;
    ids.sort_unstable();
    ids.dedup();
    let started = Instant::now();
    let letters = database.letters(Access::Write).await?;
    let mut tally = Tally::of("quarantined");
    let standings = letters.standings(&ids).await?;
    let mut wanted = Vec::with_capacity(ids.len());
    for id in ids {
        let standing = standings.iter().find(|standing| standing.letter_id == id);
        match standing.map_or(Err(Why::Unknown), |standing| standing.quarantinable()) {
            Ok(()) => wanted.push(id),
            Err(why) => tally.leave(id, why),
        }
    }
    let done = letters.quarantine(&wanted, &reason).await?;
    // Between looking and writing the worker may have made a row of one.
    wanted.iter().filter(|id| !done.contains(id)).for_each(|id| tally.leave(*id, Why::Resolved));
    tally.done = done.len() as u64;
    tally.seconds = started.elapsed().as_secs_f64();
    output.print(&tally)?;
    match tally.left.values().map(|group| group.count).sum::<u64>() {
        0 => Ok(()),
        left => Err(Error::Failed(format!("{left} could not be quarantined; see above"))),
    }
}

fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say why, in a few words".to_owned()),
        text if text.contains('\0') || text.len() > 1_024 => {
            Err("expected at most 1024 bytes of text".to_owned())
        }
        text => Ok(text.to_owned()),
    }
}
