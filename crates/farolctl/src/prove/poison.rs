//! Records that no worker can make a row of, put straight into the topic; each is journaled when Kafka
//! has acknowledged it, since then it must end as a dead letter.

use std::time::{Duration, SystemTime};

use kafka::{Access, Cluster};
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};

use super::{
    Error,
    journal::{Entry, Journal},
    lines::Poisoned,
    load::millis,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Produces past the gateway.
pub(crate) struct Poison {
    producer: FutureProducer<Access>,
    topic: String,
}

impl Poison {
    pub(crate) fn new(cluster: &Cluster, topic: &str) -> Result<Self, Error> {
        let mut settings = cluster.client_config();
        settings.set("acks", "all").set("enable.idempotence", "true");
        settings.set("delivery.timeout.ms", PATIENCE.as_millis().to_string());
        Ok(Self { producer: settings.create_with_context(cluster.access())?, topic: topic.to_owned() })
    }

    /// Sends so many, of each kind in turn.
    pub(crate) async fn send(&self, count: u64, journal: &Journal) -> Poisoned {
        let mut poisoned = Poisoned { acknowledged: 0, failed: 0 };
        for number in 0..count {
            let (headers, value) = kind(number);
            let key = format!("poison-{number}");
            let record = FutureRecord::to(&self.topic).key(&key).headers(headers).payload(value);
            match self.producer.send(record, PATIENCE).await {
                Ok(at) => {
                    let at_ms = millis(SystemTime::now());
                    let entry = Entry {
                        event: None,
                        partition: at.partition,
                        offset: at.offset,
                        repeat: false,
                        at: at_ms,
                    };
                    poisoned.acknowledged += u64::from(journal.add(entry));
                }
                Err((error, _)) => {
                    eprintln!("farolctl: poison was not taken: {error}");
                    poisoned.failed += 1;
                }
            }
        }
        poisoned
    }
}

/// No event at all, an event without an id, an event of a version that nobody knows.
fn kind(number: u64) -> (OwnedHeaders, &'static [u8]) {
    let headers = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(*value) }))
    };
    match number % 3 {
        0 => (OwnedHeaders::new(), b"\x00\xff no event"),
        1 => (headers(&[("ce_specversion", "1.0"), ("ce_source", "/poison"), ("ce_type", "poison")]), b"{}"),
        _ => (
            headers(&[("ce_specversion", "9.9"), ("ce_source", "/poison"), ("ce_type", "p"), ("ce_id", "1")]),
            b"{",
        ),
    }
}
