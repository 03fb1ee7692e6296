//! Every setting of the worker, read once at start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use kafka::Cluster;
use postgres::Server;
use service::{Environment, Mistakes};

use crate::retention::Retention;

/// The worker's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `FAROL_MANAGEMENT_ADDR`: where `/health`, `/ready` and `/metrics` are.
    pub management_addr: SocketAddr,
    /// `FAROL_KAFKA_BROKERS`: Kafka's bootstrap servers, and how connections to them are secured.
    pub kafka: Cluster,
    /// `FAROL_KAFKA_TOPIC`: where events come from.
    pub kafka_topic: String,
    /// `FAROL_KAFKA_GROUP`: the consumer group that shares the topic's partitions.
    pub kafka_group: String,
    /// `FAROL_KAFKA_INSTANCE_ID`: static membership. A worker that comes back under its id within
    /// the session timeout keeps its partitions, and nobody else is disturbed.
    pub kafka_instance_id: Option<String>,
    /// `FAROL_DATABASE_URL`, `FAROL_DATABASE_CA_FILE`: the PostgreSQL that keeps rows, dead letters and ledger.
    pub database: Server,
    /// What ends a batch.
    pub batch: BatchLimits,
    /// How long rows and their identities stay.
    pub retention: Retention,
    /// `FAROL_FLAGS_FILE`: what operators change while it runs; without it the built-in values hold.
    pub flags_file: Option<PathBuf>,
    /// `FAROL_FLUSH_TIMEOUT`: how long the last spans may take.
    pub flush_timeout: Duration,
}

/// What ends a batch, whichever comes first. The transaction of one batch, and so what is lost
/// and repeated after a crash, is bounded by these.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// `FAROL_BATCH_MAX_RECORDS`
    pub records: usize,
    /// `FAROL_BATCH_MAX_BYTES`, counted over keys, values and headers. While one batch is stored the next is collected, so
    /// twice that is held.
    pub bytes: usize,
    /// `FAROL_BATCH_MAX_AGE`: the longest a record waits for company.
    pub age: Duration,
}

impl Config {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn read(mut env: Environment<'_>) -> Result<Self, Mistakes> {
        let management_addr = management_addr(&mut env);
        let kafka = Cluster::read(&mut env);
        let kafka_topic = env.or("FAROL_KAFKA_TOPIC", "farol.events");
        let kafka_group = env.or("FAROL_KAFKA_GROUP", "farol-worker");
        let kafka_instance_id = env.or::<String>("FAROL_KAFKA_INSTANCE_ID", "");
        let database = Server::read(&mut env);
        let records = env.number("FAROL_BATCH_MAX_RECORDS", 5_000, 1..=100_000);
        let bytes = env.number("FAROL_BATCH_MAX_BYTES", 16 << 20, 1_024..=256 << 20);
        let age = env.duration("FAROL_BATCH_MAX_AGE", "10ms");
        let rows = env.optional_duration("FAROL_ROW_RETENTION");
        let uniqueness = env.duration("FAROL_UNIQUENESS_WINDOW", "14days");
        let flags_file = env.optional("FAROL_FLAGS_FILE");
        let flush_timeout = env.duration("FAROL_FLUSH_TIMEOUT", "5s");
        let config = (|| {
            Some(Self {
                management_addr: management_addr?,
                kafka: kafka?,
                kafka_topic: kafka_topic?,
                kafka_group: kafka_group?,
                kafka_instance_id: Some(kafka_instance_id?).filter(|id| !id.is_empty()),
                database: database?,
                batch: BatchLimits { records: records?, bytes: bytes?, age: age? },
                retention: Retention { rows: rows?, uniqueness: uniqueness? },
                flags_file: flags_file?,
                flush_timeout: flush_timeout?,
            })
        })();
        env.finish(config)
    }

    /// Where `/ready` answers. Reads no other setting: who asks needs none.
    pub fn management_addr(mut env: Environment<'_>) -> Result<SocketAddr, Mistakes> {
        let addr = management_addr(&mut env);
        env.finish(addr)
    }
}

fn management_addr(env: &mut Environment<'_>) -> Option<SocketAddr> {
    env.or("FAROL_MANAGEMENT_ADDR", "127.0.0.1:8081")
}
