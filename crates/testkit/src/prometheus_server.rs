//! A Prometheus of a test's own that holds the series it is given, and scrapes nothing.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{PATIENCE, closed_port};

/// A server that ends with its test.
pub struct PrometheusServer {
    port: u16,
    folder: PathBuf,
    process: Child,
}

impl PrometheusServer {
    /// Starts one with these samples, written as OpenMetrics with their times and without the closing `# EOF`.
    pub fn start(samples: &str) -> Self {
        loop {
            // Somebody else may have taken the port in between; then this server ends at once.
            if let Some(server) = Self::start_at(closed_port(), samples) {
                return server;
            }
        }
    }

    /// Starts one on this port; `None` if it ended instead of answering there.
    pub fn start_at(port: u16, samples: &str) -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("farol-prometheus-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        store(&folder, samples);
        std::fs::write(folder.join("prometheus.yml"), "scrape_configs: []\n").unwrap();
        let process = command(port, &folder).spawn().expect("prometheus is on the path");
        let mut server = Self { port, folder, process };
        server.answers().then_some(server)
    }

    /// What `FAROL_PROMETHEUS_URL` would be.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until it answers; false if it ended instead.
    fn answers(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            if is_ready(self.port) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("prometheus on port {} does not answer", self.port);
    }
}

impl Drop for PrometheusServer {
    fn drop(&mut self) {
        // It may have ended by itself, when its port was taken.
        if self.process.try_wait().unwrap().is_none() {
            self.process.kill().unwrap();
        }
        self.process.wait().unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// Makes the samples into blocks, as a backfill does.
fn store(folder: &Path, samples: &str) {
    let file = folder.join("samples");
    std::fs::write(&file, format!("{samples}# EOF\n")).unwrap();
    let made = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&file, &folder.join("data")])
        .output()
        .expect("promtool is on the path");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn command(port: u16, folder: &Path) -> Command {
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn is_ready(port: u16) -> bool {
    use std::io::{Read as _, Write as _};
    let ask = || -> std::io::Result<String> {
        let mut connection = std::net::TcpStream::connect(("127.0.0.1", port))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.write_all(b"GET /-/ready HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.0 200"))
}
