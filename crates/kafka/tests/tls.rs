//! Kafka over TLS and with a login, with certificates of the test's own and a broker for all
//! cases: it takes seconds to start.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kafka::Cluster;
use rdkafka::ClientContext;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, FutureRecord};
use service::Environment;
use testkit::{Authority, KafkaBroker, PATIENCE};

type Settings<'s> = &'s [(&'s str, &'s str)];

fn cluster(settings: Settings<'_>) -> Cluster {
    let mut env = Environment::new(|name| {
        settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
    });
    let cluster = Cluster::read(&mut env);
    env.finish(cluster).unwrap()
}

/// What librdkafka says of a connection.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl ClientContext for Heard {
    fn error(&self, _error: KafkaError, reason: &str) {
        self.0.lock().unwrap().push(reason.to_owned());
    }
}

/// What a client that cannot connect says, and the advice for it.
async fn refusal(settings: Settings<'_>) -> (String, String) {
    let heard = Heard::default();
    let access = cluster(settings).access();
    let _client: FutureProducer<Heard> =
        cluster(settings).client_config().create_with_context(heard.clone()).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let refusal = loop {
        let heard = heard.0.lock().unwrap().clone();
        if let Some(refusal) = heard.iter().find_map(|said| Some((said.clone(), access.advice(said)?))) {
            break refusal;
        }
        assert!(Instant::now() < deadline, "nothing that can be mended is said: {heard:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(!connects(settings).await, "it connected");
    refusal
}

/// Whether a broker answers.
async fn connects(settings: Settings<'_>) -> bool {
    let client: BaseConsumer = cluster(settings).client_config().create().unwrap();
    let asked =
        tokio::task::spawn_blocking(move || client.fetch_metadata(None, Duration::from_secs(2)).is_ok());
    asked.await.unwrap()
}

/// Creates a topic, writes a record and reads where it ends.
async fn round_trip(settings: Settings<'_>) {
    let client = cluster(settings).client_config();
    let topic = format!("test.{}", settings.len());
    let admin: AdminClient<DefaultClientContext> = client.create().unwrap();
    let new = NewTopic::new(&topic, 1, TopicReplication::Fixed(1));
    admin.create_topics([&new], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    let producer: FutureProducer = client.clone().set("acks", "all").create().unwrap();
    producer.send(FutureRecord::<str, str>::to(&topic).payload("x"), PATIENCE).await.unwrap();
    let consumer: BaseConsumer = client.create().unwrap();
    let ends = tokio::task::spawn_blocking(move || consumer.fetch_watermarks(&topic, 0, PATIENCE));
    assert_eq!(ends.await.unwrap().unwrap(), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_brokers_with_a_trusted_certificate_for_their_host_are_talked_to() {
    let (authority, other) = (Authority::new(), Authority::new());
    let broker = KafkaBroker::start("localhost", &authority.sign("localhost"), &authority);
    let (trusted, untrusted) = (text(&authority.file()), text(&other.file()));
    let own = authority.sign("farol");
    let (ssl, sasl_ssl) = (broker.ssl("localhost"), broker.sasl_ssl("localhost"));
    let (username, password) = broker.login();
    let ca = ("FAROL_KAFKA_CA_FILE", trusted.as_str());
    let login = [("FAROL_KAFKA_SASL_USERNAME", username), ("FAROL_KAFKA_SASL_PASSWORD", password)];
    let (certificate, key) = (text(&own.certificate), text(&own.key));

    // TLS, with a certificate of our own, and with a login.
    round_trip(&[("FAROL_KAFKA_BROKERS", &ssl), ca]).await;
    round_trip(&[
        ("FAROL_KAFKA_BROKERS", &ssl),
        ca,
        ("FAROL_KAFKA_CLIENT_CERTIFICATE_FILE", &certificate),
        ("FAROL_KAFKA_CLIENT_KEY_FILE", &key),
    ])
    .await;
    round_trip(&[
        ("FAROL_KAFKA_BROKERS", &sasl_ssl),
        ca,
        login[0],
        login[1],
        ("FAROL_KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"),
    ])
    .await;

    let (said, advised) =
        refusal(&[("FAROL_KAFKA_BROKERS", &ssl), ("FAROL_KAFKA_CA_FILE", &untrusted)]).await;
    assert!(advised.contains("FAROL_KAFKA_CA_FILE a PEM file"), "{said}: {advised}");
    // The system's authorities do not know ours either.
    let (said, advised) =
        refusal(&[("FAROL_KAFKA_BROKERS", &ssl), ("FAROL_KAFKA_SECURITY_PROTOCOL", "ssl")]).await;
    assert!(advised.contains("FAROL_KAFKA_CA_FILE a PEM file"), "{said}: {advised}");

    let (said, advised) = refusal(&[("FAROL_KAFKA_BROKERS", &broker.ssl("127.0.0.1")), ca]).await;
    assert!(advised.contains("FAROL_KAFKA_BROKERS must name"), "{said}: {advised}");

    let plain = testkit::kafka_brokers();
    let (said, advised) = refusal(&[("FAROL_KAFKA_BROKERS", &plain), ca]).await;
    assert!(advised.contains("speaks no TLS"), "{said}: {advised}");

    // A client without TLS gets nowhere at a listener with it; librdkafka says only that brokers are down.
    let without = [("FAROL_KAFKA_BROKERS", ssl.as_str()), ("FAROL_KAFKA_SECURITY_PROTOCOL", "plaintext")];
    assert!(!connects(&without).await && connects(&[("FAROL_KAFKA_BROKERS", &ssl), ca]).await);

    let wrong = ("FAROL_KAFKA_SASL_PASSWORD", "wrong-password");
    let (said, advised) = refusal(&[("FAROL_KAFKA_BROKERS", &sasl_ssl), ca, login[0], wrong]).await;
    assert!(advised.contains("FAROL_KAFKA_SASL_USERNAME"), "{said}: {advised}");
    assert!(!said.contains(wrong.1) && !advised.contains(wrong.1), "{said}: {advised}");
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
