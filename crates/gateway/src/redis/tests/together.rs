//! Requests that ask at the same time.

use futures::future::join_all;

use super::*;

async fn remaining(redis: &Redis, producer: &str, rate: Option<Rate>, events: usize) -> Option<u32> {
    match verdict(redis, producer, rate, events).await {
        Verdict::Allowed(quota) => Some(quota.remaining),
        _ => None,
    }
}

fn calls(server: &RedisServer, command: &str) -> usize {
    let statistics = server.run("INFO commandstats");
    let line = statistics.lines().find(|line| line.starts_with(&format!("cmdstat_{command}:calls=")));
    let calls = line.and_then(|line| line.split(['=', ',']).nth(1));
    calls.map_or(0, |calls| calls.parse().unwrap())
}

#[tokio::test]
async fn they_are_answered_in_their_order_by_few_questions() {
    let server = RedisServer::start();
    let redis = connect(server.url(), PATIENT);
    connected(&redis).await;
    let asked = join_all((0..200).map(|_| remaining(&redis, "p", rate(1, 1_000), 3))).await;
    // A slow machine pays an event back meanwhile.
    for (n, left) in asked.into_iter().enumerate() {
        let exact = 1_000 - 3 * (n as u32 + 1);
        assert!(left.is_some_and(|left| (exact..exact + 60).contains(&left)), "{n}: {left:?}");
    }
    assert!(calls(&server, "evalsha") + calls(&server, "eval") < 20, "{}", server.run("INFO commandstats"));
}

#[tokio::test]
async fn one_that_is_too_much_takes_nothing_from_those_behind_it() {
    let (redis, producer) = shared().await;
    let ask = |events| verdict(&redis, &producer, rate(1, 10), events);
    let (first, too_much, last) = tokio::join!(ask(6), ask(5), ask(4));
    assert!(matches!(first, Verdict::Allowed(quota) if quota.remaining == 4), "{first:?}");
    assert!(matches!(too_much, Verdict::Limited { quota, .. } if quota.remaining == 4), "{too_much:?}");
    assert!(matches!(last, Verdict::Allowed(quota) if quota.remaining == 0), "{last:?}");
}

#[tokio::test]
async fn each_gets_the_receipts_of_its_own_events() {
    let (redis, producer) = shared().await;
    let requests: Vec<Vec<EventKey>> = [2, 1, 700, 700, 1].map(keys).into();
    let known: Vec<_> =
        requests.iter().enumerate().map(|(n, keys)| (*keys.last().unwrap(), kept(n as i64))).collect();
    redis.keep(&producer, known);
    testkit::eventually("all receipts are kept", || async {
        let asked = join_all(requests.iter().map(|keys| redis.ask(&producer, None, keys))).await;
        let found = |asked: &Asked| asked.receipts.last().cloned().flatten();
        let offsets: Vec<_> = asked.iter().map(|asked| found(asked).map(|kept| kept.offset)).collect();
        let others = asked.iter().flat_map(|asked| asked.receipts.split_last().unwrap().1);
        assert!(others.into_iter().all(Option::is_none));
        (offsets == [0, 1, 2, 3, 4].map(Some)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn producers_and_rates_are_kept_apart() {
    let (redis, producer) = shared().await;
    let other = format!("{producer}-other");
    let (mine, faster, others, unlimited) = tokio::join!(
        remaining(&redis, &producer, rate(1, 5), 1),
        remaining(&redis, &producer, rate(1, 50), 1),
        remaining(&redis, &other, rate(1, 5), 2),
        verdict(&redis, &other, None, 9),
    );
    assert_eq!((mine, faster, others), (Some(4), Some(48), Some(3)));
    assert_eq!(unlimited, Verdict::Unlimited);
}

#[tokio::test]
async fn another_thread_has_a_connection_of_its_own_and_the_same_account() {
    let (one, producer) = shared().await;
    let other = one.of_this_thread();
    connected(&other).await;
    assert_eq!(remaining(&one, &producer, rate(1, 50), 1).await, Some(49));
    assert_eq!(remaining(&other, &producer, rate(1, 50), 1).await, Some(48));
    let key = keys(1)[0];
    other.keep(&producer, vec![(key, kept(7))]);
    testkit::eventually("the receipt is kept", || one.find_receipt(&producer, key)).await;
}

#[tokio::test]
async fn what_one_thread_learned_of_a_redis_that_is_away_the_others_know() {
    let timeout = Duration::from_millis(200);
    let one = connect(format!("redis://127.0.0.1:{}", testkit::closed_port()), timeout);
    let other = one.of_this_thread();
    for _ in 0..5 {
        assert_eq!(one.find_receipt("p", keys(1)[0]).await, None);
    }
    let began = Instant::now();
    assert_eq!(verdict(&other, "p", None, 1).await, Verdict::Unlimited);
    assert!(began.elapsed() < timeout, "nobody was asked");
}
