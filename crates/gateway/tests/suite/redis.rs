//! Rates of producers as clients notice them, with Redis and without.

use std::time::Instant;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::{KeysFile, RedisServer, eventually};
use tokio::task::JoinSet;

use crate::support::{Running, WRITER, answer, event, start};

const LIMITED: &str = "farol_limited";

/// [`LIMITED`] with a rate, and [`WRITER`] without.
fn keys(events_per_second: u32, burst: u32) -> KeysFile {
    let key = |secret: &str, producer: &str, source: &str| {
        let sha256 = hex::encode(Sha256::digest(secret));
        json!({ "producer": producer, "sha256": sha256, "sources": [source], "roles": ["write"] })
    };
    let mut limited = key(LIMITED, "limited", "/limited");
    limited["rate"] = json!({ "eventsPerSecond": events_per_second, "burst": burst });
    KeysFile::of(&json!({ "keys": [limited, key(WRITER, "free", "/nyc")] }))
}

/// A gateway that has found its Redis, and gives it time to answer even on a busy machine.
async fn start_with(redis: &RedisServer, keys: &KeysFile, topic: Option<&str>) -> Running {
    let topic = topic.map(|topic| ("FAROL_KAFKA_TOPIC", topic.to_owned()));
    let settings = [
        ("FAROL_REDIS_URL", redis.url()),
        ("FAROL_REDIS_TIMEOUT", "5s".to_owned()),
        ("FAROL_KEYS_FILE", keys.path().display().to_string()),
    ];
    let settings: Vec<_> = settings.into_iter().chain(topic).collect();
    let gateway = start(&settings).await;
    repeats_are_recognised(async |event| answer(gateway.post(WRITER, event)).await).await;
    gateway
}

/// Posts an event until it is answered as a repeat.
pub(crate) async fn repeats_are_recognised(post: impl AsyncFn(&Value) -> (StatusCode, Value)) {
    let event = event();
    eventually("a repeat is recognised", || async {
        let (_, receipt) = post(&event).await;
        (receipt["repeat"] == true).then_some(())
    })
    .await;
}

/// An event of the source that [`LIMITED`] writes.
fn limited_event() -> Value {
    let mut event = event();
    event["source"] = json!("/limited");
    event
}

/// Posts events of their own all at once; those that were accepted and those that were not.
async fn post_many(gateway: &Running, count: usize) -> (Vec<Response>, Vec<Response>) {
    let mut posts = JoinSet::new();
    for _ in 0..count {
        posts.spawn(gateway.post(LIMITED, &limited_event()).send());
    }
    let responses = posts.join_all().await.into_iter().map(Result::unwrap);
    responses.partition(|response| response.status() == 202)
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_producer_over_its_rate_is_told_when_to_come_back() {
    let (redis, keys) = (RedisServer::start(), keys(10, 5));
    let gateway = start_with(&redis, &keys, None).await;
    let (accepted, refused) = post_many(&gateway, 60).await;
    assert!(accepted.len() >= 5, "{} accepted", accepted.len());
    assert_eq!(header(&accepted[0], "ratelimit-policy"), "\"events\";q=10;w=1");
    assert!(header(&accepted[0], "ratelimit").starts_with("\"events\";r="));
    let problem = refused.into_iter().next().expect("60 events at once are over a rate of 10 a second");
    assert_eq!(problem.status(), 429);
    assert_eq!(header(&problem, "retry-after"), "1");
    assert_eq!(header(&problem, "ratelimit"), "\"events\";r=0;t=1");
    assert_eq!(crate::support::json(problem).await["type"], "urn:farol:problem:rate-limited");
    eventually("the rate lets the next event through", || async {
        (answer(gateway.post(LIMITED, &limited_event())).await.0 == 202).then_some(())
    })
    .await;
}

#[tokio::test]
async fn two_gateways_share_one_rate() {
    let (redis, keys) = (RedisServer::start(), keys(1, 20));
    let one = start_with(&redis, &keys, None).await;
    let other = start_with(&redis, &keys, Some(one.topic.name())).await;
    let began = Instant::now();
    let (accepted_by_one, _) = post_many(&one, 40).await;
    let (accepted_by_other, _) = post_many(&other, 40).await;
    let accepted = accepted_by_one.len() + accepted_by_other.len();
    let at_most = 21 + usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!((20..=at_most).contains(&accepted), "{accepted} accepted, {at_most} at most");
}

#[tokio::test]
async fn a_gateway_keeps_the_rate_by_itself_while_redis_is_away() {
    let (redis, keys) = (format!("redis://127.0.0.1:{}", testkit::closed_port()), keys(1, 5));
    let keys_file = keys.path().display().to_string();
    let gateway = start(&[("FAROL_REDIS_URL", redis), ("FAROL_KEYS_FILE", keys_file)]).await;
    let began = Instant::now();
    let (accepted, refused) = post_many(&gateway, 40).await;
    let at_most = 6 + usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!((5..=at_most).contains(&accepted.len()), "{} accepted, {at_most} at most", accepted.len());
    assert!(refused.iter().all(|response| response.status() == 429));
    assert_eq!(header(&refused[0], "ratelimit-policy"), "\"events\";q=5;w=5");
}

#[tokio::test]
async fn a_receipt_that_was_not_sealed_keeps_no_event_out_of_kafka() {
    let (redis, keys) = (RedisServer::start(), keys(1, 1));
    let open = start_with(&redis, &keys, None).await;
    let event = event();
    let post = async |gateway: &Running| answer(gateway.post(WRITER, &event)).await.1["repeat"] == true;
    assert!(!post(&open).await);
    eventually("it is a repeat", || async { post(&open).await.then_some(()) }).await;
    let before = open.topic.records().len();
    let sealed = start(&[
        ("FAROL_KAFKA_TOPIC", open.topic.name().to_owned()),
        ("FAROL_REDIS_URL", redis.url()),
        ("FAROL_REDIS_TIMEOUT", "5s".to_owned()),
        ("FAROL_KEYS_FILE", keys.path().display().to_string()),
        ("FAROL_RECEIPT_KEY", "k".repeat(32)),
    ])
    .await;
    repeats_are_recognised(async |event| answer(sealed.post(WRITER, event)).await).await;
    let others = open.topic.records().len();
    assert!(others > before && !post(&sealed).await, "what stands in Redis is not believed");
    assert_eq!(open.topic.records().len(), others + 1);
}
