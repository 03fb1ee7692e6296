//! A Redis of a test's own, to be killed, frozen and brought back.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{Certificate, PATIENCE, closed_port};

/// A server that keeps nothing on disk and ends with its test.
pub struct RedisServer {
    scheme: &'static str,
    port: u16,
    tls_port: Option<u16>,
    folder: PathBuf,
    process: Child,
}

impl RedisServer {
    /// Starts one on a free port and waits until it answers.
    pub fn start() -> Self {
        Self::start_as("redis", Vec::new)
    }

    /// Starts a cluster of one node, which refuses what a cluster of many would.
    pub fn start_cluster() -> Self {
        let cluster = Self::start_as("redis-cluster", || {
            let bus_port = closed_port().to_string();
            let options =
                ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1", "--cluster-port"];
            options.into_iter().chain([bus_port.as_str()]).map(str::to_owned).collect()
        });
        assert_eq!(cluster.run("CLUSTER ADDSLOTSRANGE 0 16383"), "+OK");
        cluster
    }

    /// Starts one that speaks TLS too, on a port of its own, and shows `certificate` there.
    pub fn start_with_tls(certificate: &Certificate) -> Self {
        let port = closed_port();
        let text = |path: &Path| path.display().to_string();
        let options = || {
            let files = [("--tls-cert-file", &certificate.certificate), ("--tls-key-file", &certificate.key)];
            let files = files.into_iter().flat_map(|(option, path)| [option.to_owned(), text(path)]);
            let others = ["--tls-port", &port.to_string(), "--tls-auth-clients", "no"].map(str::to_owned);
            files.chain(others).collect()
        };
        let mut server = Self::start_as("redis", options);
        server.tls_port = Some(port);
        server
    }

    fn start_as(scheme: &'static str, options: impl Fn() -> Vec<String>) -> Self {
        let folder = std::env::temp_dir().join(format!("farol-redis-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        loop {
            let port = closed_port();
            let mut process = command(port, &folder).args(options()).spawn().expect(ON_THE_PATH);
            // Somebody else may have taken the port in between; then this server ends at once.
            if answers(port, &mut process) {
                return Self { scheme, port, tls_port: None, folder, process };
            }
        }
    }

    /// What `FAROL_REDIS_URL` would be.
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// The same with TLS, by this host name.
    pub fn tls_url(&self, host: &str) -> String {
        format!("rediss://{host}:{}", self.tls_port.expect("it was started with TLS"))
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again on its port, empty and alone.
    pub fn restart(&mut self) {
        self.kill();
        self.process = command(self.port, &self.folder).spawn().expect(ON_THE_PATH);
        assert!(answers(self.port, &mut self.process), "its port {} is taken", self.port);
    }

    /// Stops it in its tracks: connections stay open, and nothing answers.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Runs one command and gives the first line of its answer.
    pub fn run(&self, command: &str) -> String {
        ask(self.port, command).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.process.id()).unwrap()), signal).unwrap();
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Killing works on a frozen process too.
        self.kill();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

const ON_THE_PATH: &str = "redis-server is on the path";

fn command(port: u16, folder: &Path) -> Command {
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        // The process's environment stays readable, by which left-over servers are found.
        .args(["--set-proc-title", "no", "--dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Waits until it answers; false if it ended instead.
fn answers(port: u16, process: &mut Child) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        if ask(port, "PING").is_ok_and(|answer| answer == "+PONG") {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("redis-server on port {port} does not answer");
}

fn ask(port: u16, command: &str) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port))?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(format!("{command}\r\n").as_bytes())?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n") && connection.read(&mut byte)? > 0 {
        answer.extend(byte);
    }
    Ok(String::from_utf8_lossy(&answer).trim_end().to_owned())
}
