//! Building binds and connects, running consumes until told to stop.

use std::cell::Cell;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use flags::{Flags, FlagsError, Program, Who};
use telemetry::MetricsPage;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::consumer::Consumer;
use crate::failure::{Backoff, Class};
use crate::gauges::Gauges;
use crate::pipeline::Pipeline;
use crate::status::{Reason, Status};
use crate::stop::Stop;
use crate::store::{Store, StoreError};
use crate::{SERVICE, gauges, instruments, management, retention};

/// A Kafka client that lived so long did not die of how it was started.
const STEADY: Duration = Duration::from_secs(60);

/// Why the worker could not start or ended.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The pool refused its settings.
    #[error("the PostgreSQL pool cannot be made: {0}")]
    Pool(#[from] deadpool_postgres::BuildError),
    /// The flags are not usable.
    #[error(transparent)]
    Flags(#[from] FlagsError),
    /// librdkafka refused its settings.
    #[error("the Kafka consumer cannot be made: {0}")]
    Kafka(#[from] rdkafka::error::KafkaError),
    /// The address cannot be listened on.
    #[error("cannot listen on {addr} (FAROL_MANAGEMENT_ADDR): {source}")]
    Listen {
        /// The configured address.
        addr: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The management server or the signal handler failed.
    #[error("the worker's listener failed: {0}")]
    Serve(#[from] std::io::Error),
    /// The pipeline's thread panicked.
    #[error("the pipeline did not end properly: {0}")]
    Pipeline(#[from] tokio::task::JoinError),
}

/// A worker that listens but does not consume yet.
pub struct Worker {
    config: Config,
    store: Store,
    status: Status,
    flags: Arc<Flags>,
    server: Server,
    addr: SocketAddr,
}

impl Worker {
    /// Binds the management address. Kafka and PostgreSQL may still be away.
    pub async fn build(config: Config, metrics: MetricsPage) -> Result<Self, StartError> {
        instruments::describe();
        let who = Who::this(Program::Worker, SERVICE)?;
        let flags = Arc::new(Flags::load(config.flags_file.as_deref(), who).await?);
        let store = Store::connect(&config.database)?;
        let status = Status::starting();
        let (server, addr) =
            management::listen(config.management_addr, status.clone(), Arc::clone(&flags), metrics)
                .map_err(|source| StartError::Listen { addr: config.management_addr, source })?;
        Ok(Self { config, store, status, flags, server, addr })
    }

    /// The management address it is bound to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Consumes until `stop` completes; then the batch in hand is finished and the group is left.
    pub async fn run(self, stop: impl Future<Output = std::io::Result<()>>) -> Result<(), StartError> {
        let Self { config, store, status, flags, server, addr } = self;
        tracing::info!(
            name: "worker_started",
            %addr,
            topic = config.kafka_topic,
            group = config.kafka_group,
            "worker starts"
        );
        let management = server.handle();
        let serving = tokio::spawn(server);
        let told = Stop::default();
        // A caller that drops this future must not leave the pipeline's thread behind.
        let _guard = told.when_dropped();
        let gauges = Arc::new(Gauges::default());
        let keeping = [
            tokio::spawn(Arc::clone(&flags).follow()),
            tokio::spawn(retention::keep(config.clone(), store.clone(), status.clone(), flags)),
            tokio::spawn(gauges::keep(config.clone(), store.clone(), Arc::clone(&gauges))),
        ];
        let pipeline = {
            let (status, told, runtime) = (status.clone(), told.clone(), Handle::current());
            tokio::task::spawn_blocking(move || consume(&config, store, status, runtime, told, &gauges))
        };
        tokio::pin!(pipeline);
        let outcome = tokio::select! {
            ended = &mut pipeline => ended?,
            stopped = stop => {
                stopped?;
                status.draining();
                told.now();
                pipeline.await?
            }
        };
        keeping.iter().for_each(JoinHandle::abort);
        management.stop(true).await;
        serving.await??;
        outcome
    }
}

fn consume(
    config: &Config,
    store: Store,
    status: Status,
    runtime: Handle,
    stop: Stop,
    gauges: &Arc<Gauges>,
) -> Result<(), StartError> {
    wait_for_schema(&store, &status, &runtime, &stop);
    let mut backoff = Backoff::new();
    loop {
        let (store, status, runtime) = (store.clone(), status.clone(), runtime.clone());
        let (gauges, told) = (Arc::clone(gauges), stop.clone());
        let joined = Consumer::join(config, store.clone(), runtime.clone(), told, status.clone(), gauges);
        let Some(consumer) = joined? else { return Ok(()) };
        let joined = Instant::now();
        let (limits, stop_too, heard) = (config.batch, stop.clone(), Cell::default());
        Pipeline { consumer, store, limits, status, runtime, stop: stop_too, heard }.run();
        if stop.is_set() {
            return Ok(());
        }
        // Positions are the ledger's: a new client goes on where the dead one has committed.
        instruments::consumer_rebuilt();
        if joined.elapsed() > STEADY {
            backoff = Backoff::new();
        }
        stop.wait(backoff.next_wait());
    }
}

/// Consuming without tables would only fail; joining the group first would keep partitions from
/// workers that could.
fn wait_for_schema(store: &Store, status: &Status, runtime: &Handle, stop: &Stop) {
    let mut backoff = Backoff::new();
    while !stop.is_set() {
        let ready = async {
            store.check_schema().await?;
            store.create_partitions().await
        };
        match runtime.block_on(ready) {
            Ok(_) => return status.joining(),
            Err(error) => {
                report_schema(&error, status);
                std::thread::sleep(backoff.next_wait().min(Duration::from_secs(2)));
            }
        }
    }
}

fn report_schema(error: &StoreError, status: &Status) {
    match error.class() {
        Class::Structural => {
            status.stopped(Reason::Database);
            tracing::error!(
                name: "schema_missing",
                %error,
                "PostgreSQL cannot be used; where the schema is missing or too old, run `farol-worker migrate`"
            );
        }
        Class::Transient | Class::Data => {
            tracing::warn!(name: "waiting_for_postgres", %error, "waiting for PostgreSQL")
        }
    }
}
