//! One gateway to be loaded, on a Redis and a link of its own; and what it can be asked.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer as _},
};
use tokio::time::{Instant, sleep};

use super::{
    connection::Connection, link::Link, redis_server::RedisServer, requests::Requests, tally::Outcome,
};
use crate::bench::{
    Error,
    process::{Process, free_address},
    stack::{self, Servers},
};

/// The gateway's deadlines and limits that the checks speak of: its defaults, said once more so
/// that a changed default cannot silently move a bound.
pub(crate) const DELIVERY_TIMEOUT: Duration = Duration::from_secs(8);
/// What the gateway gives the Kafka client beyond the delivery timeout.
pub(crate) const DELIVERY_GRACE: Duration = Duration::from_secs(2);
pub(crate) const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than the default, which would let the check wait 75 s.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(5);
pub(crate) const REDIS_TIMEOUT: Duration = Duration::from_millis(20);
pub(crate) const IN_FLIGHT_MIB: usize = 64;
pub(crate) const QUEUE_MIB: usize = 64;
const SETTINGS: [(&str, &str); 9] = [
    ("FAROL_DELIVERY_TIMEOUT", "8s"),
    ("FAROL_HEADER_TIMEOUT", "10s"),
    ("FAROL_BODY_TIMEOUT", "10s"),
    ("FAROL_KEEP_ALIVE", "5s"),
    ("FAROL_REDIS_TIMEOUT", "20ms"),
    ("FAROL_MAX_IN_FLIGHT_BYTES", "67108864"),
    ("FAROL_KAFKA_QUEUE_KIB", "65536"),
    // as shipped: FAROL_DEV alone would record every trace
    ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
    ("OTEL_TRACES_SAMPLER_ARG", "0.01"),
];
const POLL: Duration = Duration::from_millis(50);
const QUIET_WITHIN: Duration = Duration::from_secs(30);
const KAFKA_PATIENCE: Duration = Duration::from_secs(10);

/// What every bed of one command stands on.
pub(crate) struct Ground {
    pub(crate) bin_dir: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) broker: String,
    pub(crate) topic: String,
    pub(crate) partitions: i32,
    pub(crate) database_url: String,
}

/// A gateway that serves.
pub(crate) struct Bed<'g> {
    ground: &'g Ground,
    pub(crate) gateway: Process,
    pub(crate) address: SocketAddr,
    pub(crate) requests: Requests,
    pub(crate) link: Link,
    pub(crate) redis: RedisServer,
}

impl<'g> Bed<'g> {
    /// Starts everything in a folder of its own, `name`.
    pub(crate) async fn make(ground: &'g Ground, name: &str) -> Result<Self, Error> {
        let home = ground.home.join(name);
        fs::create_dir_all(&home).map_err(|error| Error::file(&home, error))?;
        let redis = RedisServer::start(&home).await?;
        let link = Link::to(&ground.broker).await;
        let link =
            link.map_err(|error| Error::Kafka { brokers: ground.broker.clone(), cause: error.to_string() })?;
        let key = format!("farol_{}", uuid::Uuid::new_v4().simple());
        let keys_file = stack::write_keys(&home, &key)?;
        let at = free_address().map_err(|error| Error::file(Path::new("127.0.0.1:0"), error))?;
        let servers = Servers {
            brokers: &link.address,
            topic: &ground.topic,
            database_url: &ground.database_url,
            redis_url: &redis.url(),
        };
        let mut gateway = stack::start_gateway(&ground.bin_dir, &home, &servers, &at, &keys_file, &SETTINGS)?;
        gateway.wait_ready(&at).await?;
        let address = at.parse().map_err(|error| Error::Dirty(format!("{at}: {error}")))?;
        let requests = Requests::new(at, key, format!("{}-{name}", ground.topic));
        Ok(Self { ground, gateway, address, requests, link, redis })
    }

    /// Ends it; a gateway that does not end by itself is an error.
    pub(crate) async fn clear(self) -> Result<(), Error> {
        self.gateway.stop().await
    }

    /// The value of a gauge without labels, if the gateway has it.
    pub(crate) async fn gauge(&self, name: &str) -> Result<Option<f64>, Error> {
        let failed = |error: std::io::Error| Error::Dirty(format!("/metrics: {error}"));
        let mut connection = Connection::open(self.address).await.map_err(failed)?;
        let answer = connection.exchange(&self.requests.page("/metrics")).await.map_err(failed)?;
        Ok(sample(&String::from_utf8_lossy(&answer.body), name))
    }

    /// Waits until no request is in and the Kafka client holds nothing; how long that took.
    pub(crate) async fn quiet(&self) -> Result<Option<Duration>, Error> {
        let start = Instant::now();
        while start.elapsed() < QUIET_WITHIN {
            let requests = self.gauge("farol_in_flight_requests").await?;
            let queued = self.gauge("farol_kafka_queue_events").await?;
            if requests == Some(0.0) && queued == Some(0.0) {
                return Ok(Some(start.elapsed()));
            }
            sleep(POLL).await;
        }
        Ok(None)
    }

    /// Sends one event.
    pub(crate) async fn send(&self, requests: &Requests, number: u64) -> Outcome {
        let exchange = async {
            let mut connection = Connection::open(self.address).await?;
            connection.exchange(&requests.render(number)).await
        };
        Outcome::of(exchange.await, requests.events_per_request())
    }

    /// How many records the topic has held, asked of the broker without the link.
    pub(crate) async fn records(&self) -> Result<i64, Error> {
        let (broker, topic, partitions) =
            (self.ground.broker.clone(), self.ground.topic.clone(), self.ground.partitions);
        let counted = tokio::task::spawn_blocking(move || count(&broker, &topic, partitions)).await;
        let counted = counted.map_err(|error| Error::Dirty(error.to_string()))?;
        let brokers = || self.ground.broker.clone();
        counted.map_err(|error| Error::Kafka { brokers: brokers(), cause: error.to_string() })
    }
}

fn count(broker: &str, topic: &str, partitions: i32) -> Result<i64, rdkafka::error::KafkaError> {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", broker).set("group.id", topic).create()?;
    let ends = (0..partitions).map(|partition| consumer.fetch_watermarks(topic, partition, KAFKA_PATIENCE));
    ends.map(|ends| ends.map(|(_, end)| end)).sum()
}

/// The value of a metric without labels in Prometheus' text format.
fn sample(page: &str, name: &str) -> Option<f64> {
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok();
    page.lines().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn a_gauge_is_found_by_its_whole_name() {
        let page = "# TYPE a gauge\nab 2\na 1\na{b=\"c\"} 3\n";
        assert_eq!(sample(page, "a"), Some(1.0));
        assert_eq!(sample(page, "b"), None);
    }
}
