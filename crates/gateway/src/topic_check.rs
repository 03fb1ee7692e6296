//! Whether the topic keeps what the promise needs: looked at once after the start, and the
//! replica is unready until it was found in order.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use kafka::Access;
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::error::KafkaError;

use crate::config::Config;

/// How many replicas hold each record.
const REPLICATION: usize = 3;
/// How many of them have acknowledged when the client gets its 202.
const MIN_INSYNC_REPLICAS: i64 = 2;
/// What headers and framing add to an event's body at most.
pub(crate) const RECORD_OVERHEAD_BYTES: usize = 512 * 1_024;
const PATIENCE: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_secs(5);

/// What is known of the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Verdict {
    NotLookedAt,
    Unfit,
    Fit,
}

/// The verdict, shared with readiness.
#[derive(Debug, Clone)]
pub(crate) struct TopicCheck(Arc<AtomicU8>);

impl TopicCheck {
    /// A topic nobody looked at yet; with `waived`, nobody will.
    pub(crate) fn new(waived: bool) -> Self {
        let verdict = if waived { Verdict::Fit } else { Verdict::NotLookedAt };
        Self(Arc::new(AtomicU8::new(verdict as u8)))
    }

    /// Why the replica is not ready; `None` once the topic was found in order.
    pub(crate) fn not_ready_because(&self) -> Option<&'static str> {
        match self.0.load(Ordering::Relaxed) {
            v if v == Verdict::Fit as u8 => None,
            v if v == Verdict::Unfit as u8 => Some("topic_unfit"),
            _ => Some("topic_unverified"),
        }
    }

    /// Looks until the topic is in order. Whoever mends it need not restart the gateway.
    pub(crate) async fn run(self, config: Config) {
        let mut said: Vec<String> = Vec::new();
        while self.not_ready_because().is_some() {
            match look(&config).await {
                Ok(facts) => {
                    let shortcomings = facts.shortcomings(&config);
                    let verdict = if shortcomings.is_empty() { Verdict::Fit } else { Verdict::Unfit };
                    self.0.store(verdict as u8, Ordering::Relaxed);
                    if shortcomings != said {
                        tracing::error!(
                            name: "topic_unfit",
                            topic = config.kafka.topic,
                            ?shortcomings,
                            "the topic cannot keep the promise; FAROL_DEV=1 waives this"
                        );
                        said = shortcomings;
                    }
                }
                Err(error) => {
                    tracing::warn!(
                        name: "topic_unknown",
                        %error,
                        topic = config.kafka.topic,
                        "the topic cannot be looked at yet"
                    )
                }
            }
            if self.not_ready_because().is_some() {
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// The topic as the broker describes it.
#[derive(Debug, Default)]
struct Facts {
    /// The smallest number of replicas of any partition; 0 where there is no topic.
    replication: usize,
    settings: HashMap<String, String>,
}

impl Facts {
    fn shortcomings(&self, config: &Config) -> Vec<String> {
        if self.replication == 0 {
            return vec![format!("the topic {} does not exist", config.kafka.topic)];
        }
        let mut found = Vec::new();
        if self.replication < REPLICATION {
            found.push(format!("replication is {}, needs {REPLICATION}", self.replication));
        }
        let retention_ms = i64::try_from(config.kafka.min_retention.as_millis()).unwrap_or(i64::MAX);
        let record_bytes =
            i64::try_from(config.limits.max_event_bytes + RECORD_OVERHEAD_BYTES).unwrap_or(i64::MAX);
        self.at_least("min.insync.replicas", MIN_INSYNC_REPLICAS, &mut found);
        self.at_least("retention.ms", retention_ms, &mut found);
        self.at_least("retention.bytes", i64::MAX, &mut found);
        self.at_least("max.message.bytes", record_bytes, &mut found);
        self.exactly("cleanup.policy", "delete", &mut found);
        self.exactly("unclean.leader.election.enable", "false", &mut found);
        found
    }

    /// -1 stands for "no limit" in Kafka's settings.
    fn at_least(&self, name: &str, needed: i64, found: &mut Vec<String>) {
        let value = self.settings.get(name).and_then(|text| text.parse::<i64>().ok());
        match value {
            Some(-1) => {}
            Some(value) if value >= needed => {}
            _ if needed == i64::MAX => {
                found.push(format!("{name} is {}, needs -1 (no limit)", self.shown(name)))
            }
            _ => found.push(format!("{name} is {}, needs {needed}", self.shown(name))),
        }
    }

    fn exactly(&self, name: &str, needed: &str, found: &mut Vec<String>) {
        if self.settings.get(name).map(String::as_str) != Some(needed) {
            found.push(format!("{name} is {}, needs {needed}", self.shown(name)));
        }
    }

    fn shown(&self, name: &str) -> &str {
        self.settings.get(name).map_or("unknown", String::as_str)
    }
}

async fn look(config: &Config) -> Result<Facts, KafkaError> {
    let cluster = config.kafka.cluster.clone();
    // The first credentials may take a while.
    let made = tokio::task::spawn_blocking(move || cluster.access().admin(&cluster.client_config())).await;
    let admin = made.unwrap_or(Err(KafkaError::Canceled))?;
    let topic = [ResourceSpecifier::Topic(&config.kafka.topic)];
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let described = admin.describe_configs(&topic, &options).await?;
    let mut settings = HashMap::new();
    for resource in described.into_iter().flatten() {
        settings.extend(resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))));
    }
    let name = config.kafka.topic.clone();
    let asked = tokio::task::spawn_blocking(move || replication(&admin, &name)).await;
    let replication = asked.unwrap_or(Err(KafkaError::Canceled))?;
    Ok(Facts { replication, settings })
}

