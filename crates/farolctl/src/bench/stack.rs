//! How a gateway and a worker are started for a measurement: with settings of their own and a key that may do
//! everything.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{
    Error,
    process::{self, Process, command},
};

pub(crate) const GATEWAY: &str = "farol-gateway";
pub(crate) const WORKER: &str = "farol-worker";

/// The servers a stack stands on.
pub(crate) struct Servers<'a> {
    pub(crate) brokers: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) database_url: &'a str,
    pub(crate) redis_url: &'a str,
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
