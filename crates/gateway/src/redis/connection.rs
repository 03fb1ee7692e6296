//! A connection to Redis: every call waits a bounded time, is measured, and is not even
//! made while the breaker is open. Knows neither rates nor receipts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fred::clients::{Client, WithOptions};
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike as _, EventInterface as _};
use fred::types::Builder;
use fred::types::config::{ConnectionConfig, Options, ReconnectError, ReconnectPolicy, UnresponsiveConfig};

use tracing::Span;
use tracing::field::Empty;

use super::breaker::Breaker;
use super::server;
use crate::config;
use crate::instruments::{self, RedisFailure, RedisOperation};

/// Commands that may wait inside fred for their turn on the socket; one more fails at once.
const MAX_QUEUED: usize = 4_096;
/// How long connecting, and then introducing itself, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection that answers nothing for so long is given up for a new one.
const SILENCE: Duration = Duration::from_secs(1);
const SILENCE_CHECK: Duration = Duration::from_millis(250);
/// Between tries to connect, the first one included: doubled each time up to the longest.
const CONNECT_DELAY_MS: u32 = 20;
const LONGEST_CONNECT_DELAY_MS: u32 = 2_000;
/// How long after fred's own task ended it is started again.
const RESTART_DELAY: Duration = Duration::from_secs(5);

pub(super) struct Connection {
    client: WithOptions<Client>,
    /// One for all connections: they have one Redis.
    breaker: Arc<Breaker>,
    timeout: Duration,
    /// Host and port of the first node, for spans.
    server: (String, i64),
}

impl Connection {
    /// Starts to connect and returns at once: the gateway serves with or without Redis.
    pub(super) fn open(config: &config::Redis) -> Result<Self, Error> {
        let mut redis = server::settings(config)?;
        // Else fred gives up for good when Redis is away at the start.
        redis.fail_fast = false;
        let server = redis.server.hosts().into_iter().next();
        let server =
            server.map_or_else(Default::default, |server| (server.host.to_string(), i64::from(server.port)));
        let mut reconnect =
            ReconnectPolicy::new_exponential(0, CONNECT_DELAY_MS, LONGEST_CONNECT_DELAY_MS, 2);
        reconnect.set_jitter(CONNECT_DELAY_MS);
        let client = Builder::from_config(redis.clone())
            .with_connection_config(bound)
            .set_policy(reconnect)
            .build()?;
        tokio::spawn(server::tell_of_handshakes(redis, client.error_rx()));
        tokio::spawn(stay_connected(client.clone()));
        let client = client.with_options(&once_within(config.timeout));
        Ok(Self { client, breaker: Arc::new(Breaker::closed()), timeout: config.timeout, server })
    }

    /// One more to the same Redis, served by the runtime that this is called in.
    pub(super) fn another(&self) -> Self {
        let client = self.client.clone_new();
        tokio::spawn(stay_connected(client.clone()));
        let client = client.with_options(&once_within(self.timeout));
        Self {
            client,
            breaker: Arc::clone(&self.breaker),
            timeout: self.timeout,
            server: self.server.clone(),
        }
    }

    /// How long a request waits for Redis at most.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// For the work of a [`Self::call`].
    pub(super) fn client(&self) -> &WithOptions<Client> {
        &self.client
    }

    /// The same for the work of a [`Self::call_within`] this patience.
    pub(super) fn patient_client(&self, patience: Duration) -> WithOptions<Client> {
        (*self.client).with_options(&once_within(patience))
    }

    /// What Redis answers to `work`, if it does so as long as a request may wait.
    pub(super) async fn call<T>(
        &self,
        operation: RedisOperation,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        self.call_within(self.timeout, operation, work).await
    }

    /// What Redis answers to `work` within `patience`, for some requests at once, whose spans these are.
    pub(super) async fn call_for<T>(
        &self,
        requests: &[Span],
        patience: Duration,
        operation: RedisOperation,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        self.attempt(requests, patience, operation, work).await
    }

