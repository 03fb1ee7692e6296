//! `farolctl bench-storage`: from Kafka to PostgreSQL, beside COPY and beside Kafka Connect.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use serde_json::Value;

use super::{
    bench::{names_a_log, unless_interrupted},
    test_servers::TestServers,
};
use crate::{
    bench::{
        plot,
        rows::{Document, Row},
        topic::Topic,
    },
    bench_storage::{
        Round, fill,
        flights::Flights,
        freshness::{Freshness, WholePath},
        ground::Ground,
        prefilled,
        rounds::{FAROL, Plan, Sides},
        sweep, verdicts, worker,
    },
    error::Error,
    output::Output,
};

/// What `--quick` stores: enough to see that everything works, too little to mean anything.
pub(crate) const QUICK_EVENTS: u32 = 20_000;

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// COPY's ceilings
    Ceilings,
    /// Kafka Connect with Debezium's JDBC sink
    Rival,
    /// Longer ways to PostgreSQL
    Links,
    /// From the gateway to the committed row
    Freshness,
    /// A database that holds many events already
    Prefilled,
}

/// Measure the way from Kafka to PostgreSQL, beside COPY and beside Kafka Connect
///
/// Real flights go into a topic through a gateway, once. Then, in rounds, a worker of its own, COPY
/// of the same rows, and Kafka Connect with Debezium's JDBC sink each fill a fresh database.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    servers: TestServers,
    /// The jars of Kafka Connect and Debezium's JDBC sink, as Java's class path
    #[arg(long, env = "FAROL_BENCH_CONNECT_CLASSPATH", value_name = "JARS")]
    connect_classpath: Option<String>,
    /// Only these parts; the worker's own rounds are always among them
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Events in the topic
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=50_000_000))]
    events: u32,
    /// Rounds of each side
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Partitions of the topic
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=100))]
    partitions: u16,
    /// Events that are there already in the last part
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    prefilled: u32,
    /// Seconds of each load whose freshness is measured
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// One round with few events: whether everything works, not how fast it is
    #[arg(long)]
    quick: bool,
    /// Exit code 1 if a target is missed
    #[arg(long)]
    strict: bool,
    /// Also write the report, as JSON, into this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also draw the rows, as SVG, into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

pub(crate) async fn run(mut arguments: Arguments, output: Output) -> Result<(), Error> {
    if arguments.quick {
        (arguments.events, arguments.prefilled, arguments.rounds, arguments.seconds) =
            (QUICK_EVENTS, QUICK_EVENTS, 1, 2);
    }
    if arguments.takes(Part::Rival) && arguments.connect_classpath.is_none() {
        let missing = "the rival's jars are missing: `make bench-storage` fetches them, or name them with --connect-classpath";
        return Err(Error::Usage(missing.to_owned()));
    }
    let ground = ground(&arguments.servers, arguments.partitions)?;
    let report = on_ground(&ground, measure(&arguments, &ground)).await?;
    if let Some(path) = &arguments.json {
        report.write(path)?;
    }
    if let Some(path) = &arguments.svg {
        plot::write(&report, path)?;
    }
    output.print(&report)?;
    report.verdict(arguments.strict)
}

impl Arguments {
    fn takes(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    fn plan<'p>(&'p self, ground: &'p Ground, topic: &'p Topic) -> Plan<'p> {
        Plan {
            ground,
            topic: &topic.name,
            count: self.events.into(),
            rounds: self.rounds,
            ceilings: self.takes(Part::Ceilings),
            classpath: self.connect_classpath.as_deref().filter(|_| self.takes(Part::Rival)),
            links: self.takes(Part::Links),
        }
    }
}

