//! `farolctl load`: steps of an open-loop load, and a table of what became of each.

use std::{path::PathBuf, time::Duration};

use serde::Serialize;
use tokio::sync::watch;

use crate::{
    cli::Gateway,
    error::Error,
    flights::{self, Days},
    interrupt,
    load::{
        events::{Events, Shares},
        open_loop::OpenLoop,
        plan::{self, Plan},
        tally::Step,
        target,
    },
    output::{Output, Report},
    table,
};

/// Load the gateway at chosen rates, step by step, and tell what became of it
///
/// An open loop: requests leave when they are due, whether or not earlier ones were answered, and latencies count from
/// that moment. The events are real flights under ids of this run; they become rows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    farolctl load --steps 200,400,800 --for 60s\n  \
    farolctl load --rate 500/s --for 10m --ramp 30s        an HPA that should follow\n  \
    farolctl load --rate 50 --invalid 10% --for 8m         the alert EventsRefused\n\n\
    Ctrl-C ends it after the answers that are still to come, with the table so far.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    gateway: Gateway,
    /// One rate, in events per second: 500, 500/s or 1.5k
    #[arg(long, value_name = "RATE", value_parser = plan::rate)]
    #[arg(required_unless_present = "steps", conflicts_with = "steps")]
    rate: Option<f64>,
    /// Several rates, one after another
    #[arg(long, value_name = "RATES", value_parser = plan::rate, value_delimiter = ',')]
    steps: Vec<f64>,
    /// How long each step lasts
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration, default_value = "60s")]
    length: Duration,
    /// How long the way to each rate takes; without it, it jumps
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "0s")]
    ramp: Duration,
    /// Share of events that are no CloudEvents
    #[arg(long, value_name = "SHARE", value_parser = plan::share, default_value = "0%")]
    invalid: f64,
    /// Share of events that this run sent before
    #[arg(long, value_name = "SHARE", value_parser = plan::share, default_value = "0%")]
    duplicates: f64,
    /// Events in one request
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    batch: u32,
    /// The most requests that wait for their answer at one time
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    in_flight: u16,
    /// Load a gateway that is not on this machine: its owners know
    #[arg(long)]
    target_is_agreed: bool,
    /// Read this flights.csv instead of fetching the package
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

/// The whole load.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadReport {
    /// In front of every event's id.
    run: String,
    /// Whether it was ended before its time; the last step is then in part only.
    interrupted: bool,
    steps: Vec<Step>,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    check(&arguments)?;
    let gateway = arguments.gateway.client()?;
    let flights = flights::load(Days::year()?, arguments.csv.clone())?;
    let run = format!("load-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
    let shares = Shares { invalid: arguments.invalid, duplicate: arguments.duplicates };
    let mut events = Events::new(flights, run.clone(), shares, rand::random());
    let plan = Plan {
        steps: arguments.rate.map_or_else(|| arguments.steps.clone(), |rate| vec![rate]),
        length: arguments.length,
        ramp: arguments.ramp,
        batch: arguments.batch,
    };
    let (told, stop) = watch::channel(false);
    let listening = tokio::spawn(async move {
        let requested = interrupt::requested().await;
        told.send_replace(true);
        requested
    });
    let open_loop = OpenLoop {
        gateway: &gateway,
        plan: &plan,
        in_flight: arguments.in_flight.into(),
        stop: stop.clone(),
    };
    let mut steps = Vec::with_capacity(plan.steps.len());
    for number in 0..plan.steps.len() {
        steps.push(open_loop.step(number, &mut events).await?);
        if *stop.borrow() {
            break;
        }
    }
    let report = LoadReport { run, interrupted: *stop.borrow(), steps };
    listening.abort();
    output.print(&report)?;
    report.check()
}

fn check(arguments: &Arguments) -> Result<(), Error> {
    let usage = |text: String| Err(Error::Usage(text));
    let url = arguments.gateway.url();
    if !target::is_this_machine(url) && !arguments.target_is_agreed {
        return usage(format!(
            "{url} is not this machine: a load can take down what others depend on. --target-is-agreed says that its \
             owners know."
        ));
    }
    if arguments.invalid + arguments.duplicates > 1.0 {
        return usage("--invalid and --duplicates together are more than all events".to_owned());
    }
    if arguments.length.is_zero() || arguments.ramp > arguments.length {
        return usage("--for has to be longer than nothing, and at least as long as --ramp".to_owned());
    }
    Ok(())
}

impl LoadReport {
    /// A load that nobody took is a failure; refusals are what it may be for.
    fn check(&self) -> Result<(), Error> {
        match self.steps.iter().any(|step| step.accepted > 0) {
            true => Ok(()),
            false => Err(Error::Failed(
                "not one event was accepted: is the gateway there, is the key right?".to_owned(),
            )),
        }
    }
}

impl Report for LoadReport {
    fn human(&self) -> String {
        let header = [
            "events/s",
            "offered",
            "accepted",
            "refused",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "late starts",
            "refused by status",
        ];
        let rows: Vec<_> = self.steps.iter().map(row).collect();
        let end = if self.interrupted { "\nended before its time" } else { "" };
        format!("{}\nids begin with {}{end}", table::render(&header, &rows), self.run)
    }
}

fn row(step: &Step) -> Vec<String> {
    let milliseconds =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
    let by_status: Vec<_> = step.refused.iter().map(|(status, count)| format!("{status}: {count}")).collect();
    vec![
        format!("{:.0}", step.events_per_second),
        step.offered.to_string(),
        step.accepted.to_string(),
        step.refused.values().sum::<u64>().to_string(),
        milliseconds(step.p50_ms),
        milliseconds(step.p99_ms),
        milliseconds(step.p999_ms),
        step.late_starts.to_string(),
        by_status.join(", "),
    ]
}
