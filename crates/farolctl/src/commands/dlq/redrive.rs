//! `farolctl dlq redrive`: send letters again, by number or by what they have in common.

use super::super::replay::positive;
use crate::{
    cli::{Database, cluster},
    dlq::{
        kafka::Kafka,
        letters::{Access, Matching},
        redrive::{Redrive, Selection},
        standing::{Cause, Why},
    },
    error::Error,
    output::Output,
};

/// Send dead letters again, once their cause is removed
///
/// Each record goes to its topic and partition with its key, value and headers, and with the letter's number, so
/// that the worker resolves the letter or opens it again. It may be interrupted and repeated at any point: a
/// letter that is sent twice still becomes one row. Exit code 1 if a letter that was named cannot be redriven.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true))]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Kafka's bootstrap servers
    #[arg(long, env = "FAROL_KAFKA_BROKERS", default_value = "127.0.0.1:19092", value_name = "HOST:PORT,…")]
    kafka_brokers: String,
    /// The letters' numbers
    #[arg(group = "which", conflicts_with_all = ["all", "cause", "source", "sqlstate"])]
    letters: Vec<i64>,
    /// Every letter that can be redriven
    #[arg(long, group = "which")]
    all: bool,
    /// Letters with this cause
    #[arg(long, group = "which", value_enum)]
    cause: Option<Cause>,
    /// Letters whose event has this source
    #[arg(long, group = "which")]
    source: Option<String>,
    /// Letters that PostgreSQL refused with this SQLSTATE, such as 23514
    #[arg(long, group = "which")]
    sqlstate: Option<String>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Letters per second [default: as fast as Kafka takes them]
    #[arg(long, value_name = "LETTERS", value_parser = positive)]
    rate: Option<f64>,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    match arguments.cause {
        Some(Cause::Conflict) => return Err(not_redrivable(Why::Conflict)),
        Some(Cause::Undecodable) => return Err(not_redrivable(Why::Undecodable)),
        Some(Cause::Unstorable) | None => {}
    }
    let cluster = cluster(&arguments.kafka_brokers)?;
    let letters = arguments.database.letters(Access::Write).await?;
    let kafka = Kafka::connect(&cluster).await?;
    let Arguments { rate, dry_run, .. } = arguments;
    let redrive = Redrive { letters: &letters, kafka: &kafka, rate, dry_run };
    let tally = redrive.run(arguments.selection()).await?;
    output.print(&tally)?;
    tally.check()
}

impl Arguments {
    fn selection(self) -> Selection {
        if self.letters.is_empty() {
            return Selection::Matching(Matching { source: self.source, sqlstate: self.sqlstate });
        }
        Selection::Ids(self.letters)
    }
}

fn not_redrivable(why: Why) -> Error {
    Error::Failed(format!("{} letters are {}", why.name(), why.advice()))
}
