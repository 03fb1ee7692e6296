//! Every setting of the gateway, read once at start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use service::{Environment, Mistakes, Secret};

/// The gateway's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `FAROL_HTTP_ADDR`: where it listens.
    pub http_addr: SocketAddr,
    /// `FAROL_KAFKA_BROKERS`: Kafka's bootstrap servers, comma-separated.
    pub kafka_brokers: String,
    /// `FAROL_KAFKA_TOPIC`: where events go.
    pub kafka_topic: String,
    /// `FAROL_DELIVERY_TIMEOUT`: how long Kafka may take to acknowledge one event. Below any
    /// client's patience, so that a request ends with an answer.
    pub delivery_timeout: Duration,
    /// `FAROL_MIN_RETENTION`: how long the topic must keep records, longer than any outage of the worker.
    pub min_retention: Duration,
    /// `FAROL_DATABASE_URL`: PostgreSQL, for look-ups only.
    pub database_url: Secret,
    /// `FAROL_REDIS_URL`: Redis, for receipts only.
    pub redis_url: Secret,
    /// `FAROL_RECEIPT_WINDOW`: how long a repeated event gets its first receipt again.
    pub receipt_window: Duration,
    /// `FAROL_KEYS_FILE`: who may write and read; `None` where `FAROL_AUTH=off` says so by name.
    pub keys_file: Option<PathBuf>,
    /// `FAROL_MAX_EVENT_BYTES`: the largest body taken.
    pub max_event_bytes: usize,
    /// `FAROL_BODY_TIMEOUT`: how long a client may take to send its body.
    pub body_timeout: Duration,
    /// `FAROL_SHUTDOWN_WAIT`: how long it goes on serving after readiness fell, for load balancers.
    pub shutdown_wait: Duration,
    /// `FAROL_SHUTDOWN_TIMEOUT`: how long requests in flight may take after that.
    pub shutdown_timeout: Duration,
    /// `FAROL_FLUSH_TIMEOUT`: how long the last spans may take.
    pub flush_timeout: Duration,
    /// `FAROL_DEV`: a single broker is enough; what the promise needs of the topic is waived.
    pub dev: bool,
    /// `FAROL_DEPLOYED_BY`: who or what deployed it, for `/version`.
    pub deployed_by: String,
}

impl Config {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn read(mut env: Environment<'_>) -> Result<Self, Mistakes> {
        let http_addr = env.or("FAROL_HTTP_ADDR", "127.0.0.1:8080");
        let kafka_brokers = env.required("FAROL_KAFKA_BROKERS", "Kafka's bootstrap servers, as host:port,…");
        let kafka_topic = env.or("FAROL_KAFKA_TOPIC", "farol.events");
        let delivery_timeout = env.duration("FAROL_DELIVERY_TIMEOUT", "8s");
        let min_retention = env.duration("FAROL_MIN_RETENTION", "7days");
        let database_url = env.secret("FAROL_DATABASE_URL", "postgres://user:password@host:port/database");
        let redis_url = env.secret("FAROL_REDIS_URL", "redis://:password@host:port");
        let receipt_window = env.duration("FAROL_RECEIPT_WINDOW", "10m");
        let keys_file = keys_file(&mut env);
        let max_event_bytes = env.number("FAROL_MAX_EVENT_BYTES", 1 << 20, 1_024..=16 << 20);
        let body_timeout = env.duration("FAROL_BODY_TIMEOUT", "10s");
        let shutdown_wait = env.duration("FAROL_SHUTDOWN_WAIT", "5s");
        let shutdown_timeout = env.duration("FAROL_SHUTDOWN_TIMEOUT", "20s");
        let flush_timeout = env.duration("FAROL_FLUSH_TIMEOUT", "5s");
        let dev = env.switch("FAROL_DEV");
        let deployed_by = env.or("FAROL_DEPLOYED_BY", "unknown");
        let config = (|| {
            Some(Self {
                http_addr: http_addr?,
                kafka_brokers: kafka_brokers?,
                kafka_topic: kafka_topic?,
                delivery_timeout: delivery_timeout?,
                min_retention: min_retention?,
                database_url: database_url?,
                redis_url: redis_url?,
                receipt_window: receipt_window?,
                keys_file: keys_file?,
                max_event_bytes: max_event_bytes?,
                body_timeout: body_timeout?,
                shutdown_wait: shutdown_wait?,
                shutdown_timeout: shutdown_timeout?,
                flush_timeout: flush_timeout?,
                dev: dev?,
                deployed_by: deployed_by?,
            })
        })();
        env.finish(config)
    }
}

/// Authentication is on unless it is switched off by name: a forgotten file never opens the door.
fn keys_file(env: &mut Environment<'_>) -> Option<Option<PathBuf>> {
    match env.or::<String>("FAROL_AUTH", "required")?.as_str() {
        "required" => {
            env.required("FAROL_KEYS_FILE", "the file of keys; FAROL_AUTH=off to go without").map(Some)
        }
        "off" => Some(None),
        other => env.mistake(format!("FAROL_AUTH is {other:?}; it must be `required` or `off`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: [(&str, &str); 4] = [
        ("FAROL_KAFKA_BROKERS", "127.0.0.1:19092"),
        ("FAROL_DATABASE_URL", "postgres://farol:hidden@127.0.0.1/farol"),
        ("FAROL_REDIS_URL", "redis://:hidden@127.0.0.1"),
        ("FAROL_KEYS_FILE", "keys.json"),
    ];

    fn read(extra: &[(&str, &str)]) -> Result<Config, Mistakes> {
        let pairs: Vec<_> =
            extra.iter().chain(&MINIMAL).map(|(n, v)| (n.to_string(), v.to_string())).collect();
        Config::read(Environment::new(move |name| {
            pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
        }))
    }

    #[test]
    fn what_is_missing_is_named_all_at_once() {
        let mistakes = Config::read(Environment::new(|_| None)).unwrap_err().to_string();
        for (name, _) in MINIMAL {
            assert!(mistakes.contains(name), "{name} is not in:\n{mistakes}");
        }
    }

    #[test]
    fn authentication_goes_off_only_by_name() {
        assert!(read(&[]).unwrap().keys_file.is_some());
        assert!(read(&[("FAROL_AUTH", "off")]).unwrap().keys_file.is_none());
        assert!(read(&[("FAROL_AUTH", "none")]).is_err());
    }

    #[test]
    fn printed_settings_hold_no_secret() {
        assert!(!format!("{:?}", read(&[]).unwrap()).contains("hidden"));
    }
}
