//! Somebody else writes into Redis; the gateways share a key that he does not have.

use super::*;

const KEY: &str = "a key of at least thirty-two bytes";

fn sealed() -> Redis {
    let config = config::Redis {
        url: service::Secret::new(testkit::redis_url()),
        trust: ::tls::Trust::system(),
        timeout: PATIENT,
        receipt_window: secs(600),
        receipt_key: Some(service::Secret::new(KEY.to_owned())),
        stored_cache: secs(60),
    };
    Redis::connect(&config, "t").unwrap()
}

#[tokio::test]
async fn a_planted_receipt_is_a_miss_also_if_it_is_a_copy_of_a_true_one() {
    let (redis, producer) = (sealed(), uuid::Uuid::new_v4().to_string());
    connected(&redis).await;
    let [written, planted, copied] = keys(3)[..] else { panic!("three keys") };
    redis.keep(&producer, vec![(written, kept(1))]);
    let found = testkit::eventually("it is kept", || redis.find_receipt(&producer, written)).await;
    assert_eq!(found, kept(1));
    let name = |key| redis.scope(&producer).receipt(key);
    let copy: Bytes = redis.client().get(name(written)).await.unwrap();
    for (key, value) in [(planted, kept(2).encode()), (copied, copy)] {
        redis.client().set::<(), _, _>(name(key), value, None, None, false).await.unwrap();
        assert_eq!(redis.find_receipt(&producer, key).await, None);
    }
    let asked = redis.ask(&producer, None, &[written, planted, copied]).await;
    assert_eq!(asked.receipts, [Some(kept(1)), None, None]);
}

#[tokio::test]
async fn a_planted_look_up_is_a_miss() {
    let redis = sealed();
    connected(&redis).await;
    let [remembered, planted] = keys(2)[..] else { panic!("two keys") };
    redis.keep_stored(remembered, Bytes::from_static(b"answer"));
    let found = testkit::eventually("it is remembered", || redis.find_stored(remembered)).await;
    assert_eq!(found, Bytes::from_static(b"answer"));
    let name = names::stored("t", planted);
    redis.client().set::<(), _, _>(name, "invented", None, None, false).await.unwrap();
    assert_eq!(redis.find_stored(planted).await, None);
}
