//! What a real broker cannot be brought to do on demand, on librdkafka's own mock of one.

use bytes::Bytes;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::*;

const TOPIC: &str = "t";

fn publisher(brokers: &str, more: &[(&str, &str)]) -> Publisher {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", brokers).set("enable.idempotence", "true").set("linger.ms", "0");
    for (name, value) in more {
        settings.set(*name, *value);
    }
    Publisher::with(settings, Access::default(), TOPIC, Duration::from_secs(10)).unwrap()
}

fn event(id: &str) -> Event {
    let json = format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"/s","type":"t","data":"{}"}}"#,
        "x".repeat(600)
    );
    event::http::read(event::http::ContentMode::Structured, std::iter::empty(), Bytes::from(json)).unwrap()
}

async fn publish(publisher: &Publisher, events: &[Event]) -> Vec<Result<Position, NotAcknowledged>> {
    publisher.publish(&events.iter().collect::<Vec<_>>(), "p", 0, &Wakes::of_this_thread()).await.results
}

#[tokio::test]
async fn a_producer_that_can_never_deliver_again_is_replaced() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 1, 1).unwrap();
    let denied = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED];
    cluster.request_errors(RDKafkaApiKey::InitProducerId, &denied);
    let publisher = publisher(&cluster.bootstrap_servers(), &[("delivery.timeout.ms", "10000")]);
    let events = [event("1")];
    assert!(publish(&publisher, &events).await[0].is_err());
    assert!(publisher.fatal_error().is_some());
    publisher.rebuild().unwrap();
    assert!(publisher.fatal_error().is_none());
    let sent = publish(&publisher, &events).await;
    assert!(sent[0].is_ok(), "{sent:?}");
    assert_eq!(publisher.acknowledged(), 1);
}

#[tokio::test]
async fn what_a_replaced_producer_still_held_is_answered_as_not_acknowledged() {
    let publisher = publisher("127.0.0.1:1", &[("delivery.timeout.ms", "600000")]);
    let events = [event("1"), event("2")];
    let (sent, ()) = tokio::join!(publish(&publisher, &events), async {
        while publisher.queued() < events.len() {
            tokio::task::yield_now().await;
        }
        publisher.rebuild().unwrap();
    });
    // Long before the patience of the publisher ends.
    let unknown = |result: &Result<_, _>| matches!(result, Err(NotAcknowledged::Unknown(_)));
    assert!(sent.iter().all(unknown), "{sent:?}");
}

#[tokio::test]
async fn an_event_without_an_answer_in_time_leaves_the_others_of_its_request_theirs() {
    let cluster = MockCluster::new(2).unwrap();
    cluster.create_topic(TOPIC, 2, 1).unwrap();
    cluster.partition_leader(TOPIC, 0, Some(1)).unwrap();
    cluster.partition_leader(TOPIC, 1, Some(2)).unwrap();
    let mut publisher = publisher(&cluster.bootstrap_servers(), &[("delivery.timeout.ms", "600000")]);
    let one_by_one: Vec<_> = (0..16).map(|id| event(&id.to_string())).collect();
    let first = publish(&publisher, &one_by_one).await;
    cluster.broker_round_trip_time(2, Duration::from_secs(600)).unwrap();
    publisher.patience = Duration::from_secs(2);
    let sent = publish(&publisher, &one_by_one).await;
    for (before, now) in first.iter().zip(&sent) {
        match before.as_ref().unwrap().partition {
            0 => assert!(now.is_ok(), "{sent:?}"),
            _ => assert!(matches!(now, Err(NotAcknowledged::TimedOut)), "{sent:?}"),
        }
    }
    assert!(sent.iter().any(Result::is_ok) && sent.iter().any(Result::is_err), "{sent:?}");
}

#[tokio::test]
async fn what_finds_no_room_and_what_comes_after_it_is_not_sent() {
    let publisher =
        publisher("127.0.0.1:1", &[("queue.buffering.max.messages", "2"), ("delivery.timeout.ms", "200")]);
    let events: Vec<_> = (0..4).map(|id| event(&id.to_string())).collect();
    let sent = publish(&publisher, &events).await;
    let full = |result: &Result<_, _>| matches!(result, Err(NotAcknowledged::QueueFull));
    assert_eq!(sent.iter().map(full).collect::<Vec<_>>(), [false, false, true, true], "{sent:?}");
}

