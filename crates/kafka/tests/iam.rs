//! A login by tokens in MSK's form, at a real broker that checks their signature and age.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use aws::{Credentials, Signer};
use kafka::{Access, Cluster};
use rdkafka::ClientContext;
use rdkafka::admin::{AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::OAuthToken;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use service::Environment;
use testkit::{Authority, Iam, KafkaBroker, PATIENCE};

const TOPIC: &str = "farol.events";
const LONG: Duration = Duration::from_secs(900);
/// Long enough to log in with on a busy machine, and short enough to wait for its end.
const SHORT: Duration = Duration::from_secs(15);

fn cluster(broker: &KafkaBroker, authority: &Authority, signer: Signer) -> Cluster {
    let (brokers, ca_file) = (broker.iam("localhost"), authority.file().display().to_string());
    let mut env = Environment::new(|name| match name {
        "FAROL_KAFKA_BROKERS" => Some(brokers.clone()),
        "FAROL_KAFKA_CA_FILE" => Some(ca_file.clone()),
        _ => None,
    });
    let cluster = Cluster::read(&mut env);
    env.finish(cluster).unwrap().signed_by(signer)
}

fn signer(iam: Iam, secret_key: &str, expiry: Option<SystemTime>, life: Duration) -> Signer {
    Signer::of(iam.region, Credentials::new(iam.access_key, secret_key, None, expiry, "test"), life)
}

/// A login that notes when each of its tokens ends, and what librdkafka says of the connection.
#[derive(Clone)]
struct Watched {
    access: Access,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    expiries_ms: Vec<i64>,
    tokens: Vec<String>,
    said: Vec<String>,
}

impl Watched {
    fn new(cluster: &Cluster) -> Self {
        Self { access: cluster.access(), seen: Arc::default() }
    }

    fn producer(&self, cluster: &Cluster) -> FutureProducer<Self> {
        cluster.client_config().set("acks", "all").create_with_context(self.clone()).unwrap()
    }

    /// What is said and can be mended, with the advice for it; nothing of it shows a token.
    async fn refusal(&self) -> (String, String) {
        testkit::eventually("something that can be mended is said", || async {
            let seen = self.seen.lock().unwrap();
            let found = seen.said.iter().find_map(|said| Some((said.clone(), self.access.advice(said)?)))?;
            assert!(seen.tokens.iter().all(|token| !seen.said.concat().contains(token)), "a token is shown");
            Some(found)
        })
        .await
    }
}

impl ClientContext for Watched {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let token = self.access.generate_oauth_token(config)?;
        let mut seen = self.seen.lock().unwrap();
        seen.expiries_ms.push(token.lifetime_ms);
        seen.tokens.push(token.token.clone());
        Ok(token)
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.seen.lock().unwrap().said.push(format!("{error}: {reason}"));
    }
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_takes_the_role_s_tokens_and_idle_clients_get_new_ones() {
    let authority = Authority::new();
    let broker = KafkaBroker::start("localhost", &authority.sign("localhost"), &authority);
    let iam = broker.iam_credentials();

    // What nobody polls gets its token at once: the admin client and consumers that are only asked.
    let lasting = cluster(&broker, &authority, signer(iam, iam.secret_key, None, LONG));
    let (access, config) = (lasting.access(), lasting.client_config());
    let admin = access.admin(&config).unwrap();
    let new = NewTopic::new(TOPIC, 1, TopicReplication::Fixed(1));
    admin.create_topics([&new], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    let described = admin.describe_configs(&[ResourceSpecifier::Topic(TOPIC)], &AdminOptions::new()).await;
    assert!(described.unwrap()[0].is_ok());
    let asked: BaseConsumer<Access> = config.create_with_context(access.clone()).unwrap();
    access.sign_in(asked.client()).unwrap();
    let ends = tokio::task::spawn_blocking(move || asked.fetch_watermarks(TOPIC, 0, PATIENCE)).await;
    assert_eq!(ends.unwrap().unwrap(), (0, 0));

    // A producer and a consumer that do nothing until their first tokens have ended.
    let brief = cluster(&broker, &authority, signer(iam, iam.secret_key, None, SHORT));
    let (producing, consuming) = (Watched::new(&brief), brief.access().shown_as("consumer"));
    let producer = producing.producer(&brief);
    let mut group = brief.client_config();
    group.set("group.id", "farol-worker").set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer<Access> = group.create_with_context(consuming).unwrap();
    consumer.subscribe(&[TOPIC]).unwrap();
    let received = tokio::task::spawn_blocking(move || {
        let deadline = Instant::now() + PATIENCE * 2;
        while Instant::now() < deadline {
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
                return message.payload().map(<[u8]>::to_vec);
            }
        }
        None
    });
    let (first, second) = testkit::eventually("the first token has ended, and there is a second", || async {
        let seen = producing.seen.lock().unwrap();
        let (first, second) = (*seen.expiries_ms.first()?, *seen.expiries_ms.get(1)?);
        (now_ms() > first).then_some((first, second))
    })
    .await;
    let given = second - i64::try_from(SHORT.as_millis()).unwrap();
    assert!(given < first, "the second was given {} ms after the first had ended", given - first);
    producer.send(FutureRecord::<str, str>::to(TOPIC).payload("late"), PATIENCE).await.unwrap();
    assert_eq!(received.await.unwrap().as_deref(), Some(&b"late"[..]));

    // A role that the broker does not know.
    let strange = cluster(&broker, &authority, signer(iam, "another-secret-key", None, LONG));
    let watched = Watched::new(&strange);
    let _refused = watched.producer(&strange);
    let (said, advised) = watched.refusal().await;
    assert!(advised.contains("kafka-cluster:Connect") && advised.contains("9098"), "{said}: {advised}");
    assert!(!said.contains("another-secret-key"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_the_client_says_where_they_were_looked_for() {
    let mut env = Environment::new(|name| (name == "FAROL_KAFKA_BROKERS").then(|| "localhost:1".to_owned()));
    let cluster = Cluster::read(&mut env);
    let iam = Iam { access_key: "AKIDEXAMPLE", secret_key: "hidden", region: "us-east-2" };
    let ended = SystemTime::now() - Duration::from_secs(1);
    let cluster = env.finish(cluster).unwrap().signed_by(signer(iam, iam.secret_key, Some(ended), LONG));
    let watched = Watched::new(&cluster);
    let producer = watched.producer(&cluster);
    let (said, advised) = watched.refusal().await;
    assert!(said.contains("no AWS credentials") && said.contains("service account"), "{said}");
    assert!(advised.contains("no token could be signed") && !said.contains("hidden"), "{said}: {advised}");
    assert!(cluster.access().sign_in(producer.client()).is_err());
}
