//! `farolctl dlq`: dead letters. One file per command; this one only finds it.

pub(crate) mod list;
pub(crate) mod quarantine;
pub(crate) mod redrive;
pub(crate) mod show;

use crate::{error::Error, output::Output};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Redrive(redrive::Arguments),
    Quarantine(quarantine::Arguments),
}

pub(crate) async fn run(command: Command, output: Output) -> Result<(), Error> {
    match command {
        Command::List(arguments) => list::run(arguments, output).await,
        Command::Show(arguments) => show::run(arguments, output).await,
        Command::Redrive(arguments) => redrive::run(arguments, output).await,
        Command::Quarantine(arguments) => quarantine::run(arguments, output).await,
    }
}

/// An instant for a reader, in UTC.
fn instant(time: time::OffsetDateTime) -> String {
    let utc = time.to_offset(time::UtcOffset::UTC);
    utc.format(&time::format_description::well_known::Rfc3339).unwrap_or_else(|_| utc.to_string())
}
