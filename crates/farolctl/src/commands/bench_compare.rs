//! `farolctl bench-compare`: whether an event costs this build's gateway or worker more CPU than another build's.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    bench::{self, Sizes},
    bench_storage,
    test_servers::TestServers,
};
use crate::{
    bench::{
        compare,
        conditions::{Parts, conditions},
        ground::Size,
        rows::{Document, Row},
        stack,
    },
    bench_storage::{compare as compare_workers, fill, flights::Flights},
    error::Error,
    output::Output,
};

/// A program of both builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Program {
    /// Single events and batches of a hundred
    Gateway,
    /// From Kafka to PostgreSQL
    Worker,
}

/// Compare the CPU per event of gateway and worker with another build's, in paired rounds
///
/// Both builds run on the same servers and are loaded in turns. Exit code 1 if this build surely (lower bound of
/// 95 %) needs more than 5 % more.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    servers: TestServers,
    #[command(flatten)]
    sizes: Sizes,
    /// Events that a worker stores in a round
    #[arg(long, default_value_t = 300_000, value_parser = clap::value_parser!(u32).range(1_000..=50_000_000))]
    events: u32,
    /// Only these programs
    #[arg(long, value_enum, value_delimiter = ',', default_value = "gateway,worker")]
    only: Vec<Program>,
    /// Where the other build's farol-gateway and farol-worker are
    #[arg(long, value_name = "FOLDER")]
    base_bin_dir: PathBuf,
    /// Two pairs of rounds with few events: whether everything works; the exit code is no verdict then
    #[arg(long)]
    quick: bool,
    /// Also write the rows, as JSON, into this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// How much is measured.
struct Amount {
    size: Size,
    events: u32,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let base = stack::bin_dir(Some(&arguments.base_bin_dir), &[stack::GATEWAY, stack::WORKER])?;
    let amount = arguments.amount();
    let parts = Parts { bin_dir: &arguments.servers.bin_dir()?, kafka_classpath: None };
    let mut conditions = conditions(&amount.size, &parts);
    conditions.insert("set: events of a worker's round".to_owned(), amount.events.into());
    let mut rows = Vec::new();
    if arguments.only.contains(&Program::Gateway) {
        rows.extend(gateways(&arguments.servers, &amount, &base).await?);
    }
    if arguments.only.contains(&Program::Worker) {
        rows.extend(workers(&arguments.servers, &amount, &base).await?);
    }
    let document = Document { conditions, rows };
    if let Some(path) = &arguments.json {
        document.write(path)?;
    }
    output.print(&document)?;
    document.verdict(!arguments.quick)
}

impl Arguments {
    fn amount(&self) -> Amount {
        let size = self.sizes.size(Duration::ZERO);
        match self.quick {
            true => Amount { size: size.quick(2), events: self.events.min(bench_storage::QUICK_EVENTS) },
            false => Amount { size, events: self.events },
        }
    }
}

async fn gateways(servers: &TestServers, amount: &Amount, base: &Path) -> Result<Vec<Row>, Error> {
    let ground = bench::ground(servers, amount.size)?;
    bench::on_ground(&ground, async { Ok(compare::rows(&ground, base).await?) }).await
}

async fn workers(servers: &TestServers, amount: &Amount, base: &Path) -> Result<Vec<Row>, Error> {
    let Amount { size, events } = *amount;
    let ground = bench_storage::ground(servers, size.partitions)?;
    let flights = Flights::new(servers.flights()?, ground.run.clone());
    let comparing = async {
        let (topic, _) = fill::topic(&ground, "flights", flights, events as usize).await?;
        let rows = compare_workers::rows(&ground, base, &topic.name, events, size.rounds).await;
        topic.remove().await?;
        Ok(rows?)
    };
    bench_storage::on_ground(&ground, comparing).await
}
