//! `farolctl load-check`: what a gateway does when Kafka is too slow or silent, Redis fails, and
//! clients dawdle; each figure with its bound.

use std::{
    fs,
    net::ToSocketAddrs as _,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    bench::{Error as BenchError, stack, topic::Topic},
    error::Error,
    interrupt,
    load_check::{
        Size,
        bed::{Bed, Ground},
        check::{Findings, LoadReport},
        overload, redis_faults, slow_clients, stall,
    },
    output::Output,
};

const PARTITIONS: i32 = 6;
/// Beside the load's own connections: servers, pages, slow clients, libraries.
const SPARE_FILES: usize = 500;

/// Check what the gateway does under overload, with a failing Redis and with slow clients
///
/// Starts a gateway, a Redis and a link to Kafka of its own for each run, loads it over
/// loopback, and prints each figure with its bound. Exit code 1 if one is out of bounds.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Kafka for tests, host:port on this machine
    #[arg(long, env = "FAROL_TEST_KAFKA_BROKERS", value_name = "BROKER")]
    kafka_brokers: String,
    /// PostgreSQL for tests; nothing is written to it
    #[arg(long, env = "FAROL_TEST_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
    /// Where farol-gateway is [default: beside farolctl]
    #[arg(long, env = "FAROL_BIN_DIR", value_name = "FOLDER")]
    bin_dir: Option<PathBuf>,
    /// Only these runs
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Run>,
    /// Events per second that are offered in the overload
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    rate: u32,
    /// Events per second that Kafka takes meanwhile
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    capacity: u32,
    /// Connections of the overload; more than the gateway admits, so that it has to refuse
    #[arg(long, default_value_t = 4_096, value_parser = clap::value_parser!(u16).range(1..=16_384))]
    connections: u16,
    /// Seconds of the overload
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(3..=600))]
    seconds: u64,
    /// Seconds of each phase of Redis' faults
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    phase_seconds: u64,
    /// Events per second beside failing Redis and slow clients
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    normal_rate: u32,
    /// Slow connections of each of four kinds
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    slow: u16,
    /// Also write the report, as JSON, into this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The runs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Run {
    Overload,
    Batches,
    Stall,
    Redis,
    Slow,
}

const ALL: [Run; 5] = [Run::Overload, Run::Batches, Run::Stall, Run::Redis, Run::Slow];

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let broker = loopback(&arguments.kafka_brokers)?;
    enough_files(arguments.connections.into())?;
    let name = format!("farol_load_check_{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let ground = Ground {
        bin_dir: stack::bin_dir(arguments.bin_dir.as_deref(), &[stack::GATEWAY])?,
        home: std::env::temp_dir().join(&name),
        broker: broker.clone(),
        topic: name.clone(),
        partitions: PARTITIONS,
        database_url: arguments.database_url.clone(),
    };
    let topic = Topic::create(&broker, name, PARTITIONS).await?;
    let checked = tokio::select! {
        checked = all(&arguments, &ground) => checked,
        interrupted = interrupt::requested() => Err(interrupted.err().map_or(BenchError::Interrupted.into(), Error::from)),
    };
    let removed = topic.remove().await;
    if ground.home.exists() && !matches!(checked, Err(Error::Bench(BenchError::Process { .. }))) {
        fs::remove_dir_all(&ground.home)?;
    }
    let report = checked?;
    removed?;
    if let Some(path) = &arguments.json {
        write_json(path, &report)?;
    }
    output.print(&report)?;
    match report.failed() {
        0 => Ok(()),
        failed => Err(Error::Failed(format!("{failed} figures are out of their bounds"))),
    }
}

async fn all(arguments: &Arguments, ground: &Ground) -> Result<LoadReport, Error> {
    let chosen = ALL.into_iter().filter(|run| arguments.only.is_empty() || arguments.only.contains(run));
    let size = Size {
        rate: arguments.rate,
        capacity: arguments.capacity,
        connections: arguments.connections.into(),
        overload: Duration::from_secs(arguments.seconds),
        phase: Duration::from_secs(arguments.phase_seconds),
        normal_rate: arguments.normal_rate,
        slow: arguments.slow.into(),
    };
    let mut findings = Vec::new();
    for run in chosen {
        findings.push(one(run, ground, &size).await?);
    }
    Ok(LoadReport::new(findings))
}

/// One run, on a gateway of its own.
async fn one(run: Run, ground: &Ground, size: &Size) -> Result<Findings, Error> {
    let mut bed = Bed::make(ground, &format!("{run:?}").to_lowercase()).await?;
    let findings = match run {
        Run::Overload => overload::single(&bed, size).await,
        Run::Batches => overload::batches(&bed, size).await,
        Run::Stall => stall::run(&bed, size).await,
        Run::Redis => redis_faults::run(&mut bed, size).await,
        Run::Slow => slow_clients::run(&bed, size).await,
    }?;
    bed.clear().await?;
    Ok(findings)
}

/// The first broker, if it is on this machine: nobody else's servers are loaded.
pub(super) fn loopback(brokers: &str) -> Result<String, Error> {
    let broker = brokers.split(',').next().unwrap_or_default().to_owned();
    let addresses = broker.to_socket_addrs().map_err(|error| Error::Usage(format!("{broker}: {error}")))?;
    if addresses.into_iter().all(|address| address.ip().is_loopback()) {
        return Ok(broker);
    }
    Err(Error::Usage(format!("{broker} is not on this machine; a load check loads only its own")))
}

/// An error if this process and the gateway may not open so many connections.
fn enough_files(connections: usize) -> Result<(), Error> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let needed = connections + SPARE_FILES;
    match max_open_files(&limits) {
        Some(files) if files < needed => Err(Error::Usage(format!(
            "{connections} connections need {needed} open files and {files} are allowed: \
             raise it with `ulimit -n {needed}`, or take fewer with --connections"
        ))),
        _ => Ok(()),
    }
}

/// The soft limit; `None` where there is none.
fn max_open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn write_json(path: &Path, report: &LoadReport) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(report).map_err(std::io::Error::from)?;
    fs::write(path, text + "\n").map_err(|error| Error::Failed(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::{loopback, max_open_files};

    #[test]
    fn only_this_machine_is_loaded() {
        assert_eq!(loopback("127.0.0.1:9092,10.0.0.1:9092").ok().as_deref(), Some("127.0.0.1:9092"));
        assert!(loopback("10.0.0.1:9092").is_err());
        assert!(loopback("nonsense").is_err());
    }

    #[test]
    fn the_soft_limit_of_files_counts() {
        let limits = "Max processes  1 2 processes\nMax open files            1024                 524288               files\n";
        assert_eq!(max_open_files(limits), Some(1_024));
        assert_eq!(max_open_files("Max open files  unlimited unlimited files"), None);
    }
}
