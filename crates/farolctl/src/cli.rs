//! The command line: what there is, and the addresses several commands share. Each
//! command's own arguments stand beside its code.

use clap::{Args, Parser, Subcommand};
use reqwest::Url;

use crate::{
    books::Books,
    commands,
    dlq::letters::{Access, Letters},
    error::Error,
    gateway_client::GatewayClient,
    jaeger_client::JaegerClient,
    output::Format,
};

/// Sends events to Farol, finds out where they went, and measures it.
#[derive(Debug, Parser)]
#[command(
    name = "farolctl",
    version,
    about,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 failed or refused, 2 used wrongly.\n\
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
    Demo(commands::demo::Arguments),
    /// Make keys
    #[command(subcommand)]
    Key(Key),
    Bench(commands::bench::Arguments),
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
    pub(crate) fn client(&self) -> Result<GatewayClient, Error> {
        plain_http(&self.gateway_url)?;
        // an exported but empty variable is no key
        let key = self.key.clone().filter(|key| !key.is_empty());
        Ok(GatewayClient::new(self.gateway_url.clone(), key)?)
    }
}

/// Where PostgreSQL is.
#[derive(Debug, Args)]
pub(crate) struct Database {
    /// PostgreSQL's address, such as postgres://user:password@127.0.0.1:15432/farol
    #[arg(long, env = "FAROL_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
}

impl Database {
    pub(crate) async fn connect(&self) -> Result<Books, Error> {
        Ok(Books::connect(self.url()?).await?)
    }

    /// Connects to the dead letters; `access` says whether they may be changed.
    pub(crate) async fn letters(&self, access: Access) -> Result<Letters, Error> {
        Ok(Letters::connect(self.url()?, access).await?)
    }

    fn url(&self) -> Result<&str, Error> {
        match self.database_url.as_deref() {
            Some(url) if !url.is_empty() => Ok(url),
            _ => Err(Error::Usage(
                "PostgreSQL's address is missing: give --database-url, or FAROL_DATABASE_URL \
                 (for the local stack: `set -a; . .farol/env; set +a`)"
                    .to_owned(),
            )),
        }
    }
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
        plain_http(&self.jaeger_url)?;
        Ok(JaegerClient::new(self.jaeger_url.clone())?)
    }
}

fn plain_http(url: &Url) -> Result<(), Error> {
    if url.scheme() == "http" {
        return Ok(());
    }
    Err(Error::Usage(format!("{url}: this build speaks http:// only")))
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
