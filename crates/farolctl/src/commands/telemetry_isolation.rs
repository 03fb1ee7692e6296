//! `farolctl telemetry-isolation`: whether a collector that is absent, frozen, refusing or slow moves
//! anything that a client sees.

use std::{
    fs,
    net::{SocketAddr, ToSocketAddrs as _},
    path::PathBuf,
    time::Duration,
};

use reqwest::Url;

use super::load_check::loopback;
use crate::{
    bench::{Error as BenchError, database::Database, stack, topic::Topic},
    error::Error,
    interrupt,
    isolation::{
        Size,
        bed::{Bed, Ground},
        collector_link::Collector,
        rounds::{self, FAULTS},
    },
    load_check::check::LoadReport,
    output::Output,
};

const PARTITIONS: i32 = 6;
const WARM_UP: Duration = Duration::from_secs(5);
/// The services' default for the last spans (FAROL_FLUSH_TIMEOUT), and a second for everything else.
const SHUTDOWN_BUDGET: Duration = Duration::from_secs(6);

/// Check that telemetry fails alone: the acknowledged p99 with a broken collector beside a whole one
///
/// Starts a gateway and a worker of its own that send every span through a link to the collector,
/// and compares paired rounds for each kind of fault. Exit code 1 if a figure is out of bounds.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Kafka for tests, host:port on this machine
    #[arg(long, env = "FAROL_TEST_KAFKA_BROKERS", value_name = "BROKER")]
    kafka_brokers: String,
    /// PostgreSQL for tests; a database is made on it and removed
    #[arg(long, env = "FAROL_TEST_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
    /// A collector that takes OTLP over HTTP, such as http://127.0.0.1:4318
    #[arg(long, env = "FAROL_TEST_OTLP_ENDPOINT", value_name = "URL")]
    otlp_endpoint: Url,
    /// Where farol-gateway and farol-worker are [default: beside farolctl]
    #[arg(long, env = "FAROL_BIN_DIR", value_name = "FOLDER")]
    bin_dir: Option<PathBuf>,
    /// Pairs of rounds for each kind of fault
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(2..=100))]
    pairs: u16,
    /// Seconds of one round
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    round_seconds: u64,
    /// Events per second
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(10..=20_000))]
    rate: u32,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let broker = loopback(&arguments.kafka_brokers)?;
    let name = format!("farol_isolation_{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let bin_dir = stack::bin_dir(arguments.bin_dir.as_deref(), &[stack::GATEWAY, stack::WORKER])?;
    let collector = address(&arguments.otlp_endpoint)?;
    let topic = Topic::create(&broker, name.clone(), PARTITIONS).await?;
    let database = Database::create(&arguments.database_url, name.clone()).await?;
    let home = std::env::temp_dir().join(&name);
    let database_url = database.url.clone();
    let ground = Ground { bin_dir, home, broker, topic: name, database_url, collector };
    let checked = tokio::select! {
        checked = all(&arguments, &ground) => checked,
        interrupted = interrupt::requested() => Err(interrupted.err().map_or(BenchError::Interrupted.into(), Error::from)),
    };
    let removed = (topic.remove().await, database.remove().await);
    if ground.home.exists() && !matches!(checked, Err(Error::Bench(BenchError::Process { .. }))) {
        fs::remove_dir_all(&ground.home)?;
    }
    let report = checked?;
    removed.0?;
    removed.1?;
    output.print(&report)?;
    match report.failed() {
        0 => Ok(()),
        failed => Err(Error::Failed(format!("{failed} figures are out of their bounds"))),
    }
}

async fn all(arguments: &Arguments, ground: &Ground) -> Result<LoadReport, Error> {
    let size = Size {
        rate: arguments.rate,
        round: Duration::from_secs(arguments.round_seconds),
        pairs: arguments.pairs.into(),
    };
    let bed = Bed::make(ground).await?;
    let warm_up = Size { round: WARM_UP, ..size };
    rounds::round(&bed, &warm_up, Collector::Whole, "warm-up").await?;
    let mut findings = Vec::new();
    for fault in FAULTS {
        findings.push(rounds::compare(&bed, &size, fault).await?);
    }
    rounds::round(&bed, &size, Collector::Frozen, "before-the-end").await?;
    findings.push(rounds::endings(&bed.end().await?, SHUTDOWN_BUDGET));
    Ok(LoadReport::new(findings))
}

/// Where the collector listens, which must be this machine.
fn address(endpoint: &Url) -> Result<SocketAddr, Error> {
    let wrong = |why: String| Error::Usage(format!("{endpoint}: {why}"));
    let place = endpoint.socket_addrs(|| None).map_err(|error| wrong(error.to_string()))?;
    let place =
        place.into_iter().find(SocketAddr::is_ipv4).ok_or_else(|| wrong("has no IPv4 address".to_owned()))?;
    let here = place.to_socket_addrs().is_ok_and(|mut all| all.all(|address| address.ip().is_loopback()));
    if here { Ok(place) } else { Err(wrong("is not on this machine".to_owned())) }
}
