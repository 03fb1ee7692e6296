//! Redis: writes, reads and deletes a key of the check's own.

use std::time::{Duration, Instant};

use fred::clients::Client;
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike as _, KeysInterface as _};
use fred::types::config::{Config, UnresponsiveConfig};
use fred::types::{Builder, Expiration};

use super::Probe;
use super::check::{Dependency, Details, Failure, Reason, RoundTrip};
use crate::config;
use crate::redis::server;

/// When a key goes away whose check could not delete it.
const EXPIRY: Expiration = Expiration::EX(10);

pub(super) struct Redis {
    config: Config,
    patience: Duration,
}

impl Redis {
    pub(super) fn new(config: &config::Redis, patience: Duration) -> Result<Self, Error> {
        Ok(Self { config: server::settings(config)?, patience })
    }

    /// A client that does not connect again: a check has one attempt.
    fn client(&self) -> Result<Client, Error> {
        Builder::from_config(self.config.clone())
            .with_connection_config(|connection| {
                connection.connection_timeout = self.patience;
                connection.internal_command_timeout = self.patience;
                // Closes a connection on which a command waits for ever, which quitting would wait for.
                connection.unresponsive =
                    UnresponsiveConfig { max_timeout: Some(self.patience), interval: self.patience / 2 };
            })
            .with_performance_config(|performance| performance.default_command_timeout = self.patience)
            .build()
    }
}

impl Probe for Redis {
    const DEPENDENCY: Dependency = Dependency::Redis;

    async fn round_trip(&self) -> Result<RoundTrip, Failure> {
        let client = self.client().map_err(|error| failure(&self.config, error))?;
        let asked = tokio::time::timeout(self.patience, ask(&client, &self.config)).await;
        // Whatever happened, nothing of the client stays; whoever waits for the result need not wait for that.
        tokio::spawn(async move { client.quit().await });
        asked.unwrap_or_else(|_| Err(Failure::new(Reason::TimedOut, "no answer in time")))
    }
}

async fn ask(client: &Client, config: &Config) -> Result<RoundTrip, Failure> {
    let failure = |error| failure(config, error);
    let started = Instant::now();
    client.init().await.map_err(failure)?;
    let connected = Instant::now();
    let key = format!("farol:check:{}", uuid::Uuid::new_v4());
    let _: () = client.set(&key, key.as_str(), Some(EXPIRY), None, false).await.map_err(failure)?;
    let read: Option<String> = client.get(&key).await.map_err(failure)?;
    let deleted: u32 = client.del(&key).await.map_err(failure)?;
    if read.as_deref() != Some(&key) || deleted != 1 {
        let cause =
            format!("{} was read and {deleted} keys were deleted", read.map_or("nothing", |_| "a value"));
        return Err(Failure::new(Reason::WrongAnswer, cause));
    }
    Ok(RoundTrip {
        connect: connected - started,
        latency: connected.elapsed(),
        details: Details::Redis { operations: ["set", "get", "del"] },
    })
}

fn failure(config: &Config, error: Error) -> Failure {
    let reason = match error.kind() {
        ErrorKind::Auth => Reason::Refused,
        ErrorKind::IO | ErrorKind::Tls | ErrorKind::Routing | ErrorKind::Canceled => Reason::Unreachable,
        ErrorKind::Timeout => Reason::TimedOut,
        _ => Reason::Failed,
    };
    Failure::new(reason, server::cause(config, &error))
}