/// The servers, and a folder for what runs on them.
pub(crate) fn ground(servers: &TestServers, partitions: u16) -> Result<Ground, Error> {
    let run = format!("farol_bench_{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let bin_dir = servers.bin_dir()?;
    let home = std::env::temp_dir().join(&run);
    fs::create_dir(&home)?;
    Ok(Ground {
        bin_dir,
        home,
        brokers: servers.kafka_brokers.clone(),
        server_url: servers.database_url.clone(),
        redis_url: servers.redis_url.clone(),
        run,
        partitions: partitions.into(),
    })
}

/// Measures until it is done or interrupted, and leaves nothing but the logs of what failed.
pub(crate) async fn on_ground<T>(
    ground: &Ground,
    measuring: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let measured = unless_interrupted(measuring).await;
    let swept = sweep::sweep(ground).await;
    if !names_a_log(&measured) {
        fs::remove_dir_all(&ground.home)?;
    }
    let measured = measured?;
    swept?;
    Ok(measured)
}

async fn measure(arguments: &Arguments, ground: &Ground) -> Result<Document, Error> {
    let flights = arguments.servers.flights()?;
    let events = Flights::new(flights, ground.run.clone());
    let (topic, events) = fill::topic(ground, "flights", events, arguments.events as usize).await?;
    let sides = arguments.plan(ground, &topic).run().await;
    topic.remove().await?;
    let sides = sides?;
    let mut rows = verdicts::of_rounds(&sides);
    if arguments.takes(Part::Freshness) {
        rows.extend(freshness(arguments, ground).await?);
    }
    if arguments.takes(Part::Prefilled) {
        rows.extend(with_events_there(arguments, ground, events, &sides).await?);
    }
    Ok(Document { conditions: conditions(arguments, ground).await?, rows })
}

async fn freshness(arguments: &Arguments, ground: &Ground) -> Result<Vec<Row>, Error> {
    let path = WholePath::start(ground).await?;
    let length = Duration::from_secs(arguments.seconds);
    let all = path.saturation(length).await?;
    let (mut idle, mut half): (Vec<Freshness>, Vec<Freshness>) = (Vec::new(), Vec::new());
    for round in 0..arguments.rounds {
        idle.push(path.at(&format!("idle-{round}"), 10.0, length).await?);
        half.push(path.at(&format!("half-{round}"), all / 2.0, length).await?);
    }
    path.stop().await?;
    let rows = [
        verdicts::of_freshness("storage-freshness-idle", "hardly anything going on", &idle, 25.0),
        verdicts::of_freshness("storage-freshness-half", "half of what the whole path takes", &half, 250.0),
    ];
    Ok(rows.into_iter().flatten().collect())
}

/// Rounds on one database that grows by each, every one with a topic of fresh events.
async fn with_events_there(
    arguments: &Arguments,
    ground: &Ground,
    mut events: Flights,
    sides: &Sides,
) -> Result<Option<Row>, Error> {
    let there = i64::from(arguments.prefilled);
    let database = prefilled::database(ground, there).await?;
    let sizes = prefilled::sizes(&ground.session(&database.url).await?).await?;
    let mut rounds: Vec<Round> = Vec::new();
    for round in 0..arguments.rounds {
        let (topic, left) =
            fill::topic(ground, &format!("more_{round}"), events, arguments.events as usize).await?;
        events = left;
        rounds.push(
            worker::round(ground, &topic.name, &database, &database.url, arguments.events.into()).await?,
        );
        topic.remove().await?;
    }
    database.remove().await?;
    let empty = sides.get(FAROL).map_or(&[][..], Vec::as_slice);
    Ok(verdicts::of_prefilled(&rounds, empty, there, &sizes))
}

async fn conditions(arguments: &Arguments, ground: &Ground) -> Result<BTreeMap<String, Value>, Error> {
    let cores = std::thread::available_parallelism()?.get();
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, name)| name);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let build = if cfg!(debug_assertions) { "debug: its numbers are no one's" } else { "release" };
    let told = [
        ("machine", format!("{cores} cores, {model}; everything on it; load at the end {}", load.trim())),
        ("PostgreSQL", ground.settings().await?),
        ("events", format!("{} flights, {} partitions", arguments.events, arguments.partitions)),
        ("rounds", format!("{}, interleaved, a fresh database each", arguments.rounds)),
        ("traces", "1 % of them recorded".to_owned()),
        ("build", build.to_owned()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    Ok(told.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
}
