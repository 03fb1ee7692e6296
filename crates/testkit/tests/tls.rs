//! Gateway and worker with every connection over TLS: one event, one row.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use gateway::Gateway;
use postgres::Server;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use service::Environment;
use testkit::{Authority, KafkaBroker, KeysFile, PostgresServer, RedisServer, eventually};
use worker::Worker;

const KEY: &str = "farol_key";
const TOPIC: &str = "farol.events";
const ROWS: &str = "SELECT count(*) FROM farol.events WHERE id = '1'";

/// Every setting of both programs.
fn settings(
    authority: &Path,
    keys: &KeysFile,
    kafka: &KafkaBroker,
    postgres: &PostgresServer,
    redis: &RedisServer,
) -> Vec<(&'static str, String)> {
    let authority = authority.display().to_string();
    let (username, password) = kafka.login();
    vec![
        ("FAROL_HTTP_ADDR", "127.0.0.1:0".to_owned()),
        ("FAROL_MANAGEMENT_ADDR", "127.0.0.1:0".to_owned()),
        ("FAROL_KAFKA_BROKERS", kafka.sasl_ssl("localhost")),
        ("FAROL_KAFKA_TOPIC", TOPIC.to_owned()),
        ("FAROL_KAFKA_CA_FILE", authority.clone()),
        ("FAROL_KAFKA_SASL_USERNAME", username.to_owned()),
        ("FAROL_KAFKA_SASL_PASSWORD", password.to_owned()),
        ("FAROL_DATABASE_URL", postgres.url("localhost", "sslmode=verify-full")),
        ("FAROL_DATABASE_CA_FILE", authority.clone()),
        ("FAROL_REDIS_URL", redis.tls_url("localhost")),
        ("FAROL_REDIS_CA_FILE", authority),
        ("FAROL_KEYS_FILE", keys.path().display().to_string()),
        ("FAROL_DEV", "1".to_owned()),
    ]
}

fn environment<'s>(settings: &'s [(&'static str, String)]) -> Environment<'s> {
    Environment::new(|name| settings.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_becomes_a_row_with_every_connection_encrypted() {
    let authority = Authority::new();
    let certificate = authority.sign("localhost");
    let (kafka, postgres, redis) = (
        KafkaBroker::start("localhost", &certificate, &authority),
        PostgresServer::start(&certificate),
        RedisServer::start_with_tls(&certificate),
    );
    let keys = KeysFile::with(&[(KEY, &["*"], &["write", "read"])]);
    let settings = settings(&authority.file(), &keys, &kafka, &postgres, &redis);
    let database = database(&settings);
    worker::migrate::run(&database).await.unwrap();
    create_topic(&settings).await;

    let gateway = gateway::Config::read(environment(&settings)).unwrap();
    let gateway = Gateway::build(gateway, testkit::metrics()).await.unwrap();
    let worker = worker::Config::read(environment(&settings)).unwrap();
    let worker = Worker::build(worker, testkit::metrics()).await.unwrap();
    let url = format!("http://{}", gateway.addr());
    let management = format!("http://{}", gateway.management_addr().unwrap());
    tokio::spawn(gateway.run(std::future::pending()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = tokio::spawn(worker.run(async {
        drop(stopped.await);
        Ok(())
    }));

    let client = reqwest::Client::new();
    let event = r#"{"specversion":"1.0","id":"1","source":"/test","type":"test.event"}"#;
    let request = client.post(format!("{url}/v1/events")).bearer_auth(KEY).body(event);
    let accepted = request.header("content-type", "application/cloudevents+json").send().await.unwrap();
    assert_eq!(accepted.status(), 202);
    let (rows, connection) = database.connect().await.unwrap();
    tokio::spawn(connection);
    eventually("the event is a row", || async {
        (rows.query_one(ROWS, &[]).await.unwrap().get::<_, i64>(0) == 1).then_some(())
    })
    .await;
    let checks = client.get(format!("{management}/testes")).send().await.unwrap();
    assert_eq!(checks.status(), 200, "{}", checks.text().await.unwrap());
    // Their servers go first otherwise, and both would complain of it.
    stop.send(()).unwrap();
    working.await.unwrap().unwrap();
}

fn database(settings: &[(&'static str, String)]) -> Server {
    let mut env = environment(settings);
    let server = Server::read(&mut env);
    env.finish(server).unwrap()
}

async fn create_topic(settings: &[(&'static str, String)]) {
    let mut env = environment(settings);
    let cluster = kafka::Cluster::read(&mut env);
    let admin: AdminClient<DefaultClientContext> =
        env.finish(cluster).unwrap().client_config().create().unwrap();
    let topic = NewTopic::new(TOPIC, 1, TopicReplication::Fixed(1));
    let created = admin.create_topics([&topic], &AdminOptions::new()).await.unwrap();
    created[0].as_ref().unwrap();
}
