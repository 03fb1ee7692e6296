//! Real servers for tests: a topic, a database, an OTLP receiver, a Prometheus of each test's
//! own, a Redis to kill, and a way to wait for what must become true. Only tests depend on it.
//!
//! A test that cannot have its servers fails, and says how to run it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test kit stops at the first surprise")]

mod authority;
mod contract;
mod database;
mod flags_file;
mod kafka_broker;
mod keys;
mod otlp;
mod postgres_server;
mod prometheus_server;
mod record;
mod redis_server;
mod tls_front;
mod topic;
mod wire;

use std::future::Future;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use telemetry::{MetricsPage, Service, Telemetry, Traces};

pub use authority::{Authority, Certificate};
pub use contract::{DocumentedSpan, Page, described_metrics, documented_metrics, documented_spans};
pub use database::Database;
pub use flags_file::FlagsFile;
pub use kafka_broker::{Iam, KafkaBroker};
pub use keys::KeysFile;
pub use otlp::{OtlpReceiver, SeenSpan};
pub use postgres_server::PostgresServer;
pub use prometheus_server::PrometheusServer;
pub use record::Record;
pub use redis_server::RedisServer;
pub use tls_front::TlsFront;
pub use topic::Topic;

/// How long anything may take to become true before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Redis for tests.
pub fn redis_url() -> String {
    setting("FAROL_TEST_REDIS_URL")
}

/// Kafka for tests.
pub fn kafka_brokers() -> String {
    setting("FAROL_TEST_KAFKA_BROKERS")
}

/// Lets Prometheus's own tool judge a `/metrics` page: nothing may be wrong with it.
pub fn promtool_accepts(page: &str) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is not there: `make test` installs it");
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

/// A port of this machine where nobody listens, and that no listener on port 0 will be given:
/// it lies below the range that the system takes such ports from.
pub fn closed_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Each process of a test run starts somewhere else.
    static START: LazyLock<u16> = LazyLock::new(|| uuid::Uuid::new_v4().as_fields().1 % COUNT);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (*START + step % COUNT) % COUNT;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The metrics page of this test process; traces are off.
pub fn metrics() -> MetricsPage {
    static TELEMETRY: OnceLock<Telemetry> = OnceLock::new();
    let service = Service { name: "farol-test", version: "0" };
    TELEMETRY.get_or_init(|| telemetry::start_with(service, Traces::Off).unwrap()).metrics()
}

/// Waits until `look` finds something, looking again and again; fails with `what` when it never does.
pub async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests by `make test`"))
}
