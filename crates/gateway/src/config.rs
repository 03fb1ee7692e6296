//! Every setting of the gateway, read once at start; each group is a file of its own.

mod http;
mod kafka;
mod limits;
mod redis;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use postgres::Server;
use service::{Environment, Mistakes};

pub use http::{Http, Links};
pub use kafka::Kafka;
pub use limits::Limits;
pub use redis::Redis;

/// The gateway's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Listening and speaking HTTP.
    pub http: Http,
    /// What one request and all of them together may take.
    pub limits: Limits,
    /// The broker and the topic.
    pub kafka: Kafka,
    /// Rates, first receipts and remembered look-ups.
    pub redis: Redis,
    /// `FAROL_DATABASE_URL`, `FAROL_DATABASE_CA_FILE`: PostgreSQL, for look-ups only.
    pub database: Server,
    /// `FAROL_KEYS_FILE`: who may write and read; `None` where `FAROL_AUTH=off` says so by name.
    pub keys_file: Option<PathBuf>,
    /// `FAROL_FLAGS_FILE`: what operators change while it runs; without it the built-in values hold.
    pub flags_file: Option<PathBuf>,
    /// How it ends.
    pub shutdown: Shutdown,
    /// Where people find what else there is.
    pub links: Links,
    /// `FAROL_DEV`: a single broker is enough; what the promise needs of the topic is waived.
    pub dev: bool,
    /// `FAROL_DEPLOYED_BY`: who or what deployed it, for `/version`.
    pub deployed_by: String,
}

/// How long each step of the end may take.
#[derive(Debug, Clone, Copy)]
pub struct Shutdown {
    /// `FAROL_SHUTDOWN_WAIT`: how long it goes on serving after readiness fell, for load balancers.
    pub wait: Duration,
    /// `FAROL_SHUTDOWN_TIMEOUT`: how long requests in flight may take after that.
    pub timeout: Duration,
    /// `FAROL_FLUSH_TIMEOUT`: how long the last spans may take.
    pub flush_timeout: Duration,
}

impl Config {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn read(mut env: Environment<'_>) -> Result<Self, Mistakes> {
        let http = Http::read(&mut env);
        let limits = Limits::read(&mut env);
        let kafka = Kafka::read(&mut env);
        let redis = Redis::read(&mut env);
        let database = Server::read(&mut env);
        let keys_file = keys_file(&mut env);
        let flags_file = env.optional("FAROL_FLAGS_FILE");
        let shutdown = Shutdown::read(&mut env);
        let links = Links::read(&mut env);
        let dev = env.switch("FAROL_DEV");
        let deployed_by = env.or("FAROL_DEPLOYED_BY", "unknown");
        let config = (|| {
            Some(Self {
                http: http?,
                limits: limits?,
                kafka: kafka?,
                redis: redis?,
                database: database?,
                keys_file: keys_file?,
                flags_file: flags_file?,
                shutdown: shutdown?,
                links: links?,
                dev: dev?,
                deployed_by: deployed_by?,
            })
        })();
        env.finish(config)
    }

    /// Where `/ready` answers. Reads the settings of the HTTP side only: who asks needs no others.
    pub fn management_addr(mut env: Environment<'_>) -> Result<SocketAddr, Mistakes> {
        let http = Http::read(&mut env);
        env.finish(http.map(|http| http.management_addr.unwrap_or(http.addr)))
    }
}

impl Shutdown {
    fn read(env: &mut Environment<'_>) -> Option<Self> {
        let wait = env.duration("FAROL_SHUTDOWN_WAIT", "5s");
        let timeout = env.duration("FAROL_SHUTDOWN_TIMEOUT", "20s");
        let flush_timeout = env.duration("FAROL_FLUSH_TIMEOUT", "5s");
        Some(Self { wait: wait?, timeout: timeout?, flush_timeout: flush_timeout? })
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

    #[test]
    fn lists_and_what_is_optional_are_empty_unless_set() {
        let config = read(&[]).unwrap();
        assert!(config.http.management_addr.is_none() && config.http.cors_origins.is_empty());
        let config = read(&[
            ("FAROL_MANAGEMENT_ADDR", "127.0.0.1:9000"),
            ("FAROL_CORS_ORIGINS", "https://a.example, https://b.example"),
        ])
        .unwrap();
        assert_eq!(config.http.management_addr, Some(([127, 0, 0, 1], 9000).into()));
        assert_eq!(config.http.cors_origins, ["https://a.example", "https://b.example"]);
        assert!(read(&[("FAROL_MANAGEMENT_ADDR", "9000")]).is_err());
        assert!(read(&[("FAROL_CORS_ORIGINS", "*")]).is_err());
    }

    #[test]
    fn authorities_for_a_redis_without_tls_are_a_mistake() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let mistakes = read(&[("FAROL_REDIS_CA_FILE", file)]).unwrap_err().to_string();
        assert!(mistakes.starts_with("FAROL_REDIS_CA_FILE") && !mistakes.contains("hidden"), "{mistakes}");
    }

    #[test]
    fn a_receipt_key_that_can_be_guessed_is_a_mistake() {
        let mistakes = read(&[("FAROL_RECEIPT_KEY", "hidden")]).unwrap_err().to_string();
        assert!(mistakes.starts_with("FAROL_RECEIPT_KEY") && !mistakes.contains("hidden"), "{mistakes}");
        assert!(read(&[("FAROL_RECEIPT_KEY", &"k".repeat(32))]).unwrap().redis.receipt_key.is_some());
    }

    #[test]
    fn limits_that_contradict_each_other_are_refused() {
        let small = [("FAROL_MAX_EVENT_BYTES", "2097152"), ("FAROL_MAX_BATCH_BYTES", "1048576")];
        assert!(read(&small).unwrap_err().to_string().contains("FAROL_MAX_BATCH_BYTES"));
        let small = [("FAROL_MAX_IN_FLIGHT_BYTES", "1048576")];
        assert!(read(&small).unwrap_err().to_string().contains("FAROL_MAX_IN_FLIGHT_BYTES"));
    }
}