    /// What Redis answers to `work` within `patience`.
    pub(super) async fn call_within<T>(
        &self,
        patience: Duration,
        operation: RedisOperation,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        self.attempt(&[Span::current()], patience, operation, work).await
    }

    /// An answer that comes later than a request would have waited is used, but speaks against asking.
    async fn attempt<T>(
        &self,
        requests: &[Span],
        patience: Duration,
        operation: RedisOperation,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        let began = Instant::now();
        let Some(pass) = self.breaker.enter(began) else {
            instruments::redis_skipped(operation);
            return None;
        };
        let spans: Vec<Span> = requests
            .iter()
            .filter(|request| telemetry::is_recorded(request))
            .map(|request| self.span(request, operation))
            .collect();
        let outcome = tokio::time::timeout(patience, work).await;
        let took = began.elapsed();
        let (answer, failure) = match outcome {
            Ok(Ok(answer)) => (Some(answer), None),
            Ok(Err(error)) => {
                tracing::debug!(%error, ?operation, "redis did not do as it was asked");
                (None, Some(failure(error.kind())))
            }
            Err(_) => (None, Some(RedisFailure::Timeout)),
        };
        if let Some(failure) = failure {
            for span in &spans {
                span.record("otel.status_code", "error");
                span.record("error.type", failure.name());
            }
        }
        instruments::redis_call(operation, took, failure);
        match answer.is_some() && took <= self.timeout {
            true => pass.succeeded(),
            false => pass.failed(began + took),
        }
        answer
    }

    /// The call as a part of one request; what is written off their path belongs to none.
    fn span(&self, request: &Span, operation: RedisOperation) -> Span {
        tracing::info_span!(
            parent: request,
            "redis",
            otel.name = operation.name(),
            otel.kind = "client",
            otel.status_code = Empty,
            error.r#type = Empty,
            db.system.name = "redis",
            db.operation.name = operation.name(),
            server.address = self.server.0,
            server.port = self.server.1,
        )
    }
}

/// Everything in fred that could wait or grow without end.
fn bound(connection: &mut ConnectionConfig) {
    connection.connection_timeout = CONNECT_TIMEOUT;
    connection.internal_command_timeout = CONNECT_TIMEOUT;
    connection.max_command_buffer_len = MAX_QUEUED;
    // Nothing is tried twice: the script may have taken from the rate although its answer is lost.
    connection.max_command_attempts = 1;
    connection.unresponsive = UnresponsiveConfig { max_timeout: Some(SILENCE), interval: SILENCE_CHECK };
    // Small commands wait for nobody's acknowledgement.
    connection.tcp.nodelay = Some(true);
    connection.reconnect_on_auth_error = true;
    connection.reconnect_errors = vec![
        ReconnectError::ClusterDown,
        ReconnectError::Loading,
        ReconnectError::MasterDown,
        ReconnectError::ReadOnly,
    ];
}

fn once_within(patience: Duration) -> Options {
    Options { timeout: Some(patience), max_attempts: Some(1), fail_fast: true, ..Options::default() }
}

/// fred reconnects for ever, except after answers that it takes for a mistake in its settings.
async fn stay_connected(client: Client) {
    loop {
        match client.connect().await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => {
                tracing::warn!(
                    name: "redis_client_ended",
                    %error,
                    "the Redis client ended; it is started again"
                )
            }
            Err(error) => {
                tracing::error!(
                    name: "redis_client_broke_off",
                    %error,
                    "the Redis client broke off; it is started again"
                )
            }
        }
        tokio::time::sleep(RESTART_DELAY).await;
    }
}

fn failure(kind: &ErrorKind) -> RedisFailure {
    match kind {
        ErrorKind::Timeout => RedisFailure::Timeout,
        ErrorKind::Backpressure => RedisFailure::Backpressure,
        ErrorKind::IO | ErrorKind::Canceled | ErrorKind::Routing => RedisFailure::Connection,
        _ => RedisFailure::Reply,
    }
}