fn replication(admin: &AdminClient<Access>, topic: &str) -> Result<usize, KafkaError> {
    let metadata = admin.inner().fetch_metadata(Some(topic), PATIENCE)?;
    let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
    Ok(partitions.map(|partition| partition.replicas().len()).min().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use service::Environment;

    use super::*;

    fn config() -> Config {
        let environment = Environment::new(|name| {
            let value = match name {
                "FAROL_KAFKA_BROKERS" | "FAROL_REDIS_URL" | "FAROL_KEYS_FILE" => "x",
                "FAROL_DATABASE_URL" => "postgres://x",
                _ => return None,
            };
            Some(value.to_owned())
        });
        Config::read(environment).unwrap()
    }

    fn facts(replication: usize, changed: &[(&str, &str)]) -> Facts {
        let fit = [
            ("min.insync.replicas", "2"),
            ("retention.ms", "604800000"),
            ("retention.bytes", "-1"),
            ("max.message.bytes", "2097152"),
            ("cleanup.policy", "delete"),
            ("unclean.leader.election.enable", "false"),
        ];
        let settings = fit.iter().chain(changed).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Facts { replication, settings }
    }

    #[test]
    fn a_topic_that_keeps_the_promise_has_no_shortcomings() {
        assert_eq!(facts(3, &[]).shortcomings(&config()), Vec::<String>::new());
        assert_eq!(facts(3, &[("retention.ms", "-1")]).shortcomings(&config()), Vec::<String>::new());
    }

    #[test]
    fn each_shortcoming_is_named() {
        for (name, value) in [
            ("min.insync.replicas", "1"),
            ("retention.ms", "3600000"),
            ("retention.bytes", "1000000000000"),
            ("max.message.bytes", "1048588"),
            ("cleanup.policy", "compact"),
            ("unclean.leader.election.enable", "true"),
        ] {
            let found = facts(3, &[(name, value)]).shortcomings(&config());
            assert!(found.len() == 1 && found[0].starts_with(name) && found[0].contains(value), "{found:?}");
        }
        assert_eq!(facts(2, &[]).shortcomings(&config()), ["replication is 2, needs 3"]);
        assert_eq!(facts(0, &[]).shortcomings(&config()), ["the topic farol.events does not exist"]);
    }
}
