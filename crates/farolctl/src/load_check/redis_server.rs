//! A Redis of the load check's own, to be killed and frozen.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::bench::{
    Error,
    process::{Process, command, free_address},
};

const PROGRAM: &str = "redis-server";
const READY_WITHIN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// A Redis on a port that stays its own while it is down.
pub(crate) struct RedisServer {
    address: String,
    log: PathBuf,
    process: Option<Process>,
}

impl RedisServer {
    /// Starts it and waits until it answers; its log goes into `home`.
    pub(crate) async fn start(home: &Path) -> Result<Self, Error> {
        let address = free_address().map_err(|error| Error::file(Path::new("127.0.0.1:0"), error))?;
        let mut server = Self { address, log: home.join("redis.log"), process: None };
        server.restart().await?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/0", self.address)
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        drop(self.process.take());
    }

    /// `STOP` freezes it, `CONT` thaws it.
    pub(crate) fn signal(&self, name: &str) -> Result<(), Error> {
        self.process.as_ref().map_or(Ok(()), |process| process.signal(name))
    }

    /// Starts it, empty, where it was before.
    pub(crate) async fn restart(&mut self) -> Result<(), Error> {
        let port = self.address.rsplit(':').next().unwrap_or_default();
        let mut command = command(Path::new(PROGRAM), &self.log, &[])?;
        command.args(["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"]);
        command.args(["--maxmemory", "128mb", "--maxmemory-policy", "volatile-ttl"]).stdin(Stdio::null());
        let process = Process::start(PROGRAM, command, self.log.clone());
        let process = self.process.insert(process.map_err(missing)?);
        let deadline = Instant::now() + READY_WITHIN;
        while !answers(&self.address).await {
            if Instant::now() > deadline {
                return Err(process.failed("does not answer".to_owned()));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

fn missing(error: Error) -> Error {
    match error {
        Error::File { cause, .. } if cause.kind() == io::ErrorKind::NotFound => Error::Dirty(format!(
            "{PROGRAM} is not on PATH: install Redis 7 (Debian: apt-get install {PROGRAM})"
        )),
        other => other,
    }
}

async fn answers(address: &str) -> bool {
    let ping = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"PING\r\n").await?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await?;
        io::Result::Ok(answer == *b"+PONG")
    };
    matches!(tokio::time::timeout(Duration::from_secs(1), ping).await, Ok(Ok(true)))
}
