//! A PostgreSQL of a test's own that speaks TLS.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

use crate::{Certificate, PATIENCE, closed_port};

const PASSWORD: &str = "farol-test-password";
/// PostgreSQL refuses to run as root: one of these accounts runs it then.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// A server on loopback that ends with its test.
pub struct PostgresServer {
    port: u16,
    folder: PathBuf,
    process: Child,
}

impl PostgresServer {
    /// Starts one that shows `certificate`, takes TLS only, and waits until it listens.
    pub fn start(certificate: &Certificate) -> Self {
        let folder = std::env::temp_dir().join(format!("farol-postgres-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        initdb(&folder);
        // Its key may be readable to its own account only.
        for (from, name) in [(&certificate.certificate, "server.crt"), (&certificate.key, "server.key")] {
            let to = folder.join("data").join(name);
            std::fs::copy(from, &to).unwrap();
            std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).unwrap();
            give(&to);
        }
        // As RDS takes tokens: as they are, inside of TLS.
        let hba = "hostssl all farol_iam 127.0.0.1/32 password\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(folder.join("data/pg_hba.conf"), hba).unwrap();
        loop {
            let port = closed_port();
            let mut process = start(&folder, port);
            if listens(port, &mut process) {
                return Self { port, folder, process };
            }
        }
    }

    /// A connection string by this host name and with these parameters.
    pub fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://postgres:{PASSWORD}@{host}:{}/postgres?{parameters}", self.port)
    }

    /// The same for the account `farol_iam`, without a password: it must be made, and given one.
    pub fn iam_url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://farol_iam@{host}:{}/postgres?{parameters}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password in it.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // At once, and with all of its processes.
        kill(Pid::from_raw(i32::try_from(self.process.id()).unwrap()), Signal::SIGQUIT).unwrap();
        self.process.wait().unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn initdb(folder: &Path) {
    let password = folder.join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    give(folder);
    give(&password);
    let mut initdb = program("initdb");
    initdb
        .args(["-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
        .arg("-D")
        .arg(folder.join("data"))
        .arg(format!("--pwfile={}", password.display()))
        .current_dir(folder);
    let made = initdb.output().expect(WHERE);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn start(folder: &Path, port: u16) -> Child {
    let mut postgres = program("postgres");
    postgres
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"])
        .args(["-c", "ssl=on", "-c", &format!("port={port}")])
        .current_dir(folder);
    postgres.spawn().expect(WHERE)
}

/// Waits until it listens; false if it ended instead, for example because somebody took its port.
fn listens(port: u16, process: &mut Child) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        let ready = program("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).status();
        if ready.expect(WHERE).success() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("postgres on port {port} does not listen");
}

const WHERE: &str = "PostgreSQL's programs are where `pg_config --bindir` says";

/// One of PostgreSQL's programs, which Debian keeps out of the path.
fn program(name: &str) -> Command {
    let output = Command::new("pg_config").arg("--bindir").output().expect("pg_config is on the path");
    let folder = String::from_utf8(output.stdout).unwrap();
    let mut command = Command::new(Path::new(folder.trim()).join(name));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(account) = account() {
        command.uid(account.uid.as_raw()).gid(account.gid.as_raw());
    }
    command
}

fn give(path: &Path) {
    if let Some(account) = account() {
        chown(path, Some(account.uid.as_raw()), Some(account.gid.as_raw())).unwrap();
    }
}

/// Who runs it; `None` for whoever runs the test.
fn account() -> Option<User> {
    let known = || ACCOUNTS.iter().find_map(|name| User::from_name(name).unwrap());
    geteuid().is_root().then(|| known().expect("an account that is not root"))
}
