//! `farolctl bench`: what an event costs in CPU time, part by part, beside an actix handler
//! that does nothing. Rounds of both are interleaved, so that a slower minute hits both.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    bench::{
        Error as BenchError,
        database::Database,
        events::Events,
        listener::Server,
        report::BenchReport,
        sides::Sides,
        stack::{self, Servers, Stack},
        topic::Topic,
    },
    books::{self, Books},
    error::Error,
    flights::{self, Days},
    interrupt,
    output::Output,
    progress::Progress,
};

const WARM_UP: usize = 2_000;

/// Measure CPU seconds per million events, part by part
///
/// Starts a gateway and a worker of its own on free ports, with a topic and a database of
/// their own, on servers that are there for tests. Real flights are sent in rounds that
/// alternate with a bare actix handler, in a process of its own.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Kafka for tests, host:port
    #[arg(long, env = "FAROL_TEST_KAFKA_BROKERS", value_name = "BROKERS")]
    kafka_brokers: String,
    /// PostgreSQL for tests; its user may create databases
    #[arg(long, env = "FAROL_TEST_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
    /// Redis for tests
    #[arg(long, env = "FAROL_TEST_REDIS_URL", hide_env_values = true, value_name = "URL")]
    redis_url: String,
    /// Where farol-gateway and farol-worker are [default: beside farolctl]
    #[arg(long, env = "FAROL_BIN_DIR", value_name = "FOLDER")]
    bin_dir: Option<PathBuf>,
    /// Events per round
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    events: u32,
    /// Connections that send
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Rounds of each side
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Partitions of the topic
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=100))]
    partitions: u16,
    /// Also write the report, as JSON, into this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Read this flights.csv instead of fetching the package
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let bin_dir = stack::bin_dir(arguments.bin_dir.as_deref(), &[stack::GATEWAY, stack::WORKER])?;
    let flights = flights::load(Days::year()?, arguments.csv.clone())?;
    let name = format!("farol_bench_{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let events = Events::new(flights, name.clone());
    let topic = Topic::create(&arguments.kafka_brokers, name.clone(), arguments.partitions.into()).await?;
    let database = match Database::create(&arguments.database_url, name.clone()).await {
        Ok(database) => database,
        Err(error) => {
            topic.remove().await?;
            return Err(error.into());
        }
    };
    let home = std::env::temp_dir().join(&name);
    let measured = tokio::select! {
        measured = measure(&arguments, &bin_dir, events, &topic, &database, &home) => measured,
        interrupted = interrupt::requested() => Err(interrupted.err().map_or(BenchError::Interrupted.into(), Error::from)),
    };
    let removed = (topic.remove().await, database.remove().await);
    if home.exists() && !names_a_log(&measured) {
        fs::remove_dir_all(&home)?;
    }
    let report = measured?;
    removed.0.and(removed.1)?;
    if let Some(path) = &arguments.json {
        write_json(path, &report)?;
    }
    Ok(output.print(&report)?)
}

/// Whether the logs are needed to understand the failure.
fn names_a_log(measured: &Result<BenchReport, Error>) -> bool {
    matches!(measured, Err(Error::Bench(BenchError::Process { .. } | BenchError::NotBooked { .. })))
}

fn write_json(path: &Path, report: &BenchReport) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(report).map_err(std::io::Error::from)?;
    fs::write(path, text + "\n").map_err(|error| Error::Failed(format!("{}: {error}", path.display())))
}

async fn measure(
    arguments: &Arguments,
    bin_dir: &Path,
    mut events: Events,
    topic: &Topic,
    database: &Database,
    home: &Path,
) -> Result<BenchReport, Error> {
    fs::create_dir(home)?;
    let servers = Servers {
        brokers: &arguments.kafka_brokers,
        topic: &topic.name,
        database_url: &database.url,
        redis_url: &arguments.redis_url,
    };
    let stack = Stack::start(bin_dir, home, &servers).await?;
    let books = Books::connect(&books::server(&database.url, None)?).await?;
    let sides = Sides {
        stack: &stack,
        database,
        kafka: Server::at(arguments.kafka_brokers.split(',').next().unwrap_or_default()),
        redis: redis_server(&arguments.redis_url),
        books: &books,
        connections: arguments.connections.into(),
    };
    sides.bare(events.take(WARM_UP)).await?;
    sides.farol(events.take(WARM_UP)).await?;
    let count = arguments.events as usize;
    let progress = Progress::start("rounds", u64::from(arguments.rounds) * 2);
    let (mut bare, mut farol) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        bare.push(sides.bare(events.take(count)).await?);
        progress.advance();
        farol.push(sides.farol(events.take(count)).await?);
        progress.advance();
    }
    progress.finish();
    stack.stop().await?;
    Ok(BenchReport {
        events_per_round: count,
        connections: arguments.connections.into(),
        partitions: arguments.partitions.into(),
        debug_build: cfg!(debug_assertions),
        bare,
        farol,
    })
}

fn redis_server(url: &str) -> Server {
    let url = reqwest::Url::parse(url).ok();
    let address = url.and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port().unwrap_or(6379))));
    Server::at(&address.unwrap_or_default())
}
