//! `farolctl prove`: the load and the comparison that `make prove` is made of.

use std::{io::BufRead as _, net::ToSocketAddrs as _, path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use reqwest::Url;
use tokio::sync::mpsc;

use crate::{
    cli::{Database, cluster},
    error::Error,
    output::Output,
    prove::{
        control::Command,
        facts, journal,
        lines::Line,
        load::{self, Plan},
        verdict,
    },
};

/// The two halves of a proof.
#[derive(Debug, Subcommand)]
pub(crate) enum Prove {
    Load(Load),
    Verify(Verify),
}

/// Where a proof looks, past every link that is cut.
#[derive(Debug, Args)]
pub(crate) struct Servers {
    /// Kafka's bootstrap servers
    #[arg(long, env = "FAROL_KAFKA_BROKERS", value_name = "BROKERS")]
    kafka_brokers: String,
    /// The events topic
    #[arg(long, env = "FAROL_KAFKA_TOPIC", default_value = "farol.events")]
    kafka_topic: String,
    #[command(flatten)]
    database: Database,
    /// The file of acknowledgements
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
}

/// Send events until told to stop, and write each acknowledgement to a file
///
/// Takes `burst <events/s> <seconds>`, `poison <count>` and `stop` on standard input, and says on
/// standard output what became of each second's requests and how far the worker is behind.
#[derive(Debug, Args)]
pub(crate) struct Load {
    #[command(flatten)]
    servers: Servers,
    /// The gateway's address; only one on this machine is loaded
    #[arg(long, env = "FAROL_GATEWAY_URL", value_name = "URL")]
    gateway_url: Url,
    /// The key that is sent as bearer token
    #[arg(long, env = "FAROL_KEY", hide_env_values = true)]
    key: String,
    /// Events per second
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// The most requests that wait for an answer at one time
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..=16_384))]
    connections: u16,
    /// What every id begins with [default: random]
    #[arg(long)]
    run: Option<String>,
}

/// Compare a file of acknowledgements with rows, dead letters, ledger and topic
///
/// Exit code 1 if an acknowledged event is lost, stored twice or booked wrongly.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    servers: Servers,
    /// Seconds that the worker may take to reach the end of the topic before the comparison
    #[arg(long, default_value_t = 60)]
    wait: u64,
}

pub(crate) async fn run(command: Prove, output: Output) -> Result<(), Error> {
    match command {
        Prove::Load(arguments) => load(arguments, output).await,
        Prove::Verify(arguments) => verify(arguments, output).await,
    }
}

async fn load(arguments: Load, output: Output) -> Result<(), Error> {
    let Servers { kafka_brokers, kafka_topic, database, journal } = arguments.servers;
    let plan = Plan {
        gateway: loopback(&arguments.gateway_url)?,
        key: arguments.key,
        run: arguments.run.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string()[..8].to_owned()),
        events_per_second: arguments.rate.into(),
        connections: arguments.connections.into(),
        journal,
        cluster: cluster(&kafka_brokers)?,
        topic: kafka_topic,
        database: database.server()?,
    };
    let (sender, mut lines) = mpsc::unbounded_channel::<Line>();
    let loading = tokio::spawn(load::run(plan, commands(), sender));
    while let Some(line) = lines.recv().await {
        output.print(&line)?;
    }
    loading.await.map_err(|error| Error::Failed(error.to_string()))?.map_err(Error::from)
}

async fn verify(arguments: Verify, output: Output) -> Result<(), Error> {
    let Servers { kafka_brokers, kafka_topic, database, journal } = arguments.servers;
    let (cluster, database) = (cluster(&kafka_brokers)?, database.server()?);
    let entries = journal::read(&journal)?;
    let patience = Duration::from_secs(arguments.wait);
    if !facts::settled(&cluster, &kafka_topic, &database, patience).await? {
        eprintln!("farolctl: after {} s the worker is not at the end of the topic", arguments.wait);
    }
    let facts = facts::read(&cluster, &kafka_topic, &database).await?;
    let verdict = verdict::compare(&entries, &facts);
    output.print(&verdict)?;
    if verdict.holds() { Ok(()) } else { Err(Error::Failed("the promise did not hold".to_owned())) }
}

/// What is said on standard input, line by line; its end means stop. A thread of its own, because
/// reading it blocks and must not keep the process from ending.
fn commands() -> mpsc::Receiver<Command> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            match line.parse() {
                Ok(command) if sender.blocking_send(command).is_ok() => {}
                Ok(_) => return,
                Err(mistake) => eprintln!("farolctl: {mistake}"),
            }
        }
    });
    receiver
}

/// The gateway's address, if it is on this machine: nobody else's is loaded.
fn loopback(url: &Url) -> Result<std::net::SocketAddr, Error> {
    let place = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
    let found = place.to_socket_addrs().map_err(|error| Error::Usage(format!("{url}: {error}")))?;
    match found.into_iter().find(|address| address.ip().is_loopback()) {
        Some(address) => Ok(address),
        None => Err(Error::Usage(format!("{url} is not on this machine; a proof loads only its own"))),
    }
}

#[cfg(test)]
mod tests {
    use super::loopback;

    #[test]
    fn only_this_machine_is_loaded() {
        assert!(loopback(&"http://127.0.0.1:8080".parse().unwrap()).is_ok());
        assert!(loopback(&"http://10.0.0.1:8080".parse().unwrap()).is_err());
    }
}
