//! What every group of rows stands on: the servers, a folder and topics of this run's own, and the sides that are
//! started from it. It knows nothing of what is measured.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    Error,
    listener::Server,
    load::{Load, Pace},
    process::{Process, command, free_address},
    requests::{Requests, Shape, Target},
    side::{Neighbours, Side},
    stack::{self, Servers},
    topic::Topic,
};
use crate::flights::Flight;

/// As it is shipped: `deploy/kubernetes/base` says the same.
pub(crate) const SHIPPED_SAMPLING: [(&str, &str); 2] =
    [("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.01")];

/// What one bench command stands on.
pub(crate) struct Ground {
    pub(crate) bin_dir: PathBuf,
    pub(crate) home: PathBuf,
    /// This run's name, in topics and ids.
    pub(crate) run: String,
    pub(crate) brokers: String,
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
    pub(crate) flights: Vec<Flight>,
    pub(crate) size: Size,
    pub(crate) neighbours: Neighbours,
    topics: Mutex<Vec<Topic>>,
    started: AtomicUsize,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) connections: usize,
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) partitions: u16,
    pub(crate) soak: Duration,
}

/// What a gateway tells of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Telemetry {
    /// One trace of a hundred.
    Shipped,
    Everything,
    NoTraces,
}

impl Size {
    /// Rounds of half a second: whether everything works, not how fast it is.
    pub(crate) fn quick(self, rounds: usize) -> Self {
        let second = Duration::from_secs(1);
        Self { rounds, round: second / 2, warm_up: second / 4, soak: 2 * second, ..self }
    }

    /// A load that lasts a round, or as long as the warm-up.
    pub(crate) fn loads(&self, pace: Pace) -> [Load; 2] {
        [self.warm_up, self.round].map(|length| Load { connections: self.connections, length, pace })
    }
}

impl Ground {
    pub(crate) fn new(
        bin_dir: PathBuf,
        [brokers, database_url, redis_url]: [String; 3],
        flights: Vec<Flight>,
        size: Size,
    ) -> Self {
        let run = format!("farol_bench_{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let kafka = Server::at(brokers.split(',').next().unwrap_or_default());
        let neighbours = Neighbours { kafka, redis: redis_server(&redis_url) };
        let home = std::env::temp_dir().join(&run);
        let (topics, started) = (Mutex::default(), AtomicUsize::new(0));
        Self {
            bin_dir,
            home,
            run,
            brokers,
            database_url,
            redis_url,
            flights,
            size,
            neighbours,
            topics,
            started,
        }
    }

    /// A new topic; it is removed with the ground.
    pub(crate) async fn topic(&self, partitions: u16) -> Result<String, Error> {
        let name = format!("{}_{}", self.run, self.started.fetch_add(1, Ordering::Relaxed));
        let topic = Topic::create(&self.brokers, name.clone(), partitions.into()).await?;
        self.topics.lock().unwrap_or_else(PoisonError::into_inner).push(topic);
        Ok(name)
    }

    /// An empty folder for one process.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.home.join(format!("{name}-{}", self.started.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&folder).map_err(|error| Error::file(&folder, error))?;
        Ok(folder)
    }

    /// Requests for one side.
    pub(crate) fn requests(&self, side: &Side, shape: Shape) -> Arc<Requests> {
        let run = &self.run.rsplit('_').next().unwrap_or_default()[..6];
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        Arc::new(Requests::new(&side.target, &format!("{run}{number}"), &self.flights, shape))
    }

    /// The yardstick: an actix handler that answers at once.
    pub(crate) async fn bare(&self) -> Result<Side, Error> {
        let (process, address) = self.handler("bare").await?;
        Side::new("bare", process, Target { host: address, key: None })
    }

    /// A process that answers whatever it is sent: the yardstick, or a collector that keeps nothing.
    async fn handler(&self, name: &'static str) -> Result<(Process, String), Error> {
        let address = free()?;
        let this = std::env::current_exe().map_err(|error| Error::file(Path::new("farolctl"), error))?;
        let log = self.folder(name)?.join("handler.log");
        let mut command = command(&this, &log, &[])?;
        command.args(["bare-handler", "--port", address.rsplit(':').next().unwrap_or_default()]);
        let mut process = Process::start(name, command, log)?;
        process.wait_ready(&address).await?;
        Ok((process, address))
    }

    /// Something that takes spans as a collector does.
    pub(crate) async fn collector(&self) -> Result<(Process, String), Error> {
        self.handler("collector").await
    }

    /// A gateway with keys, Redis, metrics and a topic of its own.
    pub(crate) async fn gateway(
        &self,
        name: &'static str,
        topic: &str,
        telemetry: Telemetry,
        collector: &str,
    ) -> Result<Side, Error> {
        let (mut process, target) = self.start_gateway(&self.bin_dir, topic, telemetry, collector)?;
        process.wait_ready(&target.host).await?;
        Side::new(name, process, target)
    }

    /// The same from any build, and not waited for.
    pub(crate) fn start_gateway(
        &self,
        bin_dir: &Path,
        topic: &str,
        telemetry: Telemetry,
        collector: &str,
    ) -> Result<(Process, Target), Error> {
        let home = self.folder("gateway")?;
        let address = free()?;
        let key = format!("farol_{}", uuid::Uuid::new_v4().simple());
        let keys_file = stack::write_keys(&home, &key)?;
        let servers = self.servers(topic);
        let endpoint = format!("http://{collector}");
        let mut more = vec![("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("FAROL_LOG", "info")];
        more.extend(match telemetry {
            Telemetry::Shipped => SHIPPED_SAMPLING.to_vec(),
            Telemetry::Everything => vec![("OTEL_TRACES_SAMPLER", "parentbased_always_on")],
            Telemetry::NoTraces => vec![("OTEL_SDK_DISABLED", "true")],
        });
        let process = stack::start_gateway(bin_dir, &home, &servers, &address, &keys_file, &more)?;
        Ok((process, Target { host: address, key: Some(key) }))
    }

    pub(crate) fn servers<'a>(&'a self, topic: &'a str) -> Servers<'a> {
        Servers {
            brokers: &self.brokers,
            topic,
            database_url: &self.database_url,
            redis_url: &self.redis_url,
        }
    }

    /// Removes the topics so far.
    pub(crate) async fn remove_topics(&self) -> Result<(), Error> {
        let topics = std::mem::take(&mut *self.topics.lock().unwrap_or_else(PoisonError::into_inner));
        for topic in topics {
            topic.remove().await?;
        }
        Ok(())
    }

    /// Removes the topics; and the folder, unless its logs are to be read.
    pub(crate) async fn clear(&self, keep_logs: bool) -> Result<(), Error> {
        self.remove_topics().await?;
        if self.home.exists() && !keep_logs {
            fs::remove_dir_all(&self.home).map_err(|error| Error::file(&self.home, error))?;
        }
        Ok(())
    }
}

/// A free address on loopback.
pub(crate) fn free() -> Result<String, Error> {
    free_address().map_err(|error| Error::file(Path::new("127.0.0.1:0"), error))
}

fn redis_server(url: &str) -> Server {
    let url = reqwest::Url::parse(url).ok();
    let address = url.and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port().unwrap_or(6379))));
    Server::at(&address.unwrap_or_default())
}
