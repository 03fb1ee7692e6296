//! One process of the bench: started with a log file and without the caller's FAROL_*
//! variables, waited for, and never left behind.

use std::{
    fs::File,
    io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{Error, cpu};

const READY_WITHIN: Duration = Duration::from_secs(60);
const STOP_WITHIN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// A running process.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
    /// It leads a group of processes that end with it.
    leads: bool,
}

/// A command without inherited FAROL_* settings, writing into `log`.
pub(crate) fn command(program: &Path, log: &Path, settings: &[(&str, &str)]) -> Result<Command, Error> {
    let file = File::options().create(true).append(true).open(log);
    let file = file.map_err(|error| Error::file(log, error))?;
    let second = file.try_clone().map_err(|error| Error::file(log, error))?;
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FAROL_") {
            command.env_remove(name);
        }
    }
    command.envs(settings.iter().copied()).stdin(Stdio::null()).stdout(file).stderr(second);
    Ok(command)
}

impl Process {
    pub(crate) fn start(name: &'static str, mut command: Command, log: PathBuf) -> Result<Self, Error> {
        let child = command.spawn().map_err(|error| Error::file(Path::new(command.get_program()), error))?;
        Ok(Self { name, child, log, leads: false })
    }

    /// Starts a program that starts others, such as a server with worker processes: none of them is left behind.
    pub(crate) fn start_leader(
        name: &'static str,
        mut command: Command,
        log: PathBuf,
    ) -> Result<Self, Error> {
        command.process_group(0);
        let mut process = Self::start(name, command, log)?;
        process.leads = true;
        Ok(process)
    }

    /// CPU seconds so far, with all children.
    pub(crate) fn tree_cpu_seconds(&self) -> Result<f64, Error> {
        cpu::tree_seconds(self.child.id()).map_err(|error| self.failed(format!("has no CPU time: {error}")))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) -> Result<(), Error> {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -\"$0\" \"$1\"", name, &pid]).status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(self.failed(format!("cannot be sent SIG{name}: {status}"))),
            Err(error) => Err(self.failed(format!("cannot be sent SIG{name}: {error}"))),
        }
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Waits until `/ready` of `address` answers 200.
    pub(crate) async fn wait_ready(&mut self, address: &str) -> Result<(), Error> {
        let url = format!("http://{address}/ready");
        let deadline = Instant::now() + READY_WITHIN;
        let client = reqwest::Client::builder().no_proxy().build();
        let client = client.map_err(|error| Error::Dirty(error.to_string()))?;
        loop {
            if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            match self.child.try_wait() {
                Ok(None) if Instant::now() < deadline => tokio::time::sleep(POLL).await,
                Ok(None) => {
                    return Err(self.failed(format!("was not ready within {} s", READY_WITHIN.as_secs())));
                }
                Ok(Some(status)) => return Err(self.failed(format!("ended with {status}"))),
                Err(error) => return Err(self.failed(format!("is lost: {error}"))),
            }
        }
    }

    /// Asks the process to end (SIGTERM) and ends it by force if it does not.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        self.signal("TERM")?;
        let deadline = Instant::now() + STOP_WITHIN;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => tokio::time::sleep(POLL).await,
                // a leader that passes its signal on may end by it
                Ok(Some(status)) if status.success() || self.leads => return Ok(()),
                Ok(Some(status)) => return Err(self.failed(format!("ended with {status}"))),
                Err(error) => return Err(self.failed(format!("is lost: {error}"))),
            }
        }
        Err(self.failed(format!("did not end within {} s of SIGTERM", STOP_WITHIN.as_secs())))
    }

    pub(crate) fn failed(&self, what: String) -> Error {
        failed(self.name, what, &self.log)
    }
}

/// An error with the end of the log.
pub(crate) fn failed(name: &'static str, what: String, log: &Path) -> Error {
    let text = std::fs::read_to_string(log).unwrap_or_else(|error| error.to_string());
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(8)..].join("\n");
    Error::Process { name, what, log: log.to_owned(), tail }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.leads {
            let group = self.child.id().to_string();
            // an empty group is what is wanted, and `kill` calls it an error
            let words = ["-c", r#"kill -s KILL -- "-$0""#, &group];
            let ended = Command::new("sh").args(words).stderr(Stdio::null()).status();
            if let Err(error) = ended {
                eprintln!("farolctl: {} (group {group}) may still run: {error}", self.name);
            }
        }
        let ended = match self.child.try_wait() {
            Ok(Some(_)) => Ok(()),
            _ => self.child.kill().and_then(|()| self.child.wait().map(drop)),
        };
        if let Err(error) = ended {
            eprintln!("farolctl: {} (pid {}) may still run: {error}", self.name, self.child.id());
        }
    }
}

/// A free port on 127.0.0.1, as an address.
pub(crate) fn free_address() -> io::Result<String> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.to_string())
}
