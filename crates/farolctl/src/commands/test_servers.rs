//! The servers that benches stand on, as arguments.

use std::path::PathBuf;

use crate::{
    bench::{self, stack},
    error::Error,
    flights::{self, Days, Flight},
};

/// Servers that are there for tests, and what runs on them.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TestServers {
    /// Kafka for tests, host:port
    #[arg(long, env = "FAROL_TEST_KAFKA_BROKERS", value_name = "BROKERS")]
    pub(crate) kafka_brokers: String,
    /// PostgreSQL for tests; its user may create databases, and for bench-storage is a superuser
    #[arg(long, env = "FAROL_TEST_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: String,
    /// Redis for tests
    #[arg(long, env = "FAROL_TEST_REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) redis_url: String,
    /// Where farol-gateway and farol-worker are [default: beside farolctl]
    #[arg(long, env = "FAROL_BIN_DIR", value_name = "FOLDER")]
    bin_dir: Option<PathBuf>,
    /// Read this flights.csv instead of fetching the package
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

impl TestServers {
    /// Where both programs are.
    pub(crate) fn bin_dir(&self) -> Result<PathBuf, bench::Error> {
        stack::bin_dir(self.bin_dir.as_deref(), &[stack::GATEWAY, stack::WORKER])
    }

    /// What is sent.
    pub(crate) fn flights(&self) -> Result<Vec<Flight>, Error> {
        Ok(flights::load(Days::year()?, self.csv.clone())?)
    }
}
