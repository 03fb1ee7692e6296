//! The processes under measurement: a gateway and a worker of their own on free ports, and the
//! bare handler beside them.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use reqwest::Url;
use sha2::{Digest, Sha256};

use super::{
    Error,
    process::{self, Process, command, free_address},
};
use crate::gateway_client::GatewayClient;

pub(crate) const GATEWAY: &str = "farol-gateway";
pub(crate) const WORKER: &str = "farol-worker";

/// The servers a stack stands on.
pub(crate) struct Servers<'a> {
    pub(crate) brokers: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) database_url: &'a str,
    pub(crate) redis_url: &'a str,
}

/// Everything that runs during a bench.
pub(crate) struct Stack {
    pub(crate) gateway: Process,
    pub(crate) worker: Process,
    pub(crate) bare: Process,
    pub(crate) gateway_client: GatewayClient,
    pub(crate) bare_client: GatewayClient,
}

/// The folder that was named, or the one this program is in; an error if it lacks one of `programs`.
pub(crate) fn bin_dir(named: Option<&Path>, programs: &[&str]) -> Result<PathBuf, Error> {
    let this = std::env::current_exe().map_err(|error| Error::file(Path::new("farolctl"), error))?;
    let folder = named.or(this.parent()).unwrap_or(Path::new(""));
    let mut programs = programs.iter().map(|name| folder.join(name));
    match programs.find(|program| !program.is_file()) {
        None => Ok(folder.to_owned()),
        Some(program) => Err(Error::NoBinary(program)),
    }
}

impl Stack {
    /// Migrates, starts everything and waits until it is ready. `home` is an existing folder
    /// for logs and the keys file.
    pub(crate) async fn start(bin_dir: &Path, home: &Path, servers: &Servers<'_>) -> Result<Self, Error> {
        let key = format!("farol_{}", uuid::Uuid::new_v4().simple());
        let keys_file = write_keys(home, &key)?;
        let free = || free_address().map_err(|error| Error::file(Path::new("127.0.0.1:0"), error));
        let (gateway_at, worker_at, bare_at) = (free()?, free()?, free()?);
        let mut worker = start_worker(bin_dir, home, servers, &worker_at, &[])?;
        let mut gateway = start_gateway(bin_dir, home, servers, &gateway_at, &keys_file, &[])?;
        let mut bare = start_bare(home, &bare_at)?;
        bare.wait_ready(&bare_at).await?;
        gateway.wait_ready(&gateway_at).await?;
        worker.wait_ready(&worker_at).await?;
        let gateway_client = client(&gateway_at, &key)?;
        let bare_client = client(&bare_at, &key)?;
        Ok(Self { gateway, worker, bare, gateway_client, bare_client })
    }

    pub(crate) async fn stop(self) -> Result<(), Error> {
        self.gateway.stop().await?;
        self.worker.stop().await?;
        self.bare.stop().await
    }
}

/// Migrates, then starts a worker; `more` adds to its settings.
pub(crate) fn start_worker(
    bin_dir: &Path,
    home: &Path,
    servers: &Servers<'_>,
    address: &str,
    more: &[(&'static str, &str)],
) -> Result<Process, Error> {
    let settings = [
        ("FAROL_MANAGEMENT_ADDR", address),
        ("FAROL_KAFKA_BROKERS", servers.brokers),
        ("FAROL_KAFKA_TOPIC", servers.topic),
        ("FAROL_KAFKA_GROUP", servers.topic),
        ("FAROL_DATABASE_URL", servers.database_url),
        ("FAROL_DEV", "1"),
        ("FAROL_LOG", "warn"),
    ];
    let settings = [&settings, more].concat();
    let (program, log) = (bin_dir.join(WORKER), home.join("worker.log"));
    let migrated = command(&program, &log, &settings)?.arg("migrate").status();
    let migrated = migrated.map_err(|error| Error::file(&program, error))?;
    if !migrated.success() {
        return Err(process::failed("farol-worker migrate", format!("ended with {migrated}"), &log));
    }
    Process::start(WORKER, command(&program, &log, &settings)?, log)
}

/// Starts a gateway; `more` adds to its settings.
pub(crate) fn start_gateway(
    bin_dir: &Path,
    home: &Path,
    servers: &Servers<'_>,
    address: &str,
    keys_file: &str,
    more: &[(&'static str, &str)],
) -> Result<Process, Error> {
    let settings = [
        ("FAROL_HTTP_ADDR", address),
        ("FAROL_KAFKA_BROKERS", servers.brokers),
        ("FAROL_KAFKA_TOPIC", servers.topic),
        ("FAROL_DATABASE_URL", servers.database_url),
        ("FAROL_REDIS_URL", servers.redis_url),
        ("FAROL_KEYS_FILE", keys_file),
        ("FAROL_SHUTDOWN_WAIT", "0s"),
        ("FAROL_DEV", "1"),
        ("FAROL_LOG", "warn"),
    ];
    let settings = [&settings, more].concat();
    let (program, log) = (bin_dir.join(GATEWAY), home.join("gateway.log"));
    Process::start(GATEWAY, command(&program, &log, &settings)?, log)
}

fn start_bare(home: &Path, address: &str) -> Result<Process, Error> {
    let this = std::env::current_exe().map_err(|error| Error::file(Path::new("farolctl"), error))?;
    let log = home.join("bare-handler.log");
    let port = address.rsplit(':').next().unwrap_or_default();
    let mut command = command(&this, &log, &[])?;
    command.args(["bare-handler", "--port", port]);
    Process::start("the bare handler", command, log)
}

/// Writes a file with the digest of `key`, which may do everything.
pub(crate) fn write_keys(home: &Path, key: &str) -> Result<String, Error> {
    let path: PathBuf = home.join("keys.json");
    let keys = serde_json::json!({"keys": [{
        "producer": "bench",
        "sha256": hex::encode(Sha256::digest(key)),
        "sources": ["*"],
        "roles": ["read", "write"],
    }]});
    let file = fs::File::options().write(true).create_new(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| file.write_all(keys.to_string().as_bytes()));
    written.map_err(|error| Error::file(&path, error))?;
    Ok(path.display().to_string())
}

fn client(address: &str, key: &str) -> Result<GatewayClient, Error> {
    let url = Url::parse(&format!("http://{address}"));
    let url = url.map_err(|error| Error::Dirty(format!("{address}: {error}")))?;
    Ok(GatewayClient::new(url, Some(key.to_owned()))?)
}
