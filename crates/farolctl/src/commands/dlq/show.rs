//! `farolctl dlq show`: everything that is kept of one letter; its value only on request.

use crate::{
    cli::Database,
    dlq::{
        content::{Bytes, Content, printable},
        letters::Access,
    },
    error::Error,
    output::{Output, Report},
};

/// Show one dead letter: its cause, its attributes and headers
///
/// The value may hold what not everybody should see, so it is shown on request only.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// The letter's number
    letter: i64,
    /// Show the record's value as well
    #[arg(long)]
    value: bool,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let letters = arguments.database.letters(Access::Read).await?;
    match letters.content(arguments.letter, arguments.value).await? {
        Some(content) => Ok(output.print(&content)?),
        None => Err(Error::Failed(format!(
            "there is no dead letter {}: `farolctl dlq list` shows which there are",
            arguments.letter
        ))),
    }
}

impl Report for Content {
    fn human(&self) -> String {
        let mut text = format!("dead letter {}: {}, {}", self.letter_id, self.cause, self.state);
        for (name, value) in self.facts() {
            text.push_str(&format!("\n  {name:<12} {}", printable(&value)));
        }
        text.push_str("\nheaders");
        for header in &self.headers {
            let value = header.value.as_ref().map_or("(none)".to_owned(), Bytes::line);
            text.push_str(&format!("\n  {}: {value}", printable(&header.name)));
        }
        match (&self.value, self.value_bytes) {
            (Some(value), _) => text.push_str(&format!("\nvalue\n  {}", value.line())),
            (None, Some(bytes)) => text.push_str(&format!("\nvalue: {bytes} bytes, shown by --value")),
            (None, None) => text.push_str("\nvalue: none"),
        }
        text
    }
}

impl Content {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("message", self.message.clone())];
        let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
        add("sqlstate", self.sqlstate.clone());
        add("quarantined", self.quarantine_reason.clone());
        add("source", self.source.clone());
        add("id", self.id.clone());
        add("trace", self.trace_id.clone());
        add("record", Some(format!("{} {} {}", self.topic, self.partition, self.offset)));
        add("cluster", Some(self.cluster_id.clone()));
        add("since", Some(super::instant(self.created_at)));
        add("changed", Some(super::instant(self.updated_at)));
        add("redrives", Some(self.redrives.to_string()));
        let position = self.redriven_partition.zip(self.redriven_offset);
        if let (Some((partition, offset)), Some(at)) = (position, self.redriven_at) {
            add(
                "redriven",
                Some(format!("as {} {partition} {offset} at {}", self.topic, super::instant(at))),
            );
        }
        add("key", self.key.as_ref().map(Bytes::line));
        facts
    }
}