#[tokio::test]
async fn an_event_beyond_what_the_topic_takes_is_too_large_for_good() {
    let publisher =
        publisher("127.0.0.1:1", &[("message.max.bytes", "1000"), ("delivery.timeout.ms", "200")]);
    let json = format!(
        r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t","data":"{}"}}"#,
        "x".repeat(2_000)
    );
    let large =
        event::http::read(event::http::ContentMode::Structured, std::iter::empty(), Bytes::from(json))
            .unwrap();
    let sent = publish(&publisher, &[large]).await;
    assert!(matches!(sent[0], Err(NotAcknowledged::TooLarge)), "{sent:?}");
}

/// A cluster of three whose first broker leads the only partition, a publisher into it, and its first event.
async fn cluster_of_three(
    delivery_timeout_ms: &str,
) -> (MockCluster<'static, DefaultProducerContext>, Publisher) {
    let cluster = MockCluster::new(3).unwrap();
    cluster.create_topic(TOPIC, 1, 3).unwrap();
    cluster.partition_leader(TOPIC, 0, Some(1)).unwrap();
    let settings = [
        ("delivery.timeout.ms", delivery_timeout_ms),
        ("reconnect.backoff.max.ms", kafka::LONGEST_RECONNECT_PAUSE_MS),
    ];
    let publisher = publisher(&cluster.bootstrap_servers(), &settings);
    assert_eq!(positions(&publish(&publisher, &[event("first")]).await), [Some(0)]);
    (cluster, publisher)
}

fn positions(sent: &[Result<Position, NotAcknowledged>]) -> Vec<Option<i64>> {
    sent.iter().map(|result| result.as_ref().ok().map(|position| position.offset)).collect()
}

#[tokio::test]
async fn an_event_follows_its_partition_to_a_new_leader() {
    let (cluster, publisher) = cluster_of_three("10000").await;
    cluster.partition_leader(TOPIC, 0, Some(2)).unwrap();
    assert_eq!(positions(&publish(&publisher, &[event("1"), event("2")]).await), [Some(1), Some(2)]);
}

#[tokio::test]
async fn an_event_waits_for_a_broker_that_restarts() {
    let (cluster, publisher) = cluster_of_three("10000").await;
    cluster.broker_down(1).unwrap();
    let event = [event("1")];
    let (sent, ()) = tokio::join!(publish(&publisher, &event), async {
        while publisher.queued() == 0 {
            tokio::task::yield_now().await;
        }
        cluster.broker_up(1).unwrap();
    });
    assert_eq!(positions(&sent), [Some(1)]);
}

#[tokio::test]
async fn a_connection_that_breaks_under_a_request_costs_no_event_and_repeats_none() {
    let (cluster, publisher) = cluster_of_three("10000").await;
    cluster.request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR__TRANSPORT; 2]);
    assert_eq!(positions(&publish(&publisher, &[event("1")]).await), [Some(1)]);
    assert_eq!(positions(&publish(&publisher, &[event("2")]).await), [Some(2)]);
}

#[tokio::test]
async fn an_acknowledgement_that_comes_too_late_is_an_unknown_outcome_and_not_a_loss() {
    let (cluster, publisher) = cluster_of_three("2000").await;
    cluster.broker_round_trip_time(1, Duration::from_secs(10)).unwrap();
    let sent = publish(&publisher, &[event("1")]).await;
    let Err(NotAcknowledged::Unknown(error)) = &sent[0] else { panic!("{sent:?}") };
    assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::MessageTimedOut));
    cluster.broker_round_trip_time(1, Duration::ZERO).unwrap();
    // Whether the first try is there nobody can say; the repeat gets an answer of its own.
    testkit::eventually("the repeat is acknowledged", || async {
        let sent = publish(&publisher, &[event("1")]).await;
        sent[0].as_ref().ok().filter(|position| position.offset >= 1).map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_broker_that_is_away_is_tried_again_every_second_or_so() {
    // It ends every connection at once, as the host of a broker that is down does.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let settings = [
        ("FAROL_KAFKA_BROKERS", address.as_str()),
        ("FAROL_DATABASE_URL", "postgres://farol@127.0.0.1/farol"),
        ("FAROL_REDIS_URL", "redis://127.0.0.1"),
        ("FAROL_AUTH", "off"),
    ];
    let environment = service::Environment::new(|name| {
        settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    });
    let _publisher = Publisher::connect(&Config::read(environment).unwrap()).unwrap();
    let mut tries = Vec::new();
    while tries.len() < 8 {
        drop(listener.accept().await.unwrap());
        tries.push(Instant::now());
    }
    // The pause has doubled to its limit by now; by the client's default it would be 6 s at least.
    let pause = tries[7] - tries[6];
    assert!(pause < Duration::from_secs(3), "{pause:?}");
}
