//! What a real broker cannot be brought to do on demand, on librdkafka's own mock of one.

use bytes::Bytes;
use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::*;

const TOPIC: &str = "t";

fn publisher(brokers: &str, more: &[(&str, &str)]) -> Publisher {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", brokers).set("enable.idempotence", "true").set("linger.ms", "0");
    for (name, value) in more {
        settings.set(*name, *value);
    }
    Publisher::with(settings, TOPIC, Duration::from_secs(10)).unwrap()
}

fn event(id: &str) -> Event {
    let json = format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"/s","type":"t","data":"{}"}}"#,
        "x".repeat(600)
    );
    event::http::read(event::http::ContentMode::Structured, std::iter::empty(), Bytes::from(json)).unwrap()
}

async fn publish(publisher: &Publisher, events: &[Event]) -> Vec<Result<Position, NotAcknowledged>> {
    publisher.publish(events.iter(), "p", 0).await
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
