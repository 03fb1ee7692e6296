//! A gateway and a worker that send every span, by way of a link that can be broken.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::collector_link::CollectorLink;
use crate::{
    bench::{
        Error,
        process::{Process, free_address},
        stack::{self, Servers},
    },
    load_check::{redis_server::RedisServer, requests::Requests},
};

/// What a bed stands on.
pub(crate) struct Ground {
    pub(crate) bin_dir: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) broker: String,
    pub(crate) topic: String,
    pub(crate) database_url: String,
    pub(crate) collector: SocketAddr,
}

/// Both services, ready.
pub(crate) struct Bed {
    pub(crate) gateway: Process,
    pub(crate) worker: Process,
    pub(crate) address: SocketAddr,
    pub(crate) requests: Requests,
    pub(crate) link: CollectorLink,
    _redis: RedisServer,
}

/// How long each service took to end.
pub(crate) struct Ended {
    pub(crate) gateway: Duration,
    pub(crate) worker: Duration,
}

impl Bed {
    pub(crate) async fn make(ground: &Ground) -> Result<Self, Error> {
        fs::create_dir_all(&ground.home).map_err(|error| Error::file(&ground.home, error))?;
        let unbound = |error| Error::file(Path::new("127.0.0.1:0"), error);
        let redis = RedisServer::start(&ground.home).await?;
        let link = CollectorLink::to(ground.collector).map_err(unbound)?;
        let key = format!("farol_{}", uuid::Uuid::new_v4().simple());
        let keys_file = stack::write_keys(&ground.home, &key)?;
        let servers = Servers {
            brokers: &ground.broker,
            topic: &ground.topic,
            database_url: &ground.database_url,
            redis_url: &redis.url(),
        };
        let endpoint = format!("http://{}", link.address);
        // every span: whatever production samples is less
        let traced =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_TRACES_SAMPLER", "always_on")];
        let (gateway_at, worker_at) = (free_address().map_err(unbound)?, free_address().map_err(unbound)?);
        let mut worker = stack::start_worker(&ground.bin_dir, &ground.home, &servers, &worker_at, &traced)?;
        let mut gateway =
            stack::start_gateway(&ground.bin_dir, &ground.home, &servers, &gateway_at, &keys_file, &traced)?;
        gateway.wait_ready(&gateway_at).await?;
        worker.wait_ready(&worker_at).await?;
        let address = gateway_at.parse().map_err(|error| Error::Dirty(format!("{gateway_at}: {error}")))?;
        let requests = Requests::new(gateway_at, key, ground.topic.clone());
        Ok(Self { gateway, worker, address, requests, link, _redis: redis })
    }

    /// Ends both; one that does not end by itself, or says it failed, is an error.
    pub(crate) async fn end(self) -> Result<Ended, Error> {
        let start = Instant::now();
        self.gateway.stop().await?;
        let gateway = start.elapsed();
        let start = Instant::now();
        self.worker.stop().await?;
        Ok(Ended { gateway, worker: start.elapsed() })
    }
}
