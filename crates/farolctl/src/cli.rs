//! The command line: what there is, and the addresses several commands share. Each
//! command's own arguments stand beside its code.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use kafka::Cluster;
use postgres::{Auth, Server};
use reqwest::Url;
use service::Environment;

use crate::{
    books::{self, Books},
    commands,
    dlq::letters::{Access, Letters},
    error::Error,
    gateway_client::GatewayClient,
    jaeger_client::JaegerClient,
    output::Format,
    prometheus_client::PrometheusClient,
};

/// Sends events to Farol, finds out where they went, and measures it.
#[derive(Debug, Parser)]
#[command(
    name = "farolctl",
    version,
    about,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 failed or refused, 2 used wrongly.\n\
                  FAROL_CA_FILE: a PEM file of the authorities for https addresses, instead of the system's.\n\
                  The local stack's addresses and key: `set -a; . .farol/env; set +a`."
)]
pub(crate) struct Cli {
    /// How results are written to standard output
    #[arg(long, global = true, value_enum, default_value = "human")]
    pub(crate) output: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Send(commands::send::Arguments),
    /// Send recorded real events
    #[command(subcommand)]
    Replay(Replay),
    Event(commands::event::Arguments),
    Ledger(commands::ledger::Arguments),
    /// Look at dead letters, send them again, give them up
    #[command(subcommand)]
    Dlq(commands::dlq::Command),
    Trace(commands::trace::Arguments),
    Top(commands::top::Arguments),
    Picture(commands::picture::Arguments),
    Demo(commands::demo::Arguments),
    /// Make keys
    #[command(subcommand)]
    Key(Key),
    Bench(commands::bench::Arguments),
    BenchCompare(commands::bench_compare::Arguments),
    Load(commands::load::Arguments),
    BenchStorage(commands::bench_storage::Arguments),
    LoadCheck(commands::load_check::Arguments),
    TelemetryIsolation(commands::telemetry_isolation::Arguments),
    /// Load with a journal, and compare it with what is there; `make prove` breaks things meanwhile
    #[command(subcommand)]
    Prove(commands::prove::Prove),
    #[command(hide = true)]
    BareHandler(commands::bare_handler::Arguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Replay {
    Flights(commands::replay::Arguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    New(commands::key::Arguments),
}

/// Where the gateway is and who is asking.
#[derive(Debug, Args)]
pub(crate) struct Gateway {
    /// The gateway's address
    #[arg(long, env = "FAROL_GATEWAY_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    gateway_url: Url,
    /// The key that is sent as bearer token
    #[arg(long, env = "FAROL_KEY", hide_env_values = true)]
    key: Option<String>,
}

impl Gateway {
    pub(crate) fn url(&self) -> &Url {
        &self.gateway_url
    }

    pub(crate) fn client(&self) -> Result<GatewayClient, Error> {
        // an exported but empty variable is no key
        let key = self.key.clone().filter(|key| !key.is_empty());
        Ok(GatewayClient::new(self.gateway_url.clone(), key)?)
    }
}

/// Where PostgreSQL is.
#[derive(Debug, Args)]
pub(crate) struct Database {
    /// PostgreSQL's address, such as postgres://user:password@127.0.0.1:15432/farol; elsewhere than on
    /// this machine sslmode=verify-full holds unless it says otherwise
    #[arg(long, env = "FAROL_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// A PEM file of the authorities that PostgreSQL's certificate is checked against, instead of the system's
    #[arg(long, env = "FAROL_DATABASE_CA_FILE", value_name = "FILE")]
    database_ca_file: Option<PathBuf>,
}

impl Database {
    pub(crate) async fn connect(&self) -> Result<Books, Error> {
        Ok(Books::connect(&self.server()?).await?)
    }

    /// Connects to the dead letters; `access` says whether they may be changed.
    pub(crate) async fn letters(&self, access: Access) -> Result<Letters, Error> {
        Ok(Letters::connect(&self.server()?, access).await?)
    }

    pub(crate) fn server(&self) -> Result<Server, Error> {
        match self.database_url.as_deref() {
            Some(url) if !url.is_empty() => {
                let server = books::server(url, self.ca_file())?;
                let mut env = Environment::of_process();
                let auth = Auth::read(&mut env);
                let auth = env.finish(auth).map_err(|mistakes| Error::Usage(mistakes.to_string()))?;
                Ok(server.authenticated_by(auth).map_err(books::Error::from)?)
            }
            _ => Err(Error::Usage(
                "PostgreSQL's address is missing: give --database-url, or FAROL_DATABASE_URL \
                 (for the local stack: `set -a; . .farol/env; set +a`)"
                    .to_owned(),
            )),
        }
    }

    /// An exported but empty variable names no file.
    fn ca_file(&self) -> Option<&Path> {
        self.database_ca_file.as_deref().filter(|path| !path.as_os_str().is_empty())
    }
}

/// The cluster behind these brokers; how to get there is said by the variables that the services read, too.
pub(crate) fn cluster(brokers: &str) -> Result<Cluster, Error> {
    let mut env = Environment::new(|name| match name {
        kafka::BROKERS => Some(brokers.to_owned()),
        _ => std::env::var(name).ok(),
    });
    let cluster = Cluster::read(&mut env);
    env.finish(cluster).map_err(|mistakes| Error::Usage(mistakes.to_string()))
}

/// Where Jaeger is.
#[derive(Debug, Args)]
pub(crate) struct Jaeger {
    /// The address of Jaeger's query API
    #[arg(long, env = "FAROL_JAEGER_URL", default_value = "http://127.0.0.1:16686", value_name = "URL")]
    pub(crate) jaeger_url: Url,
}

impl Jaeger {
    pub(crate) fn client(&self) -> Result<JaegerClient, Error> {
        Ok(JaegerClient::new(self.jaeger_url.clone())?)
    }
}

/// Where Prometheus is.
#[derive(Debug, Args)]
pub(crate) struct Prometheus {
    /// Prometheus's address
    #[arg(
        long = "prometheus",
        env = "FAROL_PROMETHEUS_URL",
        default_value = "http://127.0.0.1:9090",
        value_name = "URL"
    )]
    prometheus_url: Url,
}

impl Prometheus {
    pub(crate) fn client(&self) -> Result<PrometheusClient, Error> {
        Ok(PrometheusClient::new(self.prometheus_url.clone())?)
    }
}

/// Reads an event's time; for the command line.
pub(crate) fn rfc3339(text: &str) -> Result<String, String> {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .map(|_| text.to_owned())
        .map_err(|_| "expected a time like 2013-01-01T05:17:00-05:00".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
