//! Building binds and connects, running serves until told to stop: two calls, so that a caller
//! learns the port in between.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use flags::{Flags, FlagsError, Program, Who};
use telemetry::MetricsPage;

use crate::admission::Admission;
use crate::backlog::Backlog;
use crate::config::{Config, Limits};
use crate::database::Database;
use crate::dependencies::Dependencies;
use crate::drain_rate::DrainRate;
use crate::keys::{KeyRing, KeysError};
use crate::management_listener::ManagementListener;
use crate::publisher::Publisher;
use crate::redis::Redis;
use crate::routes::{ApiDocument, LandingPage};
use crate::topic_check::TopicCheck;
use crate::{SERVICE, instruments, server, supervision};

/// Why the gateway could not start or ended.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The keys are not usable.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The flags are not usable.
    #[error(transparent)]
    Flags(#[from] FlagsError),
    /// librdkafka refused its settings.
    #[error("the Kafka client cannot be made: {0}")]
    Kafka(#[from] rdkafka::error::KafkaError),
    /// The pool refused its settings.
    #[error("the PostgreSQL pool cannot be made: {0}")]
    Pool(#[from] deadpool_postgres::BuildError),
    /// `FAROL_REDIS_URL` is no Redis address.
    #[error("FAROL_REDIS_URL is not a Redis URL")]
    Redis(#[from] fred::error::Error),
    /// The API's document cannot be written as JSON.
    #[error("the API's document cannot be written: {0}")]
    ApiDocument(#[from] serde_json::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {addr} ({setting}): {source}")]
    Listen {
        /// The variable that names the address.
        setting: &'static str,
        /// The configured address.
        addr: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The server ended by itself.
    #[error("the HTTP server failed: {0}")]
    Serve(#[from] std::io::Error),
    /// Events were still on their way when time was up; their clients got no 202.
    #[error("the Kafka producer could not be flushed in time: {0}")]
    Flush(rdkafka::error::KafkaError),
    /// A background task could not be waited for.
    #[error("a shutdown task did not run: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// What every handler can reach.
pub(crate) struct State {
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) flags: Arc<Flags>,
    pub(crate) publisher: Publisher,
    pub(crate) redis: Redis,
    pub(crate) database: Database,
    pub(crate) backlog: Backlog,
    pub(crate) dependencies: Dependencies,
    pub(crate) landing_page: LandingPage,
    pub(crate) api_document: ApiDocument,
    pub(crate) metrics: MetricsPage,
    pub(crate) limits: Limits,
    pub(crate) admission: Admission,
    pub(crate) drain_rate: DrainRate,
    /// How many events may be in the Kafka client before new requests are refused.
    queue_events: usize,
    /// How long an event may have to wait there: what waits up to the delivery timeout is given up.
    queue_patience: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) dev: bool,
    pub(crate) deployed_by: String,
    topic_check: TopicCheck,
    draining: AtomicBool,
}

impl State {
    /// Why this replica should get no requests; `None` while it should.
    pub(crate) fn not_ready_because(&self) -> Option<&'static str> {
        if self.is_draining() {
            return Some("draining");
        }
        if self.publisher.fatal_error().is_some() {
            return Some("producer_fatal");
        }
        self.topic_check.not_ready_because()
    }

    /// Whether it was told to end: it still serves, and sends its clients elsewhere.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether the Kafka client holds as much as it may: more would find no room, or would not leave
    /// before its delivery timeout, so that nothing at all would be acknowledged any more.
    pub(crate) fn queue_is_full(&self) -> bool {
        let room = self.drain_rate.room_within(self.queue_patience);
        self.publisher.queued() >= room.min(self.queue_events)
    }

    /// When a client that was refused for lack of room may come again.
    pub(crate) fn retry_after(&self) -> Duration {
        let (requests, _) = self.admission.in_flight();
        self.drain_rate.time_for(self.publisher.queued().max(requests))
    }
}

/// A gateway that listens but does not serve yet.
pub struct Gateway {
    server: Server,
    addr: SocketAddr,
    management: Option<ManagementListener>,
    state: Arc<State>,
    config: Config,
}

impl Gateway {
    /// Connects to what it needs and binds its address. Kafka, Redis and PostgreSQL may still be
    /// away: their clients keep trying.
    pub async fn build(config: Config, metrics: MetricsPage) -> Result<Self, StartError> {
        instruments::describe();
        let who = Who::this(Program::Gateway, SERVICE)?;
        let flags = Arc::new(Flags::load(config.flags_file.as_deref(), who).await?);
        let database = Database::connect(&config)?;
        let state = Arc::new(State {
            keys: Arc::new(KeyRing::load(config.keys_file.as_deref())?),
            flags,
            publisher: Publisher::connect(&config)?,
            redis: Redis::connect(&config.redis, &config.kafka.topic)?,
            backlog: Backlog::new(&config, database.clone())?,
            database,
            dependencies: Dependencies::new(&config)?,
            landing_page: LandingPage::new(&config),
            api_document: ApiDocument::new(&config)?,
            metrics,
            limits: config.limits,
            admission: Admission::new(&config.limits),
            drain_rate: DrainRate::default(),
            queue_events: config.kafka.queue_events,
            queue_patience: config.kafka.delivery_timeout / 2,
            body_timeout: config.http.body_timeout,
            dev: config.dev,
            deployed_by: config.deployed_by.clone(),
            topic_check: TopicCheck::new(config.dev),
            draining: AtomicBool::new(false),
        });
        let (server, addr) = server::listen(&config, Arc::clone(&state))?;
        let management = ManagementListener::bind(&config, Arc::clone(&state))?;
        Ok(Self { server, addr, management, state, config })
    }

    /// The address it is bound to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address of the management endpoints, where they have one of their own.
    pub fn management_addr(&self) -> Option<SocketAddr> {
        self.management.as_ref().map(ManagementListener::addr)
    }

    /// Serves until `stop` completes, then drains: readiness falls, load balancers get time to see it and connections
    /// to end with an answer, requests in flight finish, the producer is emptied; whoever manages it can watch to the end.
    pub async fn run(self, stop: impl Future<Output = std::io::Result<()>>) -> Result<(), StartError> {
        let Self { server, addr, management, state, config } = self;
        let mut management = ManagementListener::serve(management);
        tracing::info!(
            name: "gateway_started",
            %addr,
            topic = state.publisher.topic(),
            dev = state.dev,
            "gateway serves"
        );
        let background = [
            tokio::spawn(state.topic_check.clone().run(config.clone())),
            tokio::spawn(Arc::clone(&state.keys).follow()),
            tokio::spawn(Arc::clone(&state.flags).follow()),
            tokio::spawn(supervision::run(Arc::clone(&state))),
        ];
        let handle = server.handle();
        let serving = tokio::spawn(server);
        tokio::pin!(serving);
        tokio::select! {
            ended = &mut serving => return Ok(ended??),
            ended = management.ended() => return ended,
            stopped = stop => stopped?,
        }
        state.draining.store(true, Ordering::Relaxed);
        background.iter().for_each(tokio::task::JoinHandle::abort);
        tokio::time::sleep(config.shutdown.wait).await;
        handle.stop(true).await;
        serving.await??;
        let flush_timeout = config.kafka.delivery_timeout;
        let flushed = tokio::task::spawn_blocking(move || state.publisher.flush(flush_timeout)).await?;
        management.stop().await?;
        flushed.map_err(StartError::Flush)?;
        tracing::info!(name: "gateway_drained", "gateway drained");
        Ok(())
    }
}
