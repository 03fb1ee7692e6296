//! `farolctl bench`: what taking an event costs, beside a handler that does nothing, beside rivals and beside
//! ceilings, in one run. Which groups of rows there are, and in which order, is here; how each is measured is in
//! `bench`.

use std::{fs, path::PathBuf, time::Duration};

use super::test_servers::TestServers;
use crate::{
    bench::{
        Error as BenchError, batches,
        conditions::{Parts, conditions},
        ground::{Ground, Size},
        growth, overload, plot, producer_tool,
        rivals::Rivals,
        rows::{Document, Row},
        single, soak, telemetry, whole_path,
    },
    error::Error,
    interrupt,
    output::Output,
};

/// Measure what an event costs: CPU seconds per million events, rate, latency, memory
///
/// Starts gateways and a worker of its own on free ports, with topics and a database of their own, on
/// servers that are there for tests. Real flights are sent in rounds that alternate with the sides
/// they are compared with. Exit code 0 if everything was measured, whatever the verdicts.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    servers: TestServers,
    /// Kafka's jars, as a Java class path
    #[arg(long, env = "FAROL_TEST_KAFKA_CLASSPATH", value_name = "PATH")]
    kafka_classpath: Option<String>,
    #[command(flatten)]
    rivals: Rivals,
    /// Only these groups of rows
    #[arg(long, value_enum, value_delimiter = ',', default_value = "single,batches,producer-tool,start")]
    only: Vec<Group>,
    /// Every group of rows; the soak is the longest
    #[arg(long, conflicts_with = "only")]
    all: bool,
    #[command(flatten)]
    sizes: Sizes,
    /// Seconds of the soak
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    soak_seconds: u64,
    /// Seconds instead of minutes: shows that the bench works, and nothing else
    #[arg(long)]
    quick: bool,
    /// Also write the rows, as JSON, into this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also draw the rows, as SVG, into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Exit code 1 if a target is missed
    #[arg(long)]
    strict: bool,
}

/// How much is sent.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Sizes {
    /// Connections that send
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Rounds of each side
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Seconds of a round
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Partitions of a topic
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=100))]
    partitions: u16,
}

/// The groups of rows there are, in the order they are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Group {
    Single,
    Batches,
    ProducerTool,
    Start,
    WholePath,
    Telemetry,
    Growth,
    Overload,
    Soak,
}

const ALL: [Group; 9] = [
    Group::Single,
    Group::Batches,
    Group::ProducerTool,
    Group::Start,
    Group::WholePath,
    Group::Telemetry,
    Group::Growth,
    Group::Overload,
    Group::Soak,
];

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let size = arguments.size();
    let ground = ground(&arguments.servers, size)?;
    let parts = Parts { bin_dir: &ground.bin_dir, kafka_classpath: arguments.kafka_classpath.as_deref() };
    let mut conditions = conditions(&size, &parts);
    if let Some(versions) = arguments.rivals.versions() {
        conditions.insert("version: rivals".to_owned(), versions.into());
    }
    let rows = on_ground(&ground, measure(&arguments, &ground)).await?;
    let document = Document { conditions, rows };
    if let Some(path) = &arguments.json {
        document.write(path)?;
    }
    if let Some(path) = &arguments.svg {
        plot::write(&document, path)?;
    }
    output.print(&document)?;
    document.verdict(arguments.strict)
}

/// The servers, and a folder for what runs on them.
pub(crate) fn ground(servers: &TestServers, size: Size) -> Result<Ground, Error> {
    let addresses = [&servers.kafka_brokers, &servers.database_url, &servers.redis_url].map(String::clone);
    let ground = Ground::new(servers.bin_dir()?, addresses, servers.flights()?, size);
    fs::create_dir(&ground.home)?;
    Ok(ground)
}

/// Measures until it is done or interrupted, and leaves nothing but the logs of what failed.
pub(crate) async fn on_ground<T>(
    ground: &Ground,
    measuring: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let measured = unless_interrupted(measuring).await;
    let cleared = ground.clear(names_a_log(&measured)).await;
    let measured = measured?;
    cleared?;
    Ok(measured)
}

/// What is measured, or that somebody broke it off.
pub(crate) async fn unless_interrupted<T>(
    measuring: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::select! {
        measured = measuring => measured,
        interrupted = interrupt::requested() => Err(interrupted.err().map_or(BenchError::Interrupted.into(), Error::from)),
    }
}

/// Whether the logs are needed to understand the failure.
pub(crate) fn names_a_log<T>(measured: &Result<T, Error>) -> bool {
    matches!(measured, Err(Error::Bench(BenchError::Process { .. } | BenchError::NotBooked { .. })))
}

async fn measure(arguments: &Arguments, ground: &Ground) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for group in ALL.into_iter().filter(|group| arguments.all || arguments.only.contains(group)) {
        rows.extend(match group {
            Group::Single => single::rows(ground, &arguments.rivals).await?,
            Group::Batches => batches::rows(ground).await?,
            Group::ProducerTool => producer_tool::rows(ground, arguments.classpath()?).await?,
            Group::Start => telemetry::start(ground).await?,
            Group::WholePath => whole_path::rows(ground).await?,
            Group::Telemetry => telemetry::cost(ground).await?,
            Group::Growth => growth::rows(ground).await?,
            Group::Overload => overload::rows(ground).await?,
            Group::Soak => soak::rows(ground).await?,
        });
        ground.remove_topics().await?;
    }
    Ok(rows)
}

impl Arguments {
    fn size(&self) -> Size {
        let size = self.sizes.size(Duration::from_secs(self.soak_seconds));
        if self.quick { size.quick(1) } else { size }
    }

    fn classpath(&self) -> Result<&str, Error> {
        let missing = || Error::Usage("Kafka's producer tool needs --kafka-classpath".to_owned());
        self.kafka_classpath.as_deref().ok_or_else(missing)
    }
}

impl Sizes {
    pub(crate) fn size(&self, soak: Duration) -> Size {
        Size {
            connections: self.connections.into(),
            rounds: self.rounds.into(),
            round: Duration::from_secs(self.seconds),
            warm_up: Duration::from_secs(self.seconds.min(3)),
            partitions: self.partitions,
            soak,
        }
    }
}
