//! First receipts: written once, found together.

use super::*;

#[tokio::test]
async fn many_receipts_are_found_by_one_question_in_the_order_of_their_events() {
    let (redis, producer) = shared().await;
    // More than the script reads at a time, and more than are written in one round trip.
    let keys = keys(2_500);
    let known: Vec<_> =
        keys.iter().enumerate().filter(|(n, _)| n % 3 == 0).map(|(n, key)| (*key, kept(n as i64))).collect();
    redis.keep(&producer, known.clone());
    let receipts = testkit::eventually("all receipts are kept", || async {
        let asked = redis.ask(&producer, rate(1_000_000, 1_000_000), &keys).await;
        assert_eq!(asked.receipts.len(), keys.len());
        assert!(matches!(asked.verdict, Verdict::Allowed(_)));
        (asked.receipts.iter().flatten().count() == known.len()).then_some(asked.receipts)
    })
    .await;
    for (n, receipt) in receipts.into_iter().enumerate() {
        assert_eq!(receipt, (n % 3 == 0).then(|| kept(n as i64)));
    }
}

#[tokio::test]
async fn the_first_receipt_of_an_event_stays_for_the_window() {
    let (redis, producer) = shared().await;
    let key = keys(1)[0];
    redis.keep(&producer, vec![(key, kept(1)), (key, kept(2))]);
    let found = testkit::eventually("it is kept", || redis.find_receipt(&producer, key)).await;
    assert_eq!(found, kept(1));
    assert_eq!(redis.find_receipt("another", key).await, None, "receipts are their producer's");
    let left: i64 = redis.client().pttl(redis.scope(&producer).receipt(key)).await.unwrap();
    assert!((500_000..=600_000).contains(&left), "{left} ms");
}

#[tokio::test]
async fn a_receipt_of_another_version_is_a_miss() {
    let (redis, producer) = shared().await;
    let key = keys(1)[0];
    let name = redis.scope(&producer).receipt(key);
    redis.client().set::<(), _, _>(name, r#"{"digest":"00"}"#, None, None, false).await.unwrap();
    assert_eq!(redis.find_receipt(&producer, key).await, None);
    assert_eq!(redis.ask(&producer, None, &[key]).await.receipts, [None]);
}

#[tokio::test]
async fn receipts_of_a_moment_without_redis_are_written_when_it_is_back() {
    let mut server = RedisServer::start();
    let redis = connect(server.url(), PATIENT);
    connected(&redis).await;
    server.kill();
    let key = keys(1)[0];
    redis.keep("p", vec![(key, kept(1))]);
    redis.keep("p", vec![(key, kept(2))]);
    assert_eq!(redis.find_receipt("p", key).await, None);
    server.restart();
    let found = testkit::eventually("the receipt is kept", || redis.find_receipt("p", key)).await;
    assert_eq!(found, kept(1));
}

#[tokio::test]
async fn a_cluster_takes_the_question_and_receipts_of_several_producers_at_once() {
    let cluster = RedisServer::start_cluster();
    let redis = connect(cluster.url(), PATIENT);
    connected(&redis).await;
    let keys = keys(10);
    let producers = ["airport", "harbour", "a }strange{ name", "{}"];
    for producer in producers {
        redis.keep(producer, keys.iter().map(|key| (*key, kept(1))).collect());
    }
    for producer in producers {
        testkit::eventually(producer, || async {
            // What is owed lives for as long as it takes to pay: seconds at this rate.
            let asked = redis.ask(producer, rate(1, 1_000_000), &keys).await;
            asked.receipts.iter().all(Option::is_some).then_some(())
        })
        .await;
        assert_ne!(
            cluster.run(&format!("EXISTS \"{}\"", redis.scope(producer).rate())),
            ":0",
            "Redis decides"
        );
    }
}
