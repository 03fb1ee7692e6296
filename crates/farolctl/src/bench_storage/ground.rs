//! The servers and folders that every side of a storage bench stands on, and the databases it makes there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio_postgres::Client;

use super::database as failed;
use crate::{
    bench::{
        Error, cpu,
        database::Database,
        listener::Server,
        process::{self, Process, command},
        stack::WORKER,
    },
    books,
};

/// Settings of PostgreSQL that decide how durable and how fast it is.
const TELLING: [&str; 9] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_wal_size",
    "wal_level",
    "wal_compression",
    "autovacuum",
];

/// Where everything is.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) bin_dir: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) brokers: String,
    pub(crate) server_url: String,
    pub(crate) redis_url: String,
    /// Sets this run's names apart from those of others.
    pub(crate) run: String,
    pub(crate) partitions: i32,
}

impl Ground {
    /// The broker, if it runs on this machine.
    pub(crate) fn broker(&self) -> Server {
        Server::at(self.brokers.split(',').next().unwrap_or_default())
    }

    /// A new database without tables.
    pub(crate) async fn empty_database(&self, name: &str) -> Result<Database, Error> {
        Database::create(&self.server_url, format!("{}_{name}", self.run)).await
    }

    /// A new database with Farol's tables.
    pub(crate) async fn database(&self, name: &str) -> Result<Database, Error> {
        let database = self.empty_database(name).await?;
        let log = self.home.join("migrate.log");
        let program = self.bin_dir.join(WORKER);
        let settings = [("FAROL_DATABASE_URL", database.url.as_str()), ("FAROL_DEV", "1")];
        let migrated = command(&program, &log, &settings)?.arg("migrate").status();
        let migrated = migrated.map_err(|error| Error::file(&program, error))?;
        match migrated.success() {
            true => Ok(database),
            false => Err(process::failed("farol-worker migrate", format!("ended with {migrated}"), &log)),
        }
    }

    /// A session of our own. Its questions are not to be told from the work, so they stay small.
    pub(crate) async fn session(&self, url: &str) -> Result<Client, Error> {
        Ok(books::session(&books::server(url, None)?, "").await?)
    }

    /// Writes out what earlier rounds left in memory, so that no round pays for another.
    pub(crate) async fn settle(&self) -> Result<(), Error> {
        let session = self.session(&self.server_url).await?;
        session.batch_execute("CHECKPOINT").await.map_err(|error| failed(&error))
    }

    /// A folder for the files of one part.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.home.join(name);
        fs::create_dir_all(&folder).map_err(|error| Error::file(&folder, error))?;
        Ok(folder)
    }

    /// The server's settings, in one line.
    pub(crate) async fn settings(&self) -> Result<String, Error> {
        let session = self.session(&self.server_url).await?;
        let mut told = Vec::with_capacity(TELLING.len());
        for name in TELLING {
            let row = session.query_one("SELECT current_setting($1)", &[&name]).await;
            let value: String = row.and_then(|row| row.try_get(0)).map_err(|error| failed(&error))?;
            told.push(format!("{name} {value}"));
        }
        Ok(told.join(", "))
    }
}

/// CPU seconds of a process so far.
pub(crate) fn cpu_seconds(process: &Process) -> Result<f64, Error> {
    cpu::seconds(process.pid()).map_err(|error| process.failed(format!("has no CPU time: {error}")))
}

/// CPU seconds of this very process.
pub(crate) fn own_cpu() -> Result<f64, Error> {
    cpu::seconds(std::process::id()).map_err(|error| Error::file(Path::new("/proc"), error))
}

/// A client for servers of this machine: no proxy leads to them.
pub(crate) fn http() -> Result<reqwest::Client, Error> {
    reqwest::Client::builder().no_proxy().build().map_err(|error| Error::Dirty(error.to_string()))
}
