//! `farolctl demo`: one day's flights through the whole of Farol, and the proof: the books,
//! the rows, one receipt, its row and its trace.

use std::{path::PathBuf, time::Duration};

use reqwest::Url;
use time::Date;
use tokio::time::Instant;

use super::{
    demo_report::{DemoReport, Links},
    event::Whereabouts,
};
use crate::{
    books::{Books, Counts, Ledger},
    cli::{Database, Gateway, Jaeger},
    delivery::{Delivery, Tally},
    error::Error,
    flights::{self, Days, Flight},
    gateway_client::{GatewayClient, Located, Receipt},
    output::Output,
    progress::Progress,
    retry::RetryPolicy,
    trace_tree::Trace,
    worker_client,
};

const POLL: Duration = Duration::from_millis(200);
const CONCURRENCY: usize = 32;

/// Send one day's real flights and follow them to their rows
///
/// Exit code 0 only if each flight is one row, the ledger balances, nothing became a dead
/// letter, and a new event's trace leads from the request to the worker. Run it again: the
/// events come as repeats or duplicates, and the rows stay as many.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    gateway: Gateway,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    jaeger: Jaeger,
    /// The worker's management address, asked when nothing is stored
    #[arg(long, env = "FAROL_WORKER_URL", default_value = "http://127.0.0.1:8081", value_name = "URL")]
    worker_url: Url,
    /// Prometheus, for the links at the end
    #[arg(long, env = "FAROL_PROMETHEUS_URL", value_name = "URL")]
    prometheus_url: Option<String>,
    /// Grafana, for the links at the end
    #[arg(long, env = "FAROL_GRAFANA_URL", value_name = "URL")]
    grafana_url: Option<String>,
    /// Schedule date
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2013-01-01", value_parser = flights::parse_date)]
    day: Date,
    /// How long the worker may take to store what was sent
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = humantime::parse_duration)]
    deadline: Duration,
    /// How long a trace may take to reach Jaeger
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = humantime::parse_duration)]
    trace_wait: Duration,
    /// Read this flights.csv instead of fetching the package
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let days = Days::new(Some(arguments.day), Some(arguments.day))?;
    let gateway = arguments.gateway.client()?;
    let books = arguments.database.connect().await?;
    let flights = flights::load(days, arguments.csv.clone())?;
    let before = books.ledger().await?.totals();
    let tally = send(&gateway, &flights).await?;
    tally.check()?;
    let ledger = wait_until_booked(&books, &tally, before, &arguments).await?;
    let rows = count_rows(&books, &flights).await?;
    let receipt = tally.first_receipt.clone();
    let receipt = receipt.ok_or_else(|| Error::Failed(format!("no flights on {}", arguments.day)))?;
    let report = DemoReport {
        day: arguments.day.to_string(),
        flights: flights.len(),
        run: ledger.totals().since(before),
        totals: ledger.totals(),
        balanced: ledger.is_balanced(),
        rows,
        event: locate(&gateway, &receipt).await?,
        trace: trace(&arguments, &receipt).await?,
        links: links(&arguments, &receipt),
        delivery: tally,
        receipt,
    };
    output.print(&report)?;
    report.verdict()
}

async fn send(gateway: &GatewayClient, flights: &[Flight]) -> Result<Tally, Error> {
    let progress = Progress::start("sent", flights.len() as u64);
    let delivery = Delivery { gateway, retry: RetryPolicy::default(), concurrency: CONCURRENCY };
    let tally = delivery.send_all(flights, &vec![Duration::ZERO; flights.len()], &progress).await;
    progress.finish();
    tally
}

/// Waits until every acknowledged record is booked: the ledger is past each partition's
/// highest receipt, and grew by what was accepted for the first time.
async fn wait_until_booked(
    books: &Books,
    tally: &Tally,
    before: Counts,
    arguments: &Arguments,
) -> Result<Ledger, Error> {
    let progress = Progress::start("booked", tally.accepted);
    let deadline = Instant::now() + arguments.deadline;
    loop {
        let ledger = books.ledger().await?;
        let booked = u64::try_from(ledger.totals().since(before).total()).unwrap_or(0);
        progress.set(booked.min(tally.accepted));
        let mut highest = tally.highest.iter();
        let is_past = highest.all(|((topic, partition), offset)| ledger.is_past(topic, *partition, *offset));
        if is_past && booked >= tally.accepted {
            progress.finish();
            return Ok(ledger);
        }
        if Instant::now() >= deadline {
            progress.finish();
            return Err(Error::Failed(format!(
                "after {} only {booked} of {} new records are booked; {}",
                humantime::format_duration(arguments.deadline),
                tally.accepted,
                worker_client::readiness(&arguments.worker_url).await
            )));
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn count_rows(books: &Books, flights: &[Flight]) -> Result<i64, Error> {
    let sources: Vec<String> = flights.iter().map(Flight::source).collect();
    let ids: Vec<String> = flights.iter().map(Flight::id).collect();
    Ok(books.count_rows(&sources, &ids).await?)
}

async fn locate(gateway: &GatewayClient, receipt: &Receipt) -> Result<Whereabouts, Error> {
    match gateway.locate(&receipt.source, &receipt.id, None).await? {
        Located::Found(json) => Whereabouts::from_json(json),
        Located::NotFound(problem) => {
            Err(Error::Failed(format!("the gateway does not find {}: {problem}", receipt.id)))
        }
    }
}

async fn trace(arguments: &Arguments, receipt: &Receipt) -> Result<Option<Trace>, Error> {
    match &receipt.trace_id {
        Some(id) => Ok(arguments.jaeger.client()?.wait(id, arguments.trace_wait).await?),
        None => Ok(None),
    }
}

fn links(arguments: &Arguments, receipt: &Receipt) -> Links {
    let jaeger = arguments.jaeger.jaeger_url.as_str().trim_end_matches('/').to_owned();
    let given = |url: &Option<String>| url.clone().filter(|url| !url.is_empty());
    Links {
        jaeger: receipt.trace_id.as_ref().map(|id| format!("{jaeger}/trace/{id}")).unwrap_or(jaeger),
        prometheus: given(&arguments.prometheus_url),
        grafana: given(&arguments.grafana_url),
    }
}
