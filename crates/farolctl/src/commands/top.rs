//! `farolctl top`: the golden signals in the terminal, from the questions of the boards.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use serde::Serialize;

use crate::{
    cli::Prometheus,
    error::Error,
    output::{Format, Output, Report},
    top::{
        frame,
        live::{self, Pace},
        signals::Signals,
        snapshot::Snapshot,
    },
};

/// The width of a frame that goes elsewhere than to a terminal.
const PLAIN_WIDTH: u16 = 120;

/// Show traffic, latency, errors, saturation, lag, ledger, dead letters and alerts, live
///
/// The questions are those of the boards in grafana/dashboards. `q` leaves, the arrow keys scroll.
/// A value that Prometheus does not have is "no data", never 0.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    prometheus: Prometheus,
    /// How often to ask
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = interval)]
    interval: Duration,
    /// How far back the curves go
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = super::picture::range)]
    range: Duration,
    /// Write one frame and end; this is also what happens where standard output is no terminal
    #[arg(long)]
    once: bool,
}

/// One frame as text; as JSON, what it shows.
#[derive(Serialize)]
struct Frame {
    #[serde(flatten)]
    snapshot: Snapshot,
    #[serde(skip)]
    width: u16,
}

impl Report for Frame {
    fn human(&self) -> String {
        frame::plain(&self.snapshot, self.width)
    }
}

pub(crate) async fn run(arguments: Arguments, format: Format) -> Result<(), Error> {
    let prometheus = arguments.prometheus.client()?;
    let signals = Signals::find()?;
    let is_terminal = io::stdout().is_terminal();
    if is_terminal && !arguments.once && format == Format::Human {
        let pace = Pace { interval: arguments.interval, range: arguments.range };
        return Ok(live::run(prometheus, signals, pace).await?);
    }
    let snapshot = Snapshot::take(&prometheus, &signals, arguments.range).await?;
    let width = if is_terminal { ratatui::crossterm::terminal::size()?.0 } else { PLAIN_WIDTH };
    Ok(Output::new(format).print(&Frame { snapshot, width })?)
}

fn interval(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if (Duration::from_millis(200)..=Duration::from_secs(3600)).contains(&time) => Ok(time),
        Ok(_) => Err("expected a time from 200ms to 1h".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
